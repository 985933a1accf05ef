import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { SlackConfig } from "../../../config/alertmanager/channels/slack.ts";
import type { ChannelContext, NotificationChannel } from "../channel.ts";
import {
  firingAlert,
  HttpPeer,
  resolvedNotification,
  sampleNotification,
  testContext,
} from "../test-peers.ts";
import { readButtonValue } from "./buttons.ts";
import { createSlack } from "./slack.ts";

const peer = new HttpPeer();
const { stop, ...context } = testContext();
beforeAll(() => peer.start());
beforeEach(() => peer.reset());
afterAll(async () => {
  await stop();
  await peer.stop();
});

const PATH = "/services/T000/B000/sentinelsentinel0815";
const TOKEN = "xoxb-sentinel-token-0815";

const channelOf = (
  config: Record<string, unknown>,
  rest: Partial<ChannelContext> = {},
): NotificationChannel =>
  createSlack(
    { kind: "slack", index: 0, config: SlackConfig.parse(config) },
    { ...context, ...rest },
  );
const webhook = (config: Record<string, unknown> = {}) =>
  channelOf({ api_url: peer.url + PATH, ...config });
const bot = (config: Record<string, unknown> = {}, rest: Partial<ChannelContext> = {}) => {
  peer.usual = { body: { ok: true, channel: "C1", ts: "1700000000.000100" } };
  return channelOf(
    { bot_token: TOKEN, channel: "#ops", web_api_url: `${peer.url}/api/`, ...config },
    rest,
  );
};

const send = (channel: NotificationChannel, notification = sampleNotification()) =>
  channel.send(notification, new AbortController().signal);

interface Block {
  type: string;
  text?: { text: string };
  fields?: unknown[];
  elements?: { action_id?: string; value?: string; url?: string; style?: string; type: string }[];
}
interface BotMessage {
  text: string;
  ts?: string;
  thread_ts?: string;
  reply_broadcast?: boolean;
  attachments: { color: string; blocks: Block[] }[];
}
const blocksOf = (message: BotMessage | undefined): Block[] =>
  message?.attachments[0]?.blocks ?? [];
const calls = () => peer.requests.map(({ url }) => url);

describe("an incoming webhook of Slack", () => {
  it("is posted what Alertmanager posts", async () => {
    peer.usual = { body: "ok" };
    expect(await send(webhook({ channel: "#ops" }))).toEqual({ ok: true, statusCode: 200 });
    expect(peer.requests[0]?.url).toBe(PATH);
    expect(peer.json()[0]).toEqual({
      channel: "#ops",
      username: "Alertmanager",
      attachments: [
        {
          title: "[FIRING:1] QueueTooLong (worker critical)",
          title_link: "http://fleetlight.example/#/alerts?receiver=ops",
          text: "",
          fallback:
            "[FIRING:1] QueueTooLong (worker critical) | http://fleetlight.example/#/alerts?receiver=ops",
          callback_id: "",
          footer: "",
          color: "danger",
          mrkdwn_in: ["fallback", "pretext", "text"],
        },
      ],
    });
  });

  it("is posted fields, actions and all that the configuration names", async () => {
    await send(
      webhook({
        color: '{{ if eq .Status "firing" }}#ff0000{{ else }}good{{ end }}',
        text: "{{ .CommonAnnotations.summary }}",
        fields: [
          { title: "Severity", value: "{{ .CommonLabels.severity }}" },
          { title: "Long", value: "v", short: false },
        ],
        short_fields: true,
        actions: [
          { type: "button", text: "Runbook", url: "https://r.example/{{ .CommonLabels.service }}" },
          {
            type: "button",
            text: "Restart",
            name: "restart",
            value: "x",
            confirm: { text: "Really?" },
          },
        ],
        icon_emoji: ":fire:",
        link_names: true,
        mrkdwn_in: ["text"],
        image_url: "https://i.example/a.png",
      }),
    );
    expect(peer.json()[0]).toMatchObject({
      icon_emoji: ":fire:",
      link_names: true,
      attachments: [
        {
          color: "#ff0000",
          text: "The queue has 120 tasks",
          image_url: "https://i.example/a.png",
          mrkdwn_in: ["text"],
          fields: [
            { title: "Severity", value: "critical", short: true },
            { title: "Long", value: "v", short: false },
          ],
          actions: [
            { type: "button", text: "Runbook", url: "https://r.example/worker" },
            { type: "button", name: "restart", value: "x", confirm: { text: "Really?" } },
          ],
        },
      ],
    });
  });

  it("takes no markup from labels, and all of it from templates", async () => {
    const evil = "<!channel> <https://evil.example|click> & co";
    await send(
      webhook({ text: "<https://a.example|*{{ .CommonLabels.a }}*>" }),
      sampleNotification({ commonLabels: { a: evil } }),
    );
    expect(peer.json<{ attachments: { text: string }[] }>()[0]?.attachments[0]?.text).toBe(
      "<https://a.example|*&lt;!channel&gt; &lt;https://evil.example|click&gt; &amp; co*>",
    );
  });

  it.each([
    [400, "invalid_payload", false],
    [403, "action_prohibited", false],
    [404, "channel_not_found", false],
    [410, "channel_is_archived", false],
    [429, "", true],
    [500, "rollup_error", true],
  ])("that answers %i %s may be asked again: %s", async (status, body, retryable) => {
    peer.next = [{ status, body, headers: { "retry-after": "30" } }];
    expect(await send(webhook())).toMatchObject({
      ok: false,
      statusCode: status,
      retryable,
      retryAfterMs: 30_000,
    });
  });

  it("never shows its URL", async () => {
    peer.next = [{ status: 400, body: `bad hook ${PATH}` }];
    const channel = webhook();
    const shown = [
      JSON.stringify(await send(channel)),
      channel.target,
      await channel.preview(sampleNotification()),
    ].join("\n");
    expect(shown).toContain("bad hook");
    expect(shown).not.toContain("sentinel");
  });
});

describe("a bot of Slack", () => {
  it("writes a message of blocks", async () => {
    const result = await send(
      bot({
        text: "{{ .CommonAnnotations.summary }}",
        pretext: "Attention",
        footer: "Fleet",
        fields: [{ title: "Severity", value: "{{ .CommonLabels.severity }}" }],
        actions: [{ type: "button", text: "Runbook", url: "https://r.example", style: "primary" }],
      }),
    );
    expect(result).toEqual({ ok: true, statusCode: 200, reference: "C1:1700000000.000100" });
    const [request] = peer.requests;
    expect(request?.url).toBe("/api/chat.postMessage");
    expect(request?.headers.authorization).toBe(`Bearer ${TOKEN}`);
    const [message] = peer.json<BotMessage & { channel: string }>();
    expect(message).toMatchObject({ channel: "#ops", text: "Attention" });
    expect(message).not.toHaveProperty("username");
    expect(message?.attachments[0]?.color).toBe("#a30200");
    expect(blocksOf(message)).toEqual([
      {
        type: "section",
        text: {
          type: "mrkdwn",
          text: "*<http://fleetlight.example/#/alerts?receiver=ops|[FIRING:1] QueueTooLong (worker critical)>*",
        },
      },
      { type: "section", text: { type: "mrkdwn", text: "The queue has 120 tasks" } },
      { type: "section", fields: [{ type: "mrkdwn", text: "*Severity*\ncritical" }] },
      { type: "context", elements: [{ type: "mrkdwn", text: "Fleet" }] },
      {
        type: "actions",
        elements: [
          {
            type: "button",
            text: { type: "plain_text", text: "Runbook" },
            action_id: "link_0",
            url: "https://r.example/",
            style: "primary",
          },
        ],
      },
    ]);
  });

  it("changes the message when the group does, and says so in its thread", async () => {
    const channel = bot();
    await send(channel);
    const second = firingAlert({ alertname: "Second" }, { fingerprint: "1122334455667788" });
    const first = sampleNotification().alerts;
    await send(channel, sampleNotification({ id: "n2", alerts: [...first, second] }));
    await send(channel, resolvedNotification({ id: "n3" }));
    await send(channel, sampleNotification({ id: "n4" }));
    expect(calls()).toEqual([
      "/api/chat.postMessage",
      "/api/chat.update",
      "/api/chat.postMessage",
      "/api/chat.update",
      "/api/chat.postMessage",
      "/api/chat.postMessage",
    ]);
    const [, update, thread, resolved, ended, anew] = peer.json<BotMessage>();
    expect(update).toMatchObject({ channel: "C1", ts: "1700000000.000100" });
    expect(thread).toMatchObject({ thread_ts: "1700000000.000100" });
    expect(thread?.text).toBe(":red_circle: Second");
    expect(resolved?.attachments[0]?.color).toBe("#2eb886");
    expect(ended?.text).toContain(":large_green_circle: QueueTooLong (critical)");
    expect(ended?.reply_broadcast).toBe(true);
    expect(anew?.thread_ts).toBeUndefined();
  });

  it("shows a repetition to everybody, because a change makes no sound", async () => {
    const channel = bot();
    await send(channel);
    await send(channel, sampleNotification({ id: "n2" }));
    const [, , thread] = peer.json<BotMessage>();
    expect(thread).toMatchObject({ reply_broadcast: true });
    expect(thread?.text).toMatch(/^Still firing:\n:red_circle: QueueTooLong/);
  });

  it("writes another message when the former one is gone", async () => {
    const channel = bot({ thread_details: false });
    await send(channel);
    peer.next = [{ body: { ok: false, error: "message_not_found" } }];
    expect(await send(channel, sampleNotification({ id: "n2" }))).toMatchObject({ ok: true });
    expect(calls()).toEqual(["/api/chat.postMessage", "/api/chat.update", "/api/chat.postMessage"]);
  });

  it("finds its message again after a restart", async () => {
    const channel = bot(
      { thread_details: false },
      {
        latestReference: async (_notification, name) =>
          name === "ops/slack[0]"
            ? { status: "firing", reference: "C9:1690000000.000200" }
            : undefined,
      },
    );
    await send(channel, resolvedNotification());
    expect(calls()).toEqual(["/api/chat.update"]);
    expect(peer.json()[0]).toMatchObject({ channel: "C9", ts: "1690000000.000200" });
  });

  it("writes a message each time when that is wanted", async () => {
    const channel = bot({ update_message: false });
    await send(channel);
    await send(channel, resolvedNotification());
    expect(calls()).toEqual(["/api/chat.postMessage", "/api/chat.postMessage"]);
  });

  it("has told the group although its thread cannot be written", async () => {
    const channel = bot();
    await send(channel);
    peer.next = [
      { body: { ok: true, channel: "C1", ts: "1700000000.000100" } },
      { body: { ok: false, error: "restricted_action" } },
    ];
    expect(await send(channel, resolvedNotification())).toMatchObject({ ok: true });
  });

  it.each([
    ["channel_not_found", false],
    ["invalid_auth", false],
    ["msg_too_long", false],
    ["rate_limited", true],
    ["ratelimited", true],
    ["fatal_error", true],
    ["internal_error", true],
  ])("that is told %s may ask again: %s", async (error, retryable) => {
    const channel = bot();
    peer.next = [{ body: { ok: false, error } }];
    expect(await send(channel)).toMatchObject({
      ok: false,
      error: `Slack says ${error}`,
      retryable,
    });
  });

  it("waits as long as Slack says", async () => {
    const channel = bot();
    peer.next = [{ status: 429, headers: { "retry-after": "11" }, body: { ok: false } }];
    expect(await send(channel)).toMatchObject({ ok: false, retryable: true, retryAfterMs: 11_000 });
  });

  it("offers buttons while alerts fire and pressing them can be heard", async () => {
    const channel = bot({ signing_secret: "s" });
    await send(channel);
    await send(channel, resolvedNotification());
    const [firing, resolved] = peer.json<BotMessage>();
    const elements = blocksOf(firing).at(-1)?.elements ?? [];
    expect(elements.map(({ action_id }) => action_id)).toEqual([
      "fleetlight_acknowledge",
      "fleetlight_snooze",
      "fleetlight_silence",
    ]);
    expect(readButtonValue(elements[0]?.value)).toMatchObject({
      tenant: "default",
      fingerprints: ["0011223344556677"],
    });
    expect(blocksOf(resolved).some(({ type }) => type === "actions")).toBe(false);
  });

  it("keeps to the limits of blocks and characters", async () => {
    const fields = Array.from({ length: 100 }, (_, index) => ({
      title: `t${index}`,
      value: "{{ .CommonLabels.a }}",
    }));
    const alerts = Array.from({ length: 300 }, (_, index) =>
      firingAlert(
        { alertname: "A", a: "&".repeat(5000) },
        { fingerprint: index.toString(16).padStart(16, "0") },
      ),
    );
    const channel = bot({ fields, text: "{{ .CommonLabels.a }}", signing_secret: "s" });
    await send(channel, sampleNotification({ alerts, commonLabels: { a: "&".repeat(5000) } }));
    const [message] = peer.json<BotMessage>();
    const blocks = blocksOf(message);
    expect(blocks.length).toBeLessThanOrEqual(50);
    for (const { text, fields: some, elements } of blocks) {
      expect(text?.text.length ?? 0).toBeLessThanOrEqual(3000);
      expect(some?.length ?? 0).toBeLessThanOrEqual(10);
      for (const { value = "" } of elements ?? []) expect(value.length).toBeLessThanOrEqual(2000);
    }
    expect(blocks[1]?.text?.text).toMatch(/&amp;…$/);
  });

  it("lists the alerts when no template says anything, as text", async () => {
    const alerts = Array.from({ length: 12 }, (_, index) =>
      firingAlert({ alertname: `A${index}`, host: "<!here>" }),
    );
    await send(bot(), sampleNotification({ alerts }));
    const text = blocksOf(peer.json<BotMessage>()[0])[1]?.text?.text ?? "";
    expect(text).toContain(":red_circle: A0 host=&lt;!here&gt;\n");
    expect(text).toMatch(/\nand 2 more$/);
  });

  it("is Alertmanager's app_token too", async () => {
    peer.usual = { body: { ok: true, channel: "C1", ts: "1700000000.000100" } };
    const channel = channelOf({
      app_token: TOKEN,
      app_url: `${peer.url}/x/chat.postMessage`,
      channel: "C1",
    });
    expect(await send(channel)).toMatchObject({ ok: true });
    expect(calls()).toEqual(["/x/chat.postMessage"]);
  });

  it("never shows its token", async () => {
    const channel = bot();
    peer.next = [{ body: { ok: false, error: `invalid_auth ${TOKEN}` } }];
    const shown = [
      JSON.stringify(await send(channel)),
      channel.target,
      await channel.preview(sampleNotification()),
    ].join("\n");
    expect(shown).toContain("invalid_auth");
    expect(shown).not.toContain("sentinel");
  });

  it("must be told the channel", () => {
    expect(SlackConfig.safeParse({ bot_token: TOKEN }).success).toBe(false);
  });
});
