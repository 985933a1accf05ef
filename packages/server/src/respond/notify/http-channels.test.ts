import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { CHANNEL_SCHEMAS } from "../../config/alertmanager/channels/index.ts";
import type { ChannelContext, NotificationChannel, SendResult } from "./channel.ts";
import { createChannels } from "./index.ts";
import { firingAlert, HttpPeer, sampleNotification, testContext } from "./test-peers.ts";

/** What must never be seen outside of a request. */
const SENTINEL = "sentinel0815geheimnis4711";
const SID = "0123456789abcdef0123456789abcdef";

const peer = new HttpPeer();
const { stop, ...context } = testContext();
let directory = "";
let shortened = 0;

beforeAll(async () => {
  await peer.start();
  directory = await mkdtemp(join(tmpdir(), "fleetlight-channels-"));
});
beforeEach(() => {
  peer.reset();
  shortened = 0;
});
afterAll(async () => {
  await stop();
  await peer.stop();
  await rm(directory, { recursive: true });
});

/** An entry of each kind, and which of its keys hold secrets. */
const ENTRIES = {
  discord: () => ({ webhook_url: `${peer.url}/api/webhooks/42/${SENTINEL}` }),
  telegram: () => ({ api_url: peer.url, bot_token: `1:${SENTINEL}`, chat_id: -100 }),
  ntfy: () => ({ url: `${peer.url}/topic`, token: SENTINEL }),
  pushover: () => ({
    api_url: `${peer.url}/1/messages.json`,
    token: SENTINEL,
    user_key: `u${SENTINEL}`,
  }),
  googlechat: () => ({ url: `${peer.url}/v1/spaces/A/messages?key=k&token=${SENTINEL}` }),
  mattermost: () => ({ webhook_url: `${peer.url}/hooks/${SENTINEL}` }),
  twilio: () => ({
    api_url: peer.url,
    account_sid: `AC${SID}`,
    auth_token: SENTINEL,
    from: "+15005550006",
    to: "+491511234567",
  }),
  matrix: () => ({ homeserver: peer.url, access_token: SENTINEL, room_id: "!room:example.org" }),
  slack: () => ({
    api_url: `${peer.url}/services/${SENTINEL}`,
    text: '{{ template "pagerduty.default.instances" .Alerts }}',
  }),
  pagerduty: () => ({ url: `${peer.url}/v2/enqueue`, routing_key: SENTINEL }),
  opsgenie: () => ({ api_url: peer.url, api_key: SENTINEL }),
  msteams: () => ({ webhook_url: `${peer.url}/webhookb2/${SENTINEL}` }),
  msteamsv2: () => ({ webhook_url: `${peer.url}/workflows/${SENTINEL}` }),
} as const;

type Kind = keyof typeof ENTRIES;
const KINDS = Object.keys(ENTRIES) as Kind[];

const SECRETS: Readonly<Record<Kind, readonly string[]>> = {
  discord: ["webhook_url"],
  telegram: ["bot_token"],
  ntfy: ["token"],
  pushover: ["token", "user_key"],
  googlechat: ["url"],
  mattermost: ["webhook_url"],
  twilio: ["auth_token"],
  matrix: ["access_token"],
  slack: ["api_url"],
  pagerduty: ["routing_key"],
  opsgenie: ["api_key"],
  msteams: ["webhook_url"],
  msteamsv2: ["webhook_url"],
};

/** The key of the longest text of a kind, where it is not `message`. */
const TEXT_KEYS: Partial<Record<Kind, string>> = {
  mattermost: "text",
  slack: "text",
  pagerduty: "description",
  msteams: "text",
  msteamsv2: "text",
};

/** Bytes that the largest message may have, where that is not what chats take. */
const MOST_BYTES: Partial<Record<Kind, number>> = { pagerduty: 512_000 };

function channelWith(
  kind: Kind,
  more: Record<string, unknown> = {},
  own: Partial<ChannelContext> = {},
): NotificationChannel {
  const config = CHANNEL_SCHEMAS[kind].parse({ ...ENTRIES[kind](), ...more });
  const integrations = [{ kind, index: 0, config }] as Parameters<
    typeof createChannels
  >[0]["integrations"];
  const [channel] = createChannels(
    { name: "ops", integrations },
    { ...context, shortened: () => void shortened++, ...own },
  );
  if (channel === undefined) throw new Error(`there is no channel for ${kind}`);
  return channel;
}

const send = (channel: NotificationChannel, notification = sampleNotification()) =>
  channel.send(notification, new AbortController().signal);

const failure = (result: SendResult): Extract<SendResult, { ok: false }> => {
  if (result.ok) throw new Error("expected a failure");
  return result;
};

/** Everything that came, decoded as far as a receiver would. */
const seen = (): string =>
  peer.requests
    .map(({ url, body }) => decodeURIComponent(`${url} ${body}`.replaceAll("+", " ")))
    .join("\n");

describe.each(KINDS)("a channel of kind %s", (kind) => {
  it("has the name and the policy of its integration", () => {
    expect(
      channelWith(kind, { max_attempts: 3, max_age: "1h", send_resolved: false }),
    ).toMatchObject({
      kind,
      name: `ops/${kind}[0]`,
      sendResolved: false,
      maxAttempts: 3,
      maxAgeMs: 3_600_000,
    });
  });

  it("tells what the alert is in one request", async () => {
    expect(await send(channelWith(kind))).toMatchObject({ ok: true });
    expect(peer.requests).toHaveLength(1);
    expect(seen().replaceAll("\\\\", "")).toMatch(
      /\[FIRING:1\] QueueTooLong|alertname = QueueTooLong/,
    );
  });

  it("shows a preview with the same text and without a request", async () => {
    const preview = await channelWith(kind).preview(sampleNotification());
    expect(preview).toContain("QueueTooLong");
    expect(preview).not.toContain(SENTINEL);
    expect(peer.requests).toHaveLength(0);
  });

  it.each([
    [500, true],
    [503, true],
    [429, true],
    [408, true],
    [400, false],
    [401, false],
    [403, false],
    [404, false],
    [302, false],
  ])("takes status %i for a failure, to be tried again: %s", async (status, retryable) => {
    peer.usual = { status, body: "no" };
    const result = failure(await send(channelWith(kind)));
    expect(result).toMatchObject({
      statusCode: retryable || kind !== "twilio" ? status : null,
      retryable,
    });
    expect(result.error).toMatch(/answered \d+/);
  });

  it("waits as long as Retry-After says", async () => {
    peer.next = [{ status: 429, headers: { "retry-after": "17" }, body: "slow down" }];
    expect(await send(channelWith(kind))).toMatchObject({ retryable: true, retryAfterMs: 17_000 });
  });

  it.each(["hang up", "cut"] as const)("may try again after a %s", async (answer) => {
    peer.usual = answer;
    expect(await send(channelWith(kind))).toMatchObject({
      ok: false,
      statusCode: null,
      retryable: true,
    });
  });

  it("does not wait for one who says nothing", async () => {
    peer.usual = "silence";
    const result = failure(await send(channelWith(kind, { timeout: "150ms" })));
    expect(result).toMatchObject({ statusCode: null, retryable: true });
    expect(result.error).toContain("within 150 ms");
  });

  it("ends when it is told to", async () => {
    peer.usual = "silence";
    const controller = new AbortController();
    const sending = channelWith(kind).send(sampleNotification(), controller.signal);
    await expect.poll(() => peer.requests.length).toBe(1);
    controller.abort();
    expect(await sending).toMatchObject({ ok: false, retryable: true });
  });

  it("never shows its secrets, even when the receiver quotes them", async () => {
    const encoded = Buffer.from(`AC${SID}:${SENTINEL}`).toString("base64");
    // At the end of what is quoted, where a part of it could stay.
    const quotes = [SENTINEL, encoded, `${"x".repeat(190)}${SENTINEL}`];
    const channel = channelWith(kind);
    const texts = [channel.target, channel.name];
    for (const quote of quotes) {
      for (const body of [
        quote,
        { message: quote, description: quote, error: quote, errors: [quote] },
      ]) {
        peer.next = [
          { status: 400, body },
          { status: 400, body },
        ];
        texts.push(JSON.stringify(await send(channel)));
      }
    }
    expect(texts.join("\n")).not.toContain(SENTINEL.slice(0, 8));
    const sent = kind === "twilio" ? encoded : SENTINEL;
    expect(texts.join("\n")).not.toContain(sent.slice(-16));
    expect(texts.join("\n")).toContain("<secret>");
  });

  it("reads its secrets from files, at each attempt", async () => {
    const entry = ENTRIES[kind]() as Record<string, unknown>;
    const files: Record<string, unknown> = {};
    for (const key of SECRETS[kind]) {
      files[key] = undefined;
      files[`${key}_file`] = join(directory, `${kind}-${key}`);
    }
    const channel = channelWith(kind, files);
    expect(await send(channel)).toMatchObject({ ok: false, retryable: true });
    expect(peer.requests).toHaveLength(0);
    for (const key of SECRETS[kind])
      await writeFile(join(directory, `${kind}-${key}`), `${String(entry[key])}\n`);
    expect(await send(channel)).toMatchObject({ ok: true });
    expect(channel.target).not.toContain(SENTINEL);
    expect(peer.requests).toHaveLength(1);
  });

  it("does not go where it must not", async () => {
    const outbound = { request: context.outbound.request.bind(context.outbound) };
    const keys = {
      discord: "webhook_url",
      mattermost: "webhook_url",
      matrix: "homeserver",
      msteams: "webhook_url",
      msteamsv2: "webhook_url",
    } as const;
    const key =
      kind in keys ? keys[kind as keyof typeof keys] : "url" in ENTRIES[kind]() ? "url" : "api_url";
    const channel = channelWith(
      kind,
      { [key]: "http://169.254.169.254/hooks/a" },
      { client: () => outbound },
    );
    const result = failure(await send(channel));
    expect(result).toMatchObject({ retryable: false });
    expect(result.error).toContain("link-local");
  });

  it("tells people although its template is wrong, but not who tests it", async () => {
    const broken = channelWith(kind, {
      [TEXT_KEYS[kind] ?? "message"]: '{{ template "nowhere" . }}',
    });
    expect(await send(broken)).toMatchObject({ ok: true });
    expect(seen()).toContain("template of this channel is wrong");
    const test = sampleNotification({ reason: "test" });
    expect(await send(broken, test)).toMatchObject({ ok: false });
    await expect(broken.preview(sampleNotification())).rejects.toThrow("nowhere");
  });

  it("tells of ten thousand alerts within what the service takes", async () => {
    const alerts = Array.from({ length: 10_000 }, (_, i) =>
      firingAlert({ alertname: "QueueTooLong", instance: `host-${i}`, severity: "critical" }),
    );
    const channel = channelWith(kind);
    expect(await send(channel, sampleNotification({ alerts }))).toMatchObject({ ok: true });
    // Upstream's text for Telegram has no title with the number.
    expect(seen()).toContain(kind === "telegram" ? "host-9" : "10000");
    expect(peer.requests[0]?.body.length).toBeLessThan(MOST_BYTES[kind] ?? 60_000);
    expect(shortened).toBe(kind === "twilio" ? 0 : 1);
  });
});
