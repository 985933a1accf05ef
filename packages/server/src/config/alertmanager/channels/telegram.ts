import { z } from "zod";

import { duration, file, url } from "../../fields.ts";
import { commonKeys } from "./common.ts";
import { httpConfig } from "./http-config.ts";
import { requireOneOf, secret, secretFile, templateText } from "./keys.ts";

/** A number, negative for groups, or the public name of a channel or group. */
const CHAT_ID = /^(?:-?\d{1,19}|@[a-zA-Z]\w{3,31})$/;
const CHAT_EXPECTED = "expected a chat: its number, or @name of a public one";

/** An entry of `telegram_configs`. */
export const TelegramConfig = z
  .strictObject({
    ...commonKeys(true),
    api_url: url("http", "https")
      .default("https://api.telegram.org")
      .describe("Address of the Bot API."),
    bot_token: secret().optional().describe("Token of the bot."),
    bot_token_file: secretFile("that token"),
    chat_id: z
      .union([z.int(), z.string()], CHAT_EXPECTED)
      .refine((chat) => chat !== 0 && CHAT_ID.test(String(chat)), CHAT_EXPECTED)
      .optional()
      .describe("Chat that is told: its number, or `@name` of a public one."),
    chat_id_file: file().optional().describe("File with that chat, read at each attempt."),
    message_thread_id: z
      .int()
      .min(0)
      .default(0)
      .describe("Topic of a forum that the message goes to; 0 is none."),
    message: templateText('{{ template "telegram.default.message" . }}').describe(
      "Text of the message; 4096 characters are shown.",
    ),
    parse_mode: z
      .enum(["HTML", "MarkdownV2", "Markdown", "none", ""])
      .default("HTML")
      .describe("Language of `message`; what templates insert is escaped for it. `none` is text."),
    disable_notifications: z
      .boolean()
      .default(false)
      .describe("Whether the message comes without a sound."),
    http_config: httpConfig(),
    timeout: duration({ min: "0s", max: "10m" })
      .prefault("10s")
      .describe("How long Telegram may take to answer; 0 is the most, ten minutes."),
  })
  .superRefine((value, context) => {
    requireOneOf(value, ["bot_token", "bot_token_file"], context);
    requireOneOf(value, ["chat_id", "chat_id_file"], context);
  });
