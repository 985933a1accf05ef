import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { TwilioConfig } from "../../../config/alertmanager/channels/twilio.ts";
import type { NotificationChannel } from "../channel.ts";
import { HttpPeer, sampleNotification, testContext } from "../test-peers.ts";
import { createTwilio } from "./index.ts";

const SID = "0123456789abcdef0123456789abcdef";

const peer = new HttpPeer();
const { stop, ...context } = testContext();

beforeAll(() => peer.start());
beforeEach(() => peer.reset());
afterAll(async () => {
  await stop();
  await peer.stop();
});

const channelWith = (more: Record<string, unknown> = {}): NotificationChannel =>
  createTwilio(
    {
      kind: "twilio",
      index: 0,
      config: TwilioConfig.parse({
        api_url: peer.url,
        account_sid: `AC${SID}`,
        auth_token: "token",
        from: "+15005550006",
        to: "+491510000001",
        ...more,
      }),
    },
    context,
  );

const send = (
  channel: NotificationChannel,
  notification = sampleNotification(),
  reference?: string,
) => channel.send(notification, new AbortController().signal, reference);

const forms = (): Record<string, string>[] =>
  peer.requests.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
const recipients = (): (string | undefined)[] =>
  forms()
    .map(({ To }) => To)
    .toSorted();

const ALL = ["+491510000001", "+491510000002", "+491510000003"];
const created = (sid: string) => ({ status: 201, body: { sid, status: "queued" } });
const refused = (status: number, code: number, message: string) => ({
  status,
  body: { code, message, status },
});

describe("Twilio", () => {
  it("sends a text message to every number", async () => {
    peer.usual = created("SM1");
    const result = await send(channelWith({ to: ALL }));
    expect(result).toMatchObject({ ok: true, statusCode: 201 });
    expect(recipients()).toEqual(ALL);
    expect(forms()[0]).toMatchObject({
      From: "+15005550006",
      Body: "[FIRING:1] QueueTooLong (worker critical)",
    });
    expect(peer.requests[0]).toMatchObject({
      method: "POST",
      url: `/2010-04-01/Accounts/AC${SID}/Messages.json`,
    });
    expect(peer.requests[0]?.headers.authorization).toBe(
      `Basic ${Buffer.from(`AC${SID}:token`).toString("base64")}`,
    );
  });

  it("leaves the sender to a messaging service", async () => {
    await send(channelWith({ from: undefined, messaging_service_sid: `MG${SID}` }));
    expect(forms()[0]).toMatchObject({ MessagingServiceSid: `MG${SID}` });
    expect(forms()[0]?.["From"]).toBeUndefined();
  });

  it("shows numbers only so far that one can tell them apart", () => {
    expect(channelWith({ to: ALL }).target).toMatch(
      /^127\.0\.0\.1:\d+ \+49…001, \+49…002, \+49…003$/,
    );
  });

  it("does not tell again who was told, although others have to wait", async () => {
    const channel = channelWith({ to: ALL });
    peer.next = [
      created("SM1"),
      { status: 503, headers: { "retry-after": "9" }, body: "" },
      created("SM3"),
    ];
    const first = await send(channel);
    expect(first).toMatchObject({
      ok: false,
      retryable: true,
      retryAfterMs: 9000,
      error: expect.stringContaining("told 2 of 3"),
    });
    const told = JSON.parse(first.reference ?? "{}") as { told: Record<string, string> };
    const missing = ALL.filter((number) => told.told[number] === undefined);
    expect(missing).toHaveLength(1);
    peer.reset();
    peer.usual = created("SM4");
    // What was left is all that the next attempt needs: a restart in between changes nothing.
    expect(await send(channelWith({ to: ALL }), undefined, first.reference)).toMatchObject({
      ok: true,
    });
    expect(recipients()).toEqual(missing);
  });

  it("does not ask again for whom Twilio refused, and ends without hope when only they are left", async () => {
    const channel = channelWith({ to: ALL.slice(0, 2) });
    peer.next = [
      refused(400, 21610, "Attempt to send to unsubscribed recipient"),
      refused(429, 20429, "Too Many Requests"),
    ];
    const first = await send(channel);
    expect(first).toMatchObject({ ok: false, retryable: true, statusCode: 429 });
    peer.reset();
    peer.usual = created("SM1");
    const second = await send(channel, undefined, first.reference);
    expect(recipients()).toHaveLength(1);
    expect(second).toMatchObject({ ok: false, retryable: false });
    expect(second.ok ? "" : second.error).toMatch(
      /^told 1 of 2; \+49…00[12]: answered 400: Attempt to send to unsubscribed recipient \(21610\)$/,
    );
  });

  it.each([
    [400, 21211, false],
    [400, 21614, false],
    [401, 20003, false],
    [403, 20005, false],
    [400, 21611, true],
    [429, 20429, true],
    [500, 20500, true],
  ])("tries again after %i with code %i: %s", async (status, code, retryable) => {
    peer.usual = refused(status, code, "no");
    expect(await send(channelWith())).toMatchObject({ ok: false, retryable });
  });

  it.each(["", "not json", "[]", '{"told":[1]}', '{"told":{"+1":2},"refused":null}'])(
    "takes %j for an attempt that left nothing",
    async (reference) => {
      expect(await send(channelWith(), undefined, reference)).toMatchObject({ ok: true });
      expect(peer.requests).toHaveLength(1);
    },
  );

  it("sends at most 1600 characters, whatever is in them", async () => {
    const labels = { alertname: "🔥\ud800&To=+1".repeat(1000) };
    await send(
      channelWith({ message: "{{ .CommonLabels.alertname }}" }),
      sampleNotification({ commonLabels: labels }),
    );
    expect(forms()[0]?.["To"]).toBe("+491510000001");
    expect(forms()[0]?.["Body"]?.length).toBeLessThanOrEqual(1600);
    expect(forms()[0]?.["Body"]).toMatch(/^🔥\ufffd&To=\+1/);
  });

  it("tells fifty people a few at a time", async () => {
    const to = Array.from({ length: 50 }, (_, i) => `+4915100001${String(i).padStart(2, "0")}`);
    expect(await send(channelWith({ to }))).toMatchObject({ ok: true });
    expect(recipients()).toEqual(to);
  });
});
