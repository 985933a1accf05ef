import { z } from "zod";

import { url } from "../../fields.ts";
import { commonKeys } from "./common.ts";
import { httpConfig } from "./http-config.ts";
import { requireOneOf, secretFile, secretUrl, templateText, timeout } from "./keys.ts";

/** An entry of `discord_configs`. */
export const DiscordConfig = z
  .strictObject({
    ...commonKeys(true),
    webhook_url: secretUrl().optional().describe("URL of the channel's webhook."),
    webhook_url_file: secretFile("that URL"),
    title: templateText('{{ template "discord.default.title" . }}').describe(
      "Title of the embed; 256 characters are shown.",
    ),
    message: templateText('{{ template "discord.default.message" . }}').describe(
      "Text of the embed; 4096 characters are shown.",
    ),
    content: templateText("").describe(
      "Text above the embed; 2000 characters are shown. People and roles are only notified when the template itself names them.",
    ),
    username: templateText("").describe("Name that the message is shown under."),
    avatar_url: url("http", "https").optional().describe("Picture beside that name."),
    http_config: httpConfig(),
    timeout: timeout(),
  })
  .superRefine((value, context) =>
    requireOneOf(value, ["webhook_url", "webhook_url_file"], context),
  );
