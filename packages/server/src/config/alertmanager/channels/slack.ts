import { z } from "zod";

import { url } from "../../fields.ts";
import { commonKeys } from "./common.ts";
import { httpConfig, notBoth } from "./http-config.ts";
import { secret, secretFile, secretUrl, templateText, timeout } from "./keys.ts";

/** A template that must be there. */
const required = (message: string) => z.string().min(1, message).max(65_536);

const field = z.strictObject({
  title: required("missing title in Slack field configuration").describe("What it is called."),
  value: required("missing value in Slack field configuration").describe("What it is."),
  short: z.boolean().optional().describe("Whether it may stand beside another."),
});

const confirm = z.strictObject({
  text: required("missing text in Slack confirmation configuration").describe("The question."),
  title: templateText("").describe("Heading of the question."),
  ok_text: templateText("").describe("What agrees."),
  dismiss_text: templateText("").describe("What declines."),
});

const action = z
  .strictObject({
    type: required("missing type in Slack action configuration").describe("`button`."),
    text: required("missing text in Slack action configuration").describe("What it says."),
    url: templateText("").describe("Where the button leads."),
    style: templateText("").describe("`primary`, `danger` or nothing."),
    name: templateText("").describe("Name that old-style buttons send back."),
    value: templateText("").describe("Value that goes with it."),
    confirm: confirm.optional().describe("Question before the action is taken."),
  })
  .refine(
    ({ url, name }) => url !== "" || name !== "",
    "missing name or url in Slack action configuration",
  );

const texts = {
  channel: templateText("").describe("Channel or user; a template. A bot needs it."),
  username: templateText('{{ template "slack.default.username" . }}').describe(
    "Name of the sender.",
  ),
  color: templateText('{{ if eq .Status "firing" }}danger{{ else }}good{{ end }}').describe(
    "Colour of the message's edge: `good`, `warning`, `danger` or `#rrggbb`.",
  ),
  title: templateText('{{ template "slack.default.title" . }}').describe("Heading; a template."),
  title_link: templateText('{{ template "slack.default.titlelink" . }}').describe(
    "Where the heading leads; a template.",
  ),
  pretext: templateText('{{ template "slack.default.pretext" . }}').describe(
    "Text above all else.",
  ),
  text: templateText('{{ template "slack.default.text" . }}').describe("Body; a template."),
  fallback: templateText('{{ template "slack.default.fallback" . }}').describe(
    "What a notification shows.",
  ),
  callback_id: templateText('{{ template "slack.default.callbackid" . }}').describe(
    "Id that old-style buttons send back.",
  ),
  footer: templateText('{{ template "slack.default.footer" . }}').describe("Small print."),
  icon_emoji: templateText('{{ template "slack.default.iconemoji" . }}').describe(
    "Emoji of the sender, as `:fire:`.",
  ),
  icon_url: templateText('{{ template "slack.default.iconurl" . }}').describe(
    "Picture of the sender.",
  ),
  image_url: templateText("").describe("A picture; a template."),
  thumb_url: templateText("").describe("A small picture; a template."),
};

/** An entry of `slack_configs`. */
export const SlackConfig = z
  .strictObject({
    ...commonKeys(false),
    ...texts,
    fields: z.array(field).max(100).default([]).describe("Facts in a table; templates."),
    short_fields: z
      .boolean()
      .default(false)
      .describe("Whether fields stand side by side when they do not say."),
    link_names: z.boolean().default(false).describe("Whether `@name` and `#channel` are linked."),
    mrkdwn_in: z
      .array(z.string().max(64))
      .max(16)
      .default([])
      .describe("Parts that are formatted; `fallback`, `pretext` and `text` when left out."),
    actions: z.array(action).max(5).default([]).describe("Buttons; templates."),
    api_url: secretUrl().optional().describe("An incoming webhook; its path is a secret."),
    api_url_file: secretFile("that URL"),
    bot_token: secret()
      .optional()
      .describe(
        "Token of a bot (`xoxb-…`): messages are posted by `chat.postMessage` and follow their group.",
      ),
    bot_token_file: secretFile("that token"),
    signing_secret: secret()
      .optional()
      .describe(
        "Secret that Slack signs pressed buttons with, which then go to `/api/v1/slack/actions`.",
      ),
    signing_secret_file: secretFile("that secret"),
    app_token: secret().optional().describe("`bot_token` under the name that Alertmanager has."),
    app_token_file: secretFile("that token"),
    app_url: url("http", "https")
      .optional()
      .describe("Where `chat.postMessage` is, as Alertmanager has it; see `web_api_url`."),
    socket_token: secret()
      .optional()
      .describe(
        "Token of an app (`xapp-…`): pressed buttons come by Socket Mode, which needs no address of ours.",
      ),
    socket_token_file: secretFile("that token"),
    web_api_url: url("http", "https")
      .default("https://slack.com/api/")
      .describe("Where Slack's Web API is."),
    update_message: z
      .boolean()
      .default(true)
      .describe("Whether a bot changes the message of a group rather than write another one."),
    thread_details: z
      .boolean()
      .default(true)
      .describe("Whether a bot answers in the message's thread when alerts come and go."),
    buttons: z
      .boolean()
      .optional()
      .describe(
        "Whether there are buttons to acknowledge, snooze and silence; by default when pressing them can be heard.",
      ),
    http_config: httpConfig(),
    timeout: timeout(),
  })
  .superRefine((config, context) => {
    const secrets = ["api_url", "bot_token", "app_token", "signing_secret", "socket_token"];
    notBoth(config, secrets, context);
    const bot =
      config.bot_token ?? config.bot_token_file ?? config.app_token ?? config.app_token_file;
    if (bot !== undefined && config.channel === "")
      context.addIssue({
        code: "custom",
        path: ["channel"],
        message: "a bot must be told the channel",
      });
  });
