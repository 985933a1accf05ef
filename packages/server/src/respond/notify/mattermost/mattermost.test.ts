import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { MattermostConfig } from "../../../config/alertmanager/channels/mattermost.ts";
import type { NotificationChannel } from "../channel.ts";
import { HttpPeer, resolvedNotification, sampleNotification, testContext } from "../test-peers.ts";
import { createMattermost } from "./index.ts";

const peer = new HttpPeer();
const { stop, ...context } = testContext();

beforeAll(() => peer.start());
beforeEach(() => peer.reset());
afterAll(async () => {
  await stop();
  await peer.stop();
});

const channelWith = (more: Record<string, unknown> = {}): NotificationChannel =>
  createMattermost(
    {
      kind: "mattermost",
      index: 0,
      config: MattermostConfig.parse({ webhook_url: `${peer.url}/hooks/token`, ...more }),
    },
    context,
  );

const send = (channel: NotificationChannel, notification = sampleNotification()) =>
  channel.send(notification, new AbortController().signal);

interface Post {
  text?: string;
  attachments: Record<string, unknown>[];
  priority?: unknown;
  [key: string]: unknown;
}

const posted = (): Post => peer.json<Post>()[0] ?? { attachments: [] };

describe("Mattermost", () => {
  it("gets an attachment in the colour of what happened", async () => {
    peer.usual = { status: 200, body: "ok" };
    expect(await send(channelWith())).toEqual({ ok: true, statusCode: 200 });
    expect(posted()).toEqual({
      attachments: [
        {
          color: "#d00000",
          fallback: "[FIRING:1] QueueTooLong (worker critical)",
          title: "[FIRING:1] QueueTooLong (worker critical)",
          title_link: "http://fleetlight.example/#/alerts?receiver=ops",
          text: expect.stringContaining(" - alertname = QueueTooLong"),
        },
      ],
    });
    peer.reset();
    await send(channelWith(), resolvedNotification());
    expect(posted().attachments[0]).toMatchObject({ color: "#2eb886" });
  });

  it("goes where it is told, under the name that it is given", async () => {
    const more = {
      channel: "@{{ .Receiver }}",
      username: "Fleetlight",
      icon_url: "https://x.example/i.png",
      icon_emoji: ":fire:",
      type: "custom_alert",
      props: { card: "card" },
    };
    await send(channelWith(more));
    expect(posted()).toMatchObject({
      channel: "@ops",
      username: "Fleetlight",
      icon_url: "https://x.example/i.png",
      icon_emoji: ":fire:",
      type: "custom_alert",
      props: { card: "card" },
    });
    expect(channelWith(more).target).toMatch(/^127\.0\.0\.1:\d+\/… @\{\{ \.Receiver \}\}$/);
  });

  it("has the attachments of its configuration instead of its own", async () => {
    await send(
      channelWith({
        text: "Look, {{ .Receiver }}",
        attachments: [
          {
            title: "One",
            text: "{{ .Status }}",
            fields: [{ title: "Service", value: "{{ .CommonLabels.service }}", short: true }],
            title_link: "javascript:alert(1)",
          },
          { pretext: "Two", image_url: "https://x.example/a.png" },
        ],
      }),
    );
    expect(posted()).toEqual({
      text: "Look, ops",
      attachments: [
        {
          title: "One",
          text: "firing",
          fields: [{ title: "Service", value: "worker", short: true }],
        },
        { pretext: "Two", image_url: "https://x.example/a.png" },
      ],
    });
  });

  it.each([
    [
      { priority: "Urgent", requested_ack: true, persistent_notifications: true },
      { priority: "urgent", requested_ack: true, persistent_notifications: true },
    ],
    [
      { priority: "important", requested_ack: true, persistent_notifications: true },
      { priority: "important", requested_ack: true, persistent_notifications: false },
    ],
    [
      { priority: "loud", requested_ack: true },
      { priority: "standard", requested_ack: false, persistent_notifications: false },
    ],
    [{ priority: "" }, undefined],
  ])("asks for the priority %j as %j", async (priority, expected) => {
    await send(channelWith({ priority }));
    expect(posted().priority).toEqual(expected);
  });

  it("calls nobody and links nothing because of a value", async () => {
    const labels = { alertname: "@channel [a](https://evil.example) **b**" };
    await send(
      channelWith({ text: "{{ .CommonLabels.alertname }}" }),
      sampleNotification({ commonLabels: labels }),
    );
    expect(posted().attachments[0]?.["text"]).toBe(
      "@\u200Bchannel \\[a\\]\\(https://evil.example\\) \\*\\*b\\*\\*",
    );
  });

  it("stays within what Mattermost takes", async () => {
    const labels = { alertname: "x".repeat(100_000) };
    const many = {
      text: "{{ .CommonLabels.alertname }}",
      fields: Array.from({ length: 32 }, () => ({
        title: "{{ .CommonLabels.alertname }}",
        value: "{{ .CommonLabels.alertname }}",
      })),
    };
    await send(
      channelWith({
        text: "{{ .CommonLabels.alertname }}",
        attachments: Array.from({ length: 10 }, () => many),
      }),
      sampleNotification({ commonLabels: labels }),
    );
    expect(posted().text?.length).toBe(16_383);
    expect(peer.requests[0]?.body.length).toBeLessThan(240_000);
    expect(posted().attachments.length).toBeGreaterThan(5);
    expect(String(posted().attachments[0]?.["text"])).toHaveLength(16_383);
  });

  it("says what Mattermost found wrong", async () => {
    peer.usual = {
      status: 404,
      body: {
        id: "web.incoming_webhook.channel.app_error",
        message: "Couldn't find the channel.",
        status_code: 404,
      },
    };
    expect(await send(channelWith())).toMatchObject({
      ok: false,
      retryable: false,
      error: "answered 404: Couldn't find the channel.",
    });
  });
});
