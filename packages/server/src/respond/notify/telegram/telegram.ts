import { badRequest } from "#lib";

import {
  channelBasics,
  type ChannelContext,
  type Integration,
  type Notification,
  type NotificationChannel,
  type SendResult,
} from "../channel.ts";
import { exchange, jsonOf, readSecret, secretForms, waitOf } from "../exchange.ts";
import { requestOptions, textsToSend, textsToShow } from "../http-channel.ts";
import { judgeError } from "../http.ts";
import { messageOf, plainOf, type TelegramText } from "./text.ts";

const TOKEN = /^[\w:-]{1,256}(?:\/test)?$/;
const CHAT = /^(?:-?\d{1,19}|@[a-zA-Z]\w{3,31})$/;

/** What Telegram says of text that it cannot read as HTML or Markdown. */
const UNREADABLE = /can't parse entities|can't find end of|unsupported start tag/i;

interface Chat {
  url: string;
  id: string;
  secrets: string[];
}

interface Asked {
  result: SendResult;
  /** The chat that a group has become. */
  moved: string | undefined;
}

const asId = (value: unknown): string | undefined =>
  typeof value === "number" || typeof value === "string" ? String(value) : undefined;

async function chatOf({ config }: Integration<"telegram">, context: ChannelContext): Promise<Chat> {
  const token = await readSecret(context, config.bot_token, config.bot_token_file);
  if (!TOKEN.test(token)) throw badRequest("the bot token holds characters that no token has");
  const id =
    config.chat_id === undefined
      ? await readSecret(context, undefined, config.chat_id_file)
      : String(config.chat_id);
  if (!CHAT.test(id)) throw badRequest("the chat is neither a number nor @name");
  const url = `${config.api_url.replace(/\/+$/, "")}/bot${token}/sendMessage`;
  return { url, id, secrets: secretForms(token, token.split(":")[1]) };
}

const bodyOf = (
  { config }: Integration<"telegram">,
  chatId: string,
  { text, parseMode }: TelegramText,
): string =>
  JSON.stringify({
    chat_id: chatId,
    text,
    ...(parseMode === undefined ? {} : { parse_mode: parseMode }),
    ...(config.message_thread_id === 0 ? {} : { message_thread_id: config.message_thread_id }),
    ...(config.disable_notifications ? { disable_notification: true } : {}),
    link_preview_options: { is_disabled: true },
  });

/** Sends each notification as a message of a bot. */
export function createTelegram(
  integration: Integration<"telegram">,
  context: ChannelContext,
): NotificationChannel {
  const { config } = integration;
  const client = context.client(config.http_config);

  const ask = async (chat: Chat, text: TelegramText, signal: AbortSignal): Promise<Asked> => {
    let moved: string | undefined;
    const result = await exchange(client, chat.url, {
      ...requestOptions(integration, context, signal),
      headers: { "Content-Type": "application/json" },
      body: bodyOf(integration, chat.id, text),
      secrets: chat.secrets,
      explain: (answer) => {
        const { description } = jsonOf(answer);
        return typeof description === "string" ? description : answer.body.toString("utf8");
      },
      refine(answer, found): SendResult {
        const { result: message, parameters } = jsonOf(answer) as {
          result?: { message_id?: unknown } | null;
          parameters?: { retry_after?: unknown; migrate_to_chat_id?: unknown } | null;
        };
        if (found.ok) {
          const id = asId(message?.message_id);
          return id === undefined ? found : { ...found, reference: id };
        }
        moved = asId(parameters?.migrate_to_chat_id);
        const wait = waitOf(parameters?.retry_after, 1000);
        return { ...found, retryAfterMs: wait ?? found.retryAfterMs };
      },
    });
    return { result, moved };
  };

  const send = async (notification: Notification, signal: AbortSignal): Promise<SendResult> => {
    const texts = textsToSend(context, notification);
    const message = messageOf(config, texts);
    if (texts.isShortened) context.shortened?.();
    let chat = await chatOf(integration, context);
    let { result, moved } = await ask(chat, message, signal);
    if (!result.ok && moved !== undefined && CHAT.test(moved)) {
      chat = { ...chat, id: moved };
      ({ result } = await ask(chat, message, signal));
    }
    if (result.ok || message.parseMode === undefined || !UNREADABLE.test(result.error))
      return result;
    // Better without its format than not at all: somebody is waiting for this alert.
    return (await ask(chat, plainOf(config, texts), signal)).result;
  };

  const chatName = config.chat_id ?? `the chat in ${config.chat_id_file}`;
  return {
    ...channelBasics(integration, context.receiver),
    target: `${new URL(config.api_url).host} ${chatName}`,
    async send(notification, signal) {
      try {
        return await send(notification, signal);
      } catch (error) {
        return judgeError(error);
      }
    },
    preview: async (notification) => messageOf(config, textsToShow(context, notification)).text,
  };
}
