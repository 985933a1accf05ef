import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { NtfyConfig } from "../../../config/alertmanager/channels/ntfy.ts";
import type { NotificationChannel } from "../channel.ts";
import {
  firingAlert,
  HttpPeer,
  resolvedNotification,
  sampleNotification,
  testContext,
} from "../test-peers.ts";
import { createNtfy } from "./index.ts";

const peer = new HttpPeer();
const { stop, ...context } = testContext();

beforeAll(() => peer.start());
beforeEach(() => peer.reset());
afterAll(async () => {
  await stop();
  await peer.stop();
});

const channelWith = (more: Record<string, unknown> = {}): NotificationChannel =>
  createNtfy(
    {
      kind: "ntfy",
      index: 0,
      config: NtfyConfig.parse({ url: `${peer.url}/base/fleet%20alerts`, ...more }),
    },
    context,
  );

const send = (channel: NotificationChannel, notification = sampleNotification()) =>
  channel.send(notification, new AbortController().signal);

interface Published {
  topic: string;
  title: string;
  message: string;
  priority: number;
  tags: string[];
  click?: string;
  markdown?: boolean;
  actions: Record<string, unknown>[];
}

const published = (): Published | undefined => peer.json<Published>()[0];
const withSeverity = (severity: string) =>
  sampleNotification({
    alerts: [
      firingAlert({ alertname: "A", severity }),
      firingAlert({ alertname: "B", severity: "info" }),
    ],
  });

describe("ntfy", () => {
  it("publishes to the topic of its URL", async () => {
    peer.usual = { status: 200, body: { id: "hwQ2YpKdmg" } };
    expect(await send(channelWith())).toEqual({
      ok: true,
      statusCode: 200,
      reference: "hwQ2YpKdmg",
    });
    expect(peer.requests[0]).toMatchObject({ method: "POST", url: "/base/" });
    expect(peer.requests[0]?.headers.authorization).toBeUndefined();
    expect(published()).toEqual({
      topic: "fleet alerts",
      title: "[FIRING:1] QueueTooLong (worker critical)",
      message: expect.stringContaining("The queue has 120 tasks"),
      priority: 5,
      tags: ["rotating_light"],
      click: "http://fleetlight.example/#/alerts?receiver=ops",
      actions: [],
    });
  });

  it.each([
    ["critical", 5, "rotating_light"],
    ["page", 5, "rotating_light"],
    ["error", 4, "rotating_light"],
    ["warning", 3, "warning"],
    ["low", 2, "warning"],
    ["whatever", 2, "warning"],
  ])("makes severity %s priority %i", async (severity, priority, tag) => {
    await send(channelWith(), withSeverity(severity));
    expect(published()).toMatchObject({ priority, tags: [tag] });
  });

  it("is quiet when all is well again", async () => {
    await send(channelWith(), resolvedNotification());
    expect(published()).toMatchObject({ priority: 2, tags: ["white_check_mark"] });
  });

  it.each([
    ["{{ 4 }}", 4],
    [" urgent ", 5],
    ["min", 1],
    ["7", 5],
    ["nonsense", 5],
    ["constructor", 5],
  ])("reads the priority %j as %i", async (priority, expected) => {
    await send(channelWith({ priority }));
    expect(published()?.priority).toBe(expected);
  });

  it.each([
    [{ token: "tk_secret" }, "Bearer tk_secret"],
    [
      { username: "us:er", password: "secret" },
      `Basic ${Buffer.from("us:er:secret").toString("base64")}`,
    ],
  ])("signs in with %j", async (more, authorization) => {
    await send(channelWith(more));
    expect(peer.requests[0]?.headers.authorization).toBe(authorization);
  });

  it("hides the topic that nobody has to sign in for", async () => {
    expect(channelWith().target).toMatch(/^127\.0\.0\.1:\d+\/…$/);
    expect(channelWith({ token: "tk_secret" }).target).toMatch(/\/fleet alerts$/);
    peer.usual = { status: 403, body: { error: "forbidden: fleet alerts" } };
    expect(await send(channelWith())).toMatchObject({ error: "answered 403: forbidden: <secret>" });
  });

  it("has buttons for URLs that people may follow", async () => {
    await send(
      channelWith({
        actions: [
          {
            label: "Graph {{ .CommonLabels.alertname }}",
            url: "{{ (index .Alerts 0).GeneratorURL }}",
          },
          { label: "no", url: "javascript:alert(1)" },
          {
            action: "http",
            url: "https://hook.example/ack",
            method: "PUT",
            headers: { "X-Key": "k" },
            body: "{{ .Status }}",
            clear: true,
          },
        ],
      }),
    );
    expect(published()?.actions).toEqual([
      {
        action: "view",
        label: "Graph QueueTooLong",
        url: "http://prometheus.example/graph?g0.expr=up",
        clear: false,
      },
      {
        action: "http",
        label: "Open",
        url: "https://hook.example/ack",
        method: "PUT",
        headers: { "X-Key": "k" },
        body: "firing",
        clear: true,
      },
    ]);
  });

  it("keeps values from being Markdown", async () => {
    await send(
      channelWith({
        markdown: true,
        message: "**{{ .CommonLabels.alertname }}** [a](https://x.example)",
      }),
      sampleNotification({ commonLabels: { alertname: "**b**" } }),
    );
    expect(published()).toMatchObject({
      markdown: true,
      message: "**\\*\\*b\\*\\*** [a](https://x.example)",
    });
  });

  it.each(["ä", '"', "\u0001", "🔥"])(
    "sends 4096 bytes of %j and no more than ntfy reads",
    async (character) => {
      const labels = { alertname: character.repeat(20_000) };
      await send(
        channelWith({ message: "{{ .CommonLabels.alertname }}" }),
        sampleNotification({ commonLabels: labels, groupLabels: labels }),
      );
      const { message = "" } = published() ?? {};
      expect(Buffer.byteLength(message)).toBeLessThanOrEqual(4096);
      expect(Buffer.byteLength(peer.requests[0]?.body ?? "")).toBeLessThanOrEqual(8192);
    },
  );
});
