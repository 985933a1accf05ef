import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { PushoverConfig } from "../../../config/alertmanager/channels/pushover.ts";
import type { NotificationChannel } from "../channel.ts";
import { HttpPeer, resolvedNotification, sampleNotification, testContext } from "../test-peers.ts";
import { createPushover } from "./index.ts";

const peer = new HttpPeer();
const { stop, ...context } = testContext();

beforeAll(() => peer.start());
beforeEach(() => peer.reset());
afterAll(async () => {
  await stop();
  await peer.stop();
});

const channelWith = (more: Record<string, unknown> = {}): NotificationChannel =>
  createPushover(
    {
      kind: "pushover",
      index: 0,
      config: PushoverConfig.parse({
        api_url: `${peer.url}/1/messages.json`,
        token: "app-token",
        user_key: "user-key",
        ...more,
      }),
    },
    context,
  );

const send = (channel: NotificationChannel, notification = sampleNotification()) =>
  channel.send(notification, new AbortController().signal);

const form = (): URLSearchParams => new URLSearchParams(peer.requests[0]?.body);

describe("Pushover", () => {
  it("posts a form, an emergency until somebody acknowledges it", async () => {
    peer.usual = { status: 200, body: { status: 1, request: "r", receipt: "rcpt" } };
    expect(await send(channelWith())).toEqual({ ok: true, statusCode: 200, reference: "rcpt" });
    expect(peer.requests[0]?.url).toBe("/1/messages.json");
    expect(peer.requests[0]?.headers["content-type"]).toBe("application/x-www-form-urlencoded");
    expect(Object.fromEntries(form())).toEqual({
      token: "app-token",
      user: "user-key",
      title: "[FIRING:1] QueueTooLong (worker critical)",
      message: expect.stringContaining("The queue has 120 tasks"),
      url: "http://fleetlight.example/#/alerts?receiver=ops",
      priority: "2",
      retry: "60",
      expire: "3600",
      timestamp: "1795262400",
    });
  });

  it("is normal when all is well again", async () => {
    await send(channelWith(), resolvedNotification());
    expect(form().get("priority")).toBe("0");
    expect(form().get("retry")).toBeNull();
  });

  it.each([
    [{ priority: "5" }, { priority: "2" }],
    [{ priority: "-9" }, { priority: "-2" }],
    [{ priority: "high" }, { priority: "0" }],
    [
      { retry: "1s", expire: "9h" },
      { retry: "30", expire: "10800" },
    ],
    [
      { priority: "1", ttl: "90s" },
      { priority: "1", ttl: "90" },
    ],
    [
      { sound: "siren", device: "phone", url_title: "Open" },
      { sound: "siren", device: "phone", url_title: "Open" },
    ],
    [{ monospace: true }, { monospace: "1" }],
  ])("turns %j into %j", async (more, expected) => {
    await send(channelWith(more));
    expect(Object.fromEntries(form())).toMatchObject(expected);
  });

  it("escapes values in HTML, and sends text when HTML would be cut", async () => {
    const channel = channelWith({ html: true, message: "<b>{{ .CommonLabels.alertname }}</b>" });
    await send(channel, sampleNotification({ commonLabels: { alertname: "<i>x</i>" } }));
    expect(form().get("message")).toBe("<b>&lt;i&gt;x&lt;/i&gt;</b>");
    expect(form().get("html")).toBe("1");
    peer.reset();
    await send(channel, sampleNotification({ commonLabels: { alertname: "<".repeat(2000) } }));
    expect(form().get("message")).toBe(`${"<".repeat(1023)}…`);
    expect(form().get("html")).toBeNull();
  });

  it("stays within what Pushover takes", async () => {
    const labels = { alertname: "🔥".repeat(5000) };
    await send(
      channelWith({ url: `https://x.example/${"y".repeat(600)}` }),
      sampleNotification({ groupLabels: labels, commonLabels: labels, commonAnnotations: labels }),
    );
    expect(form().get("title")?.length).toBeLessThanOrEqual(250);
    expect(form().get("message")?.length).toBeLessThanOrEqual(1024);
    expect(form().get("url")).toBeNull();
  });

  it("says what Pushover found wrong", async () => {
    peer.usual = {
      status: 400,
      body: { user: "invalid", errors: ["user identifier is invalid"], status: 0 },
    };
    expect(await send(channelWith())).toMatchObject({
      ok: false,
      retryable: false,
      error: "answered 400: user identifier is invalid",
    });
  });
});
