import { z } from "zod";

import { commonKeys } from "./common.ts";
import { httpConfig } from "./http-config.ts";
import { requireOneOf, secretFile, secretUrl, templateText, timeout } from "./keys.ts";

const Field = z.strictObject({
  title: z.string().min(1).max(65_536).describe("Name of the field."),
  value: z.string().min(1).max(65_536).describe("Text of the field."),
  short: z.boolean().default(false).describe("Whether another field fits beside it."),
});

/** What an attachment consists of; every text is a template. */
const attachmentKeys = (title: string, titleLink: string, text: string, color: string) => ({
  fallback: templateText(title).describe("Text for clients that cannot show attachments."),
  color: templateText(color).describe("Colour of the bar beside it, such as `#d00000`."),
  pretext: templateText("").describe("Text above it."),
  author_name: templateText("").describe("Name of an author."),
  author_link: templateText("").describe("Where a click on the author leads."),
  author_icon: templateText("").describe("Picture of the author."),
  title: templateText(title).describe("Title."),
  title_link: templateText(titleLink).describe("Where a click on the title leads."),
  text: templateText(text).describe("Text; 16,383 characters are shown."),
  fields: z.array(Field).max(32).default([]).describe("Fields below the text."),
  thumb_url: templateText("").describe("Small picture."),
  image_url: templateText("").describe("Picture."),
  footer: templateText("").describe("Text below everything."),
  footer_icon: templateText("").describe("Picture beside that text."),
});

const Priority = z.strictObject({
  priority: templateText("").describe("`standard`, `important` or `urgent`."),
  requested_ack: z.boolean().default(false).describe("Whether people are asked to acknowledge."),
  persistent_notifications: z
    .boolean()
    .default(false)
    .describe("Whether an urgent message is repeated until somebody answers."),
});

/** An entry of `mattermost_configs`. */
export const MattermostConfig = z
  .strictObject({
    ...commonKeys(true),
    webhook_url: secretUrl().optional().describe("URL of the incoming webhook."),
    webhook_url_file: secretFile("that URL"),
    channel: templateText("").describe(
      "Channel instead of the webhook's own; `@name` is a person.",
    ),
    username: templateText("").describe("Name that the message is shown under."),
    icon_url: templateText("").describe("Picture beside that name."),
    icon_emoji: templateText("").describe("Emoji instead of that picture."),
    type: z
      .string()
      .regex(/^(?:custom_\w{1,20})?$/, "expected a type that starts with custom_")
      .default("")
      .describe("Type of the post, for plugins."),
    props: z
      .strictObject({ card: templateText("").describe("Text of the card beside the post.") })
      .optional()
      .describe("Properties of the post."),
    priority: Priority.optional().describe("How urgent the message is shown."),
    ...attachmentKeys(
      '{{ template "mattermost.default.title" . }}',
      '{{ template "mattermost.default.titlelink" . }}',
      '{{ template "mattermost.default.text" . }}',
      '{{ if eq .Status "firing" }}#d00000{{ else }}#2eb886{{ end }}',
    ),
    attachments: z
      .array(z.strictObject(attachmentKeys("", "", "", "")))
      .max(10)
      .default([])
      .describe("Attachments instead of the one that the keys above describe."),
    http_config: httpConfig(),
    timeout: timeout(),
  })
  .superRefine((value, context) =>
    requireOneOf(value, ["webhook_url", "webhook_url_file"], context),
  );
