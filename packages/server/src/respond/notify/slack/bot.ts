import type {
  ChannelContext,
  ChannelTemplates,
  HttpClient,
  Integration,
  Notification,
  SendResult,
} from "../channel.ts";
import { readSecret } from "../exchange.ts";
import { forgiving, looksCut } from "../forgiving.ts";
import { alertLines, blockMessage, type BlockMessage } from "./blocks.ts";
import {
  firingOf,
  groupOf,
  PostedMessages,
  readReference,
  type PostedMessage,
} from "./messages.ts";
import { callSlack, type WebApiOptions } from "./web-api.ts";

type SlackConfig = Integration<"slack">["config"];

/** Why a message can no longer be changed; another one is written then. */
const GONE = /\b(?:message_not_found|cant_update_message|edit_window_closed|channel_not_found)\b/;

/** The default of upstream, which a bot needs a permission of its own for. */
const DEFAULT_USERNAME = '{{ template "slack.default.username" . }}';

export const webApiBase = ({ app_url: appUrl, web_api_url: base }: SlackConfig): string => {
  const url = appUrl === undefined ? base : appUrl.replace(/chat\.postMessage$/, "");
  return url.endsWith("/") ? url : `${url}/`;
};

export const hasBot = (config: SlackConfig): boolean =>
  (config.bot_token ?? config.bot_token_file ?? config.app_token ?? config.app_token_file) !==
  undefined;

/** Whether pressing a button can be heard, unless the configuration says. */
export const hasButtons = (config: SlackConfig): boolean =>
  config.buttons ??
  (config.signing_secret ??
    config.signing_secret_file ??
    config.socket_token ??
    config.socket_token_file) !== undefined;

/** What changed since the message was last written, for its thread. */
function changeText(notification: Notification, before: PostedMessage): string {
  const { alerts } = notification;
  if (before.firing === undefined || notification.status === "resolved") return alertLines(alerts);
  const news = alerts.filter(
    ({ status, fingerprint }) => (status === "firing") !== before.firing?.has(fingerprint),
  );
  return news.length === 0 ? "" : alertLines(news);
}

/** Writes as a bot: one message for each group, which follows the group until it ends. */
export class SlackBot {
  private readonly config: SlackConfig;
  private readonly context: ChannelContext;
  private readonly client: HttpClient;
  private readonly name: string;
  private readonly messages = new PostedMessages();

  constructor(config: SlackConfig, context: ChannelContext, name: string) {
    this.config = config;
    this.context = context;
    this.client = context.client(config.http_config);
    this.name = name;
  }

  messageOf(notification: Notification, templates: ChannelTemplates): BlockMessage {
    return blockMessage(this.config, notification, templates, hasButtons(this.config));
  }

  async send(notification: Notification, signal: AbortSignal): Promise<SendResult> {
    const api = await this.api();
    const message = this.messageOf(notification, forgiving(this.context.templates, notification));
    if (message.isCut || looksCut(JSON.stringify(message))) this.context.shortened?.();
    const key = groupOf(notification);
    const before = this.config.update_message ? await this.known(notification) : undefined;
    if (before) {
      const updated = await this.update(api, before, message, signal);
      if (updated.ok) {
        this.remember(key, notification, before);
        await this.tellThread(api, notification, before, signal);
        return updated;
      }
      if (!GONE.test(updated.error)) return updated;
    }
    const posted = await callSlack(
      api,
      "chat.postMessage",
      this.post(notification, message),
      signal,
    );
    const reference = posted.ok ? readReference(posted.reference) : undefined;
    if (reference) this.remember(key, notification, reference);
    return posted;
  }

  private async api(): Promise<WebApiOptions> {
    const { config, context } = this;
    const token = await readSecret(
      context,
      config.bot_token ?? config.app_token,
      config.bot_token_file ?? config.app_token_file,
    );
    return {
      client: this.client,
      base: webApiBase(config),
      token,
      timeoutMs: config.timeout,
      nowMs: context.now,
    };
  }

  /** The group's message: of memory, or of the notification that was delivered last before a restart. */
  private async known(notification: Notification): Promise<PostedMessage | undefined> {
    const known = this.messages.get(groupOf(notification));
    if (known) return known;
    const delivered = await this.context.latestReference?.(notification, this.name);
    return delivered?.status === "firing" ? readReference(delivered.reference) : undefined;
  }

  private post(notification: Notification, message: BlockMessage): Record<string, unknown> {
    const { config, context } = this;
    const plain = (template: string): string =>
      context.templates.text(template, notification).trim();
    const own = {
      username: config.username === DEFAULT_USERNAME ? "" : plain(config.username),
      icon_emoji: plain(config.icon_emoji),
      icon_url: plain(config.icon_url),
    };
    return {
      channel: plain(config.channel),
      text: message.text,
      attachments: [message.attachment],
      ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== "")),
      link_names: config.link_names,
      unfurl_links: false,
      unfurl_media: false,
    };
  }

  private async update(
    api: WebApiOptions,
    { channel, ts }: PostedMessage,
    { text, attachment }: BlockMessage,
    signal: AbortSignal,
  ): Promise<SendResult> {
    const body = { channel, ts, text, attachments: [attachment] };
    return await callSlack(api, "chat.update", body, signal);
  }

  /** A change of a message makes no sound, its thread does. The message has been told: a failure here is only logged. */
  private async tellThread(
    api: WebApiOptions,
    notification: Notification,
    before: PostedMessage,
    signal: AbortSignal,
  ): Promise<void> {
    if (!this.config.thread_details) return;
    const change = changeText(notification, before);
    // A repetition is there to be seen by those who have not looked.
    const isRepetition = change === "";
    const told = await callSlack(
      api,
      "chat.postMessage",
      {
        channel: before.channel,
        thread_ts: before.ts,
        text: isRepetition ? `Still firing:\n${alertLines(notification.alerts)}` : change,
        ...(isRepetition || notification.status === "resolved" ? { reply_broadcast: true } : {}),
        unfurl_links: false,
      },
      signal,
    );
    if (!told.ok)
      this.context.logger.warn({ channel: this.name, error: told.error }, "no thread was written");
  }

  private remember(key: string, notification: Notification, { channel, ts }: PostedMessage): void {
    if (notification.status === "resolved") this.messages.delete(key);
    else this.messages.set(key, { channel, ts, firing: firingOf(notification) });
  }
}
