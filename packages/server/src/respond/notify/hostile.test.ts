import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { CHANNEL_SCHEMAS } from "../../config/alertmanager/channels/index.ts";
import type { Notification, NotificationChannel } from "./channel.ts";
import { createChannels } from "./index.ts";
import { firingAlert, HttpPeer, sampleNotification, testContext } from "./test-peers.ts";

const peer = new HttpPeer();
const { stop, ...context } = testContext();
beforeAll(() => peer.start());
beforeEach(() => peer.reset());
afterAll(async () => {
  await stop();
  await peer.stop();
});

const SID = "0123456789abcdef0123456789abcdef";

/** Characters and UTF-8 bytes of one part of a message. */
type Measure = (text: string) => number;
const characters: Measure = (text) => text.length;
const bytes: Measure = (text) => Buffer.byteLength(text);

/** Where texts stand in a body, what is the most of each, and how they are measured. */
interface Limits {
  body?: number;
  parts: [path: string, measure: Measure, max: number][];
  /** What the receiver reads as HTML. */
  html?: (message: unknown) => string;
}

const at = (body: unknown, path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], body);

const KINDS: Record<string, { entry: () => Record<string, unknown>; limits: Limits }> = {
  discord: {
    entry: () => ({
      webhook_url: `${peer.url}/api/webhooks/1/token`,
      content: "{{ .CommonLabels.hostile }}",
      username: "{{ .CommonLabels.hostile }}",
    }),
    limits: {
      parts: [
        ["content", characters, 2000],
        ["username", characters, 80],
        ["embeds.0.title", characters, 256],
        ["embeds.0.description", characters, 4096],
      ],
    },
  },
  telegram: {
    entry: () => ({ api_url: peer.url, bot_token: "1:token", chat_id: 1 }),
    limits: {
      parts: [["text", bytes, 32_768]],
      html: (message) => (at(message, "parse_mode") === "HTML" ? String(at(message, "text")) : ""),
    },
  },
  ntfy: {
    entry: () => ({
      url: `${peer.url}/topic`,
      tags: ["{{ .CommonLabels.hostile }}"],
      click: "{{ .CommonLabels.hostile }}",
    }),
    limits: {
      body: 8192,
      parts: [
        ["message", bytes, 4096],
        ["title", characters, 250],
        ["tags.0", characters, 64],
      ],
    },
  },
  pushover: {
    entry: () => ({
      api_url: peer.url,
      token: "token",
      user_key: "key",
      html: true,
      sound: "{{ .CommonLabels.hostile }}",
    }),
    limits: {
      parts: [
        ["message", characters, 1024],
        ["title", characters, 250],
        ["sound", characters, 64],
      ],
      html: (message) => (at(message, "html") === "1" ? String(at(message, "message")) : ""),
    },
  },
  googlechat: {
    entry: () => ({
      url: `${peer.url}/v1/spaces/A/messages`,
      thread_key: "{{ .CommonLabels.hostile }}",
    }),
    limits: {
      body: 32_000,
      parts: [
        ["cardsV2.0.card.header.title", characters, 200],
        ["thread.threadKey", characters, 4000],
      ],
      html: (message) =>
        String(at(message, "cardsV2.0.card.sections.0.widgets.0.textParagraph.text")),
    },
  },
  mattermost: {
    entry: () => ({ webhook_url: `${peer.url}/hooks/a`, channel: "{{ .CommonLabels.hostile }}" }),
    limits: {
      body: 240_000,
      parts: [
        ["attachments.0.text", characters, 16_383],
        ["channel", characters, 64],
      ],
    },
  },
  twilio: {
    entry: () => ({
      api_url: peer.url,
      account_sid: `AC${SID}`,
      auth_token: "token",
      from: "+15005550006",
      to: "+491511234567",
      message: '{{ template "sns.default.message" . }}',
    }),
    limits: { parts: [["Body", characters, 1600]] },
  },
  matrix: {
    entry: () => ({
      homeserver: peer.url,
      access_token: "token",
      room_id: "!room:example.org",
      html: '<h1>{{ .CommonLabels.hostile }}</h1>{{ template "sns.default.message" . }}',
    }),
    limits: {
      body: 60_000,
      parts: [["body", bytes, 60_000]],
      html: (message) => String(at(message, "formatted_body") ?? ""),
    },
  },
};

/** Controls, overrides of direction, halves of characters, and our own marks. */
const DISTURBING =
  // oxlint-disable-next-line no-control-regex -- These are what must not be there.
  /[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\u2066-\u2069]|\p{Surrogate}/u;

const MEGABYTE = 1_000_000;

const HOSTILE: Record<string, string> = {
  html: '<script>alert(1)</script><a href="javascript:x">',
  "open tags": "<b><i><u>",
  entities: "&amp;&#0;&#x10ffff;&lt;",
  markdown: "**_`[x](https://evil.example)`_** ~~||#",
  fences: "```\n`",
  mentions: "@everyone @channel <@1> <!channel> <users/all>",
  newlines: "\r\n\n\u2028",
  controls: "\u0000\u0007\u001b[2J\u007f",
  "right to left": "\u202e\u2066\u05d0\u0627\u2069",
  "lone surrogates": "\ud83d\udc00\ud800",
  "astral characters": "🔥👩‍👩‍👧",
  combining: `a${"\u0301".repeat(20)}`,
  template: '{{ .Alerts }}{{ template "x" }}',
  "marks of ours": "\ue000\ue001*",
  quotes: "\"'\\",
};

const channelOf = (kind: string): NotificationChannel => {
  const { entry } = KINDS[kind] ?? {};
  const config = CHANNEL_SCHEMAS[kind as keyof typeof CHANNEL_SCHEMAS].parse(entry?.());
  const integrations = [{ kind, index: 0, config }] as Parameters<
    typeof createChannels
  >[0]["integrations"];
  const [channel] = createChannels({ name: "ops", integrations }, context);
  if (channel === undefined) throw new Error(`there is no channel for ${kind}`);
  return channel;
};

const hostile = (value: string): Notification => {
  const labels = { alertname: value, hostile: value, severity: value };
  const annotations = { summary: value, description: value };
  return sampleNotification({
    alerts: [firingAlert(labels, { annotations, generatorURL: value })],
    groupKey: value,
    groupLabels: { alertname: value },
    commonLabels: labels,
    commonAnnotations: annotations,
  });
};

/** A body as its receiver reads it: JSON, or a form. */
const parse = (body: string): unknown =>
  body.startsWith("{") ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body));

const texts = (value: unknown): string[] => {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(texts) : [];
};

describe.each(Object.keys(KINDS))("hostile labels on a channel of kind %s", (kind) => {
  const { limits } = KINDS[kind] ?? { limits: { parts: [] } as Limits };

  it.each(
    Object.entries(HOSTILE).flatMap(([what, text]) => [
      [what, 1, text] as const,
      [what, 5000, text] as const,
      [what, Math.ceil(MEGABYTE / text.length), text] as const,
    ]),
  )("%s, %i times", async (_what, times, text) => {
    const value = text.repeat(times);
    const channel = channelOf(kind);
    const startedMs = performance.now();
    const result = await channel.send(hostile(value), new AbortController().signal);
    expect(performance.now() - startedMs).toBeLessThan(5000);
    expect(result).toMatchObject({ ok: true });
    const { body = "" } = peer.requests[0] ?? {};
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(limits.body ?? 200_000);
    const message = parse(body);
    for (const [path, measure, max] of limits.parts) {
      const part = at(message, path);
      // Names that are empty are left out.
      expect(measure(typeof part === "string" ? part : "")).toBeLessThanOrEqual(max);
    }
    const all = texts(message);
    expect(all.filter((one) => DISTURBING.test(one))).toEqual([]);
    expect(limits.html?.(message).replaceAll(/<\/?h1>|<br>/g, "") ?? "").not.toMatch(/[<>]/);
    await expect(channel.preview(hostile(value))).resolves.not.toBe("");
  });
});
