import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { DiscordConfig } from "../../../config/alertmanager/channels/discord.ts";
import type { NotificationChannel } from "../channel.ts";
import {
  firingAlert,
  HttpPeer,
  resolvedNotification,
  sampleNotification,
  testContext,
} from "../test-peers.ts";
import { createDiscord } from "./index.ts";

const peer = new HttpPeer();
const { stop, ...context } = testContext();

beforeAll(() => peer.start());
beforeEach(() => peer.reset());
afterAll(async () => {
  await stop();
  await peer.stop();
});

const channelWith = (more: Record<string, unknown> = {}): NotificationChannel =>
  createDiscord(
    {
      kind: "discord",
      index: 0,
      config: DiscordConfig.parse({
        webhook_url: `${peer.url}/api/webhooks/42/token?thread_id=7`,
        ...more,
      }),
    },
    context,
  );

const send = (channel: NotificationChannel, notification = sampleNotification()) =>
  channel.send(notification, new AbortController().signal);

interface Posted {
  content?: string;
  username?: string;
  embeds: { title: string; description: string; color: number; timestamp: string }[];
  allowed_mentions: { parse: string[]; users: string[]; roles: string[] };
}

const posted = (): Posted =>
  peer.json<Posted>()[0] ?? { embeds: [], allowed_mentions: { parse: [], users: [], roles: [] } };

describe("Discord", () => {
  it("shows an embed in the colour of what happened, and tells its id", async () => {
    peer.usual = { status: 200, body: { id: "1234567890" } };
    expect(await send(channelWith())).toEqual({
      ok: true,
      statusCode: 200,
      reference: "1234567890",
    });
    expect(peer.requests[0]?.url).toBe("/api/webhooks/42/token?thread_id=7&wait=true");
    expect(posted()).toEqual({
      embeds: [
        {
          title: "[FIRING:1] QueueTooLong (worker critical)",
          description: expect.stringContaining(" - alertname = QueueTooLong"),
          url: "http://fleetlight.example",
          color: 0xd9_2d_20,
          timestamp: "2026-11-21T12:00:00.000Z",
        },
      ],
      allowed_mentions: { parse: [], users: [], roles: [] },
    });
    peer.reset();
    await send(channelWith(), resolvedNotification());
    expect(posted().embeds[0]).toMatchObject({
      color: 0x2a_9d_5c,
      title: expect.stringMatching(/^\[RESOLVED\]/),
    });
  });

  it("shows the number of the webhook and not its token", () => {
    expect(channelWith().target).toMatch(/^127\.0\.0\.1:\d+\/api\/webhooks\/42\/…$/);
    expect(channelWith({ webhook_url: `${peer.url}/other/token` }).target).not.toContain("token");
  });

  it("waits as long as the answer says in its body", async () => {
    peer.next = [
      {
        status: 429,
        headers: { "retry-after": "1" },
        body: { message: "You are being rate limited.", retry_after: 64.57, global: false },
      },
    ];
    expect(await send(channelWith())).toMatchObject({ retryable: true, retryAfterMs: 64_570 });
  });

  it("calls nobody whom the template does not name", async () => {
    const labels = { alertname: "@everyone <@&1> <@2>", severity: "critical" };
    const hostile = sampleNotification({
      alerts: [firingAlert(labels)],
      groupLabels: labels,
      commonLabels: labels,
    });
    await send(
      channelWith({ content: "<@&77> <@88> look: {{ .CommonLabels.alertname }}" }),
      hostile,
    );
    expect(posted().allowed_mentions).toEqual({ parse: [], users: ["88"], roles: ["77"] });
    peer.reset();
    await send(channelWith({ content: "@here" }));
    expect(posted().allowed_mentions.parse).toEqual(["everyone"]);
  });

  it("takes values for text and never for Markdown", async () => {
    const labels = { alertname: "[Ack](https://evil.example) **a_b** `c`" };
    const hostile = sampleNotification({
      alerts: [firingAlert(labels)],
      groupLabels: labels,
      commonLabels: labels,
    });
    await send(channelWith({ message: "**{{ .CommonLabels.alertname }}**" }), hostile);
    expect(posted().embeds[0]?.description).toBe(
      "**\\[Ack\\]\\(https://evil.example\\) \\*\\*a\\_b\\*\\* \\`c\\`**",
    );
  });

  it("stays within what Discord takes", async () => {
    const long = "x".repeat(10_000);
    await send(
      channelWith({
        title: `{{ "${long}" }}`,
        message: `{{ "${long}" }}`,
        content: `{{ "${long}" }}`,
        username: long,
      }),
    );
    const { content, username, embeds } = posted();
    expect([
      content?.length,
      username?.length,
      embeds[0]?.title.length,
      embeds[0]?.description.length,
    ]).toEqual([2000, 80, 256, 4096]);
  });

  it("says something where the template says nothing, because Discord refuses empty messages", async () => {
    await send(channelWith({ title: "", message: " " }));
    expect(posted().embeds[0]?.description).toBe("(no details)");
  });
});
