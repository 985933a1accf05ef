import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { TelegramConfig } from "../../../config/alertmanager/channels/telegram.ts";
import type { NotificationChannel } from "../channel.ts";
import { firingAlert, HttpPeer, sampleNotification, testContext } from "../test-peers.ts";
import { createTelegram } from "./index.ts";

const peer = new HttpPeer();
const { stop, ...context } = testContext();

let directory = "";
beforeAll(async () => {
  await peer.start();
  directory = await mkdtemp(join(tmpdir(), "fleetlight-telegram-"));
});
beforeEach(() => peer.reset());
afterAll(async () => {
  await stop();
  await peer.stop();
  await rm(directory, { recursive: true });
});

const channelWith = (more: Record<string, unknown> = {}): NotificationChannel =>
  createTelegram(
    {
      kind: "telegram",
      index: 0,
      config: TelegramConfig.parse({
        api_url: `${peer.url}/`,
        bot_token: "1:token",
        chat_id: -100,
        ...more,
      }),
    },
    context,
  );

const send = (channel: NotificationChannel, notification = sampleNotification()) =>
  channel.send(notification, new AbortController().signal);

interface Sent {
  chat_id: string;
  text: string;
  parse_mode?: string;
  message_thread_id?: number;
  disable_notification?: boolean;
}

const sent = (index = 0): Sent | undefined => peer.json<Sent>()[index];

const named = (name: string) => {
  const labels = { alertname: name };
  return sampleNotification({
    alerts: [firingAlert(labels)],
    groupLabels: labels,
    commonLabels: labels,
  });
};

describe("Telegram", () => {
  it("sends HTML to the chat and tells the message's id", async () => {
    peer.usual = { status: 200, body: { ok: true, result: { message_id: 815 } } };
    expect(await send(channelWith())).toEqual({ ok: true, statusCode: 200, reference: "815" });
    expect(peer.requests[0]?.url).toBe("/bot1:token/sendMessage");
    expect(sent()).toMatchObject({ chat_id: "-100", parse_mode: "HTML" });
    expect(sent()?.text).toMatch(/^Alerts Firing:\nLabels:\n - alertname = QueueTooLong\n/);
  });

  it("sends to a topic, silently, when it is told to", async () => {
    await send(
      channelWith({ chat_id: "@fleet_ops", message_thread_id: 7, disable_notifications: true }),
    );
    expect(sent()).toMatchObject({
      chat_id: "@fleet_ops",
      message_thread_id: 7,
      disable_notification: true,
    });
  });

  it.each([
    [
      "HTML",
      "<b>{{ .CommonLabels.alertname }}</b>",
      "<b>&lt;a href=&#34;x&#34;&gt;_*[y](z)`&lt;/a&gt;</b>",
    ],
    [
      "MarkdownV2",
      "*{{ .CommonLabels.alertname }}*",
      '*<a href\\="x"\\>\\_\\*\\[y\\]\\(z\\)\\`</a\\>*',
    ],
    ["none", "{{ .CommonLabels.alertname }}", '<a href="x">_*[y](z)`</a>'],
    ["", "{{ .CommonLabels.alertname }}", '<a href="x">_*[y](z)`</a>'],
  ])("lets no value out of its place in %j", async (mode, message, expected) => {
    await send(channelWith({ parse_mode: mode, message }), named('<a href="x">_*[y](z)`</a>'));
    expect(sent()?.text).toBe(expected);
    expect(sent()?.parse_mode).toBe(mode === "none" || mode === "" ? undefined : mode);
  });

  it.each(["HTML", "MarkdownV2", "Markdown", "none"])(
    "sends what is too long in %s as text, so that no tag is left open",
    async (mode) => {
      await send(
        channelWith({ parse_mode: mode, message: "<b>{{ .CommonLabels.alertname }}</b>" }),
        named("<&_*".repeat(2000)),
      );
      expect(sent()?.parse_mode).toBeUndefined();
      expect(sent()?.text.length).toBeLessThanOrEqual(4096);
      expect(sent()?.text.length).toBeGreaterThan(4000);
      expect(sent()?.text).not.toContain("&lt;");
      expect(sent()?.text).not.toContain("\uE000");
    },
  );

  it("counts what is shown, and not the markup", async () => {
    await send(
      channelWith({ message: "<b>{{ .CommonLabels.alertname }}</b>" }),
      named("<".repeat(4000)),
    );
    expect(sent()?.parse_mode).toBe("HTML");
    expect(sent()?.text).toBe(`<b>${"&lt;".repeat(4000)}</b>`);
  });

  it("sends as text what Telegram cannot read", async () => {
    const description = "Bad Request: can't parse entities: Character '-' is reserved";
    peer.next = [{ status: 400, body: { ok: false, error_code: 400, description } }];
    expect(await send(channelWith({ parse_mode: "MarkdownV2" }))).toMatchObject({ ok: true });
    expect(peer.requests).toHaveLength(2);
    expect(sent(1)?.parse_mode).toBeUndefined();
    expect(sent(1)?.text).toContain(" - alertname = QueueTooLong");
  });

  it("follows a group that became a supergroup", async () => {
    peer.next = [
      {
        status: 400,
        body: {
          ok: false,
          description: "group chat was upgraded to a supergroup chat",
          parameters: { migrate_to_chat_id: -1_001_234 },
        },
      },
    ];
    expect(await send(channelWith())).toMatchObject({ ok: true });
    expect(peer.json<Sent>().map(({ chat_id: chat }) => chat)).toEqual(["-100", "-1001234"]);
  });

  it("waits as long as the answer says in its body, and says why", async () => {
    peer.next = [
      {
        status: 429,
        body: {
          ok: false,
          description: "Too Many Requests: retry after 35",
          parameters: { retry_after: 35 },
        },
      },
    ];
    expect(await send(channelWith())).toEqual({
      ok: false,
      statusCode: 429,
      error: "answered 429: Too Many Requests: retry after 35",
      retryable: true,
      retryAfterMs: 35_000,
    });
  });

  it.each([
    [400, "Bad Request: chat not found"],
    [403, "Forbidden: bot was blocked by the user"],
    [401, "Unauthorized"],
  ])("does not try again after %i %s", async (status, description) => {
    peer.usual = { status, body: { ok: false, error_code: status, description } };
    expect(await send(channelWith())).toMatchObject({
      ok: false,
      retryable: false,
      error: `answered ${status}: ${description}`,
    });
    expect(peer.requests).toHaveLength(1);
  });

  it("takes nothing from a file for a chat that is none", async () => {
    const file = join(directory, "chat");
    await writeFile(file, "https://evil.example\n");
    const channel = channelWith({ chat_id: undefined, chat_id_file: file });
    expect(await send(channel)).toMatchObject({
      ok: false,
      retryable: false,
      error: "the chat is neither a number nor @name",
    });
    await writeFile(file, "-100200\n");
    expect(await send(channel)).toMatchObject({ ok: true });
    expect(sent()?.chat_id).toBe("-100200");
    expect(channel.target).toContain(file);
  });

  it.each(["1:a/../../x", "1:a b", "1:a?x=y#z"])("takes %j for no token", async (token) => {
    const result = await send(channelWith({ bot_token: token }));
    expect(result).toMatchObject({ ok: false, retryable: false });
    expect(JSON.stringify(result)).not.toContain(token);
    expect(peer.requests).toHaveLength(0);
  });
});
