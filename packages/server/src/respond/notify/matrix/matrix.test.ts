import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { MatrixConfig } from "../../../config/alertmanager/channels/matrix.ts";
import type { NotificationChannel } from "../channel.ts";
import { HttpPeer, sampleNotification, testContext } from "../test-peers.ts";
import { createMatrix } from "./index.ts";

const peer = new HttpPeer();
const { stop, ...context } = testContext();

beforeAll(() => peer.start());
beforeEach(() => peer.reset());
afterAll(async () => {
  await stop();
  await peer.stop();
});

const channelWith = (more: Record<string, unknown> = {}): NotificationChannel =>
  createMatrix(
    {
      kind: "matrix",
      index: 0,
      config: MatrixConfig.parse({
        homeserver: `${peer.url}/`,
        access_token: "token",
        room_id: "!room:example.org",
        ...more,
      }),
    },
    context,
  );

const send = (channel: NotificationChannel, notification = sampleNotification()) =>
  channel.send(notification, new AbortController().signal);

interface Content {
  msgtype: string;
  body: string;
  format?: string;
  formatted_body?: string;
}

const written = (): Content | undefined => peer.json<Content>()[0];
const named = (name: string) =>
  sampleNotification({ commonLabels: { alertname: name }, groupLabels: { alertname: name } });

describe("Matrix", () => {
  it("writes one event for all attempts of a notification", async () => {
    peer.usual = { status: 200, body: { event_id: "$event" } };
    expect(await send(channelWith())).toEqual({ ok: true, statusCode: 200, reference: "$event" });
    await send(channelWith());
    await send(channelWith(), sampleNotification({ id: "a/b?c" }));
    expect(peer.requests.map(({ method, url }) => `${method} ${url}`)).toEqual([
      "PUT /_matrix/client/v3/rooms/!room%3Aexample.org/send/m.room.message/n1",
      "PUT /_matrix/client/v3/rooms/!room%3Aexample.org/send/m.room.message/n1",
      "PUT /_matrix/client/v3/rooms/!room%3Aexample.org/send/m.room.message/a%2Fb%3Fc",
    ]);
    expect(peer.requests[0]?.headers.authorization).toBe("Bearer token");
    expect(written()).toEqual({
      msgtype: "m.text",
      body: expect.stringMatching(
        /^\[FIRING:1\] QueueTooLong \(worker critical\)\nThe queue has 120 tasks\n/,
      ),
      format: "org.matrix.custom.html",
      formatted_body: expect.stringMatching(
        /^\[FIRING:1\] QueueTooLong \(worker critical\)<br>The queue has 120 tasks<br>/,
      ),
    });
  });

  it("takes values for text and never for HTML", async () => {
    const name = '<a href="https://evil.example">x</a>';
    await send(
      channelWith({ message: "{{ .CommonLabels.alertname }}", msgtype: "m.notice" }),
      named(name),
    );
    expect(written()).toMatchObject({
      msgtype: "m.notice",
      body: name,
      formatted_body: "&lt;a href=&quot;https://evil.example&quot;&gt;x&lt;/a&gt;",
    });
    peer.reset();
    await send(channelWith({ html: "<h1>{{ .CommonLabels.alertname }}</h1>" }), named(name));
    expect(written()?.formatted_body).toBe(
      "<h1>&lt;a href=&#34;https://evil.example&#34;&gt;x&lt;/a&gt;</h1>",
    );
  });

  it.each(["<", "🔥", "\n", "\u0001"])(
    "stays within the size of an event with %j",
    async (character) => {
      await send(
        channelWith({ html: "<h1>{{ .CommonLabels.alertname }}</h1>" }),
        named(`a${character.repeat(100_000)}`),
      );
      expect(Buffer.byteLength(peer.requests[0]?.body ?? "")).toBeLessThan(50_000);
      expect(written()?.formatted_body?.endsWith("</h1>") ?? true).toBe(true);
    },
  );

  it("waits as long as the server says in its body", async () => {
    peer.next = [
      {
        status: 429,
        body: { errcode: "M_LIMIT_EXCEEDED", error: "Too many requests", retry_after_ms: 2000 },
      },
    ];
    expect(await send(channelWith())).toEqual({
      ok: false,
      statusCode: 429,
      error: "answered 429: M_LIMIT_EXCEEDED Too many requests",
      retryable: true,
      retryAfterMs: 2000,
    });
  });

  it.each([
    [403, "M_FORBIDDEN", false],
    [401, "M_UNKNOWN_TOKEN", false],
    [413, "M_TOO_LARGE", false],
    [500, "M_FORBIDDEN", false],
    [500, "M_UNKNOWN", true],
    [502, "M_BAD_GATEWAY", true],
  ])("tries again after %i %s: %s", async (status, errcode, retryable) => {
    peer.usual = { status, body: { errcode, error: "e" } };
    expect(await send(channelWith())).toMatchObject({ ok: false, retryable });
  });
});
