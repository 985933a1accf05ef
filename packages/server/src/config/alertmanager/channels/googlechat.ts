import { z } from "zod";

import { commonKeys } from "./common.ts";
import { httpConfig } from "./http-config.ts";
import { requireOneOf, secretFile, secretUrl, templateText, timeout } from "./keys.ts";

/** An entry of `googlechat_configs`. */
export const GoogleChatConfig = z
  .strictObject({
    ...commonKeys(true),
    url: secretUrl().optional().describe("URL of the space's webhook, with `key` and `token`."),
    url_file: secretFile("that URL"),
    title: templateText('{{ template "discord.default.title" . }}').describe(
      "Title of the card; 200 characters are shown.",
    ),
    message: templateText('{{ template "discord.default.message" . }}').describe(
      "Text of the card; what fits into Google's 32,000 bytes is shown.",
    ),
    threading: z
      .boolean()
      .default(true)
      .describe("Whether all messages about one group of alerts stand in one thread."),
    thread_key: templateText("").describe("Name of that thread; made from the group when empty."),
    http_config: httpConfig(),
    timeout: timeout(),
  })
  .superRefine((value, context) => requireOneOf(value, ["url", "url_file"], context));
