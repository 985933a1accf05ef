import { z } from "zod";

import { url } from "../../fields.ts";
import { commonKeys } from "./common.ts";
import { httpConfig } from "./http-config.ts";
import { requireOneOf, secret, secretFile, secretUrl, templateText, timeout } from "./keys.ts";

/** Buttons that ntfy shows below a message. */
const MAX_ACTIONS = 3;

const Action = z.strictObject({
  action: z
    .enum(["view", "http"])
    .default("view")
    .describe("`view` opens the URL, `http` sends a request to it."),
  label: templateText("").describe("Text of the button."),
  url: templateText("").describe("Where it goes."),
  method: z.enum(["GET", "POST", "PUT"]).default("POST").describe("Method of that request."),
  headers: z
    .record(z.string().regex(/^[\w-]{1,128}$/), z.string().max(4096).meta({ isSecret: true }))
    .default({})
    .describe("Headers of that request. They travel to the phone: give them little power."),
  body: templateText("").describe("Body of that request."),
  clear: z.boolean().default(false).describe("Whether the message is dismissed afterwards."),
});

/** An entry of `ntfy_configs`. */
export const NtfyConfig = z
  .strictObject({
    ...commonKeys(true),
    url: secretUrl()
      .refine(
        (text) => !URL.canParse(text) || /[^/]$/.test(new URL(text).pathname),
        "expected the URL of a topic such as https://ntfy.sh/topic",
      )
      .optional()
      .describe("The topic: server and name, such as `https://ntfy.sh/topic`."),
    url_file: secretFile("that URL"),
    token: secret().optional().describe("Access token."),
    token_file: secretFile("that token"),
    username: z.string().min(1).max(1024).optional().describe("Name to sign in with."),
    password: secret().optional().describe("Password to sign in with."),
    password_file: secretFile("that password"),
    title: templateText('{{ template "pushover.default.title" . }}').describe("Title."),
    message: templateText('{{ template "pushover.default.message" . }}').describe(
      "Text; 4096 bytes are shown.",
    ),
    priority: templateText("").describe(
      "1 (quiet) to 5 (loudest); by the worst `severity` when left out, and 2 when all is resolved.",
    ),
    tags: z
      .array(templateText(""))
      .max(16)
      .optional()
      .describe("Tags, shown as emoji where one has that name; by the status when left out."),
    click: templateText('{{ template "pushover.default.url" . }}').describe(
      "URL that a tap on the message opens.",
    ),
    icon: url("http", "https").optional().describe("Picture beside the message."),
    markdown: z.boolean().default(false).describe("Whether `message` is Markdown."),
    actions: z.array(Action).max(MAX_ACTIONS).default([]).describe("Buttons below the message."),
    http_config: httpConfig(),
    timeout: timeout(),
  })
  .superRefine((value, context) => {
    requireOneOf(value, ["url", "url_file"], context);
    const refuse = (path: string, message: string) =>
      context.addIssue({ code: "custom", path: [path], message });
    const hasToken = value.token !== undefined || value.token_file !== undefined;
    const hasPassword = value.password !== undefined || value.password_file !== undefined;
    if (hasToken) requireOneOf(value, ["token", "token_file"], context);
    if (hasPassword) requireOneOf(value, ["password", "password_file"], context);
    if (hasToken && value.username !== undefined)
      refuse("username", "at most one of token & username must be configured");
    if (hasPassword !== (value.username !== undefined))
      refuse("username", "username and password must be configured together");
  });
