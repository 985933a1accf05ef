import { z } from "zod";

import { duration, url } from "../../fields.ts";
import { commonKeys } from "./common.ts";
import { httpConfig } from "./http-config.ts";
import { requireOneOf, secret, secretFile, templateText, timeout } from "./keys.ts";

/** An entry of `pushover_configs`. */
export const PushoverConfig = z
  .strictObject({
    ...commonKeys(true),
    api_url: url("http", "https")
      .default("https://api.pushover.net/1/messages.json")
      .describe("Address that messages are posted to."),
    user_key: secret().optional().describe("Key of the person or group that is told."),
    user_key_file: secretFile("that key"),
    token: secret().optional().describe("Token of the application."),
    token_file: secretFile("that token"),
    title: templateText('{{ template "pushover.default.title" . }}').describe(
      "Title; 250 characters are shown.",
    ),
    message: templateText('{{ template "pushover.default.message" . }}').describe(
      "Text; 1024 characters are shown.",
    ),
    url: templateText('{{ template "pushover.default.url" . }}').describe("Link below the text."),
    url_title: templateText("").describe("Text of that link."),
    device: templateText("").describe("Device that is told; every device when empty."),
    sound: templateText("").describe("Sound; the person's own choice when empty."),
    priority: templateText('{{ if eq .Status "firing" }}2{{ else }}0{{ end }}').describe(
      "-2 (silent) to 2, which is repeated until somebody acknowledges it.",
    ),
    retry: duration({ max: "3h" })
      .prefault("1m")
      .describe("How often priority 2 is repeated; Pushover takes 30 s at least."),
    expire: duration({ max: "1d" })
      .prefault("1h")
      .describe("How long priority 2 is repeated; Pushover takes 3 h at most."),
    ttl: duration({ max: "1y" })
      .prefault("0s")
      .describe("Time after which the message vanishes from the device; 0 keeps it."),
    html: z.boolean().default(false).describe("Whether `message` is HTML."),
    monospace: z.boolean().default(false).describe("Whether letters have the same width."),
    http_config: httpConfig(),
    timeout: timeout(),
  })
  .superRefine((value, context) => {
    requireOneOf(value, ["user_key", "user_key_file"], context);
    requireOneOf(value, ["token", "token_file"], context);
    if (value.html && value.monospace)
      context.addIssue({
        code: "custom",
        path: ["monospace"],
        message: "at most one of monospace & html must be configured",
      });
  });
