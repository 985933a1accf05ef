import type { ChannelContext, Integration, NotificationChannel } from "../channel.ts";
import { jsonOf, readSecret, urlSecrets } from "../exchange.ts";
import { httpChannel } from "../http-channel.ts";
import { previewOf } from "../preview.ts";
import type { Texts } from "../texts.ts";

type MattermostConfig = Integration<"mattermost">["config"];
type AttachmentConfig = MattermostConfig["attachments"][number];
type Field = AttachmentConfig["fields"][number];

const MAX_TEXT = 16_383;
const MAX_LINE = 300;
const MAX_FIELD = 2000;
const MAX_NAME = 64;

/** All attachments together; they are kept in one column beside the post. */
const MAX_ATTACHMENT_BYTES = 200_000;

const PRIORITIES: ReadonlySet<string> = new Set(["standard", "important", "urgent"]);

/** Without what is empty. */
const given = <T extends object>(values: T): Partial<T> =>
  Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== ""),
  ) as Partial<T>;

const fieldOf = ({ title, value, short }: Field, texts: Texts) => ({
  title: texts.markdownLine(title, "mattermost", MAX_LINE),
  value: texts.markdown(value, "mattermost", MAX_FIELD),
  short,
});

function attachmentOf(config: AttachmentConfig, texts: Texts) {
  const link = (template: string): string | undefined => texts.url(template);
  return given({
    fallback: texts.line(config.fallback, MAX_LINE),
    color: texts.line(config.color, MAX_NAME),
    pretext: texts.markdown(config.pretext, "mattermost", MAX_FIELD),
    author_name: texts.line(config.author_name, MAX_LINE),
    author_link: link(config.author_link),
    author_icon: link(config.author_icon),
    title: texts.markdownLine(config.title, "mattermost", MAX_LINE),
    title_link: link(config.title_link),
    text: texts.markdown(config.text, "mattermost", MAX_TEXT),
    fields: config.fields.length === 0 ? undefined : config.fields.map((f) => fieldOf(f, texts)),
    thumb_url: link(config.thumb_url),
    image_url: link(config.image_url),
    footer: texts.line(config.footer, MAX_LINE),
    footer_icon: link(config.footer_icon),
  });
}

/** What Mattermost would refuse is left out: to acknowledge takes an important message, to repeat an urgent one. */
function priorityOf(config: MattermostConfig["priority"], texts: Texts) {
  const word = texts.line(config?.priority ?? "").toLowerCase();
  if (config === undefined || word === "") return undefined;
  const priority = PRIORITIES.has(word) ? word : "standard";
  return {
    priority,
    requested_ack: config.requested_ack && priority !== "standard",
    persistent_notifications: config.persistent_notifications && priority === "urgent",
  };
}

/** What is posted; attachments that are too long together lose their fields, and then the last of them go. */
function postOf(config: MattermostConfig, texts: Texts) {
  const own = config.attachments.length > 0;
  let attachments = (own ? config.attachments : [config]).map((each) => attachmentOf(each, texts));
  const isTooLong = (): boolean =>
    Buffer.byteLength(JSON.stringify(attachments)) > MAX_ATTACHMENT_BYTES;
  if (isTooLong()) attachments = attachments.map(({ fields: _fields, ...rest }) => rest);
  while (attachments.length > 1 && isTooLong()) attachments.pop();
  return {
    ...given({
      text: own ? texts.markdown(config.text, "mattermost", MAX_TEXT) : "",
      channel: texts.line(config.channel, MAX_NAME),
      username: texts.line(config.username, MAX_NAME),
      icon_url: texts.url(config.icon_url),
      icon_emoji: texts.line(config.icon_emoji, MAX_NAME),
      type: config.type,
      priority: priorityOf(config.priority, texts),
      props: config.props && { card: texts.markdown(config.props.card, "mattermost", MAX_TEXT) },
    }),
    attachments,
  };
}

/** Only where the hooks of a server are: who has the rest of the URL may write. */
const targetOf = (url: string): string => `${new URL(url).host}/…`;

/** Posts each notification to an incoming webhook of Mattermost. */
export function createMattermost(
  integration: Integration<"mattermost">,
  context: ChannelContext,
): NotificationChannel {
  const { config } = integration;
  const target =
    config.webhook_url === undefined
      ? `the URL in ${config.webhook_url_file}`
      : targetOf(config.webhook_url);
  return httpChannel(integration, context, {
    target: config.channel === "" ? target : `${target} ${config.channel}`,
    async message(_notification, texts) {
      const url = await readSecret(context, config.webhook_url, config.webhook_url_file);
      return {
        url,
        secrets: urlSecrets(url),
        body: JSON.stringify(postOf(config, texts)),
        explain: (answer) => {
          const { message } = jsonOf(answer);
          return typeof message === "string" ? message : answer.body.toString("utf8");
        },
      };
    },
    preview(_notification, texts) {
      const { text = "", priority, attachments } = postOf(config, texts);
      const parts = attachments.flatMap(({ pretext, title, text: body, fields, footer }) => [
        pretext ?? "",
        title ?? "",
        body ?? "",
        ...(fields ?? []).map((field) => `${field.title}: ${field.value}`),
        footer ?? "",
      ]);
      return previewOf([text, ...parts], { Priority: priority?.priority });
    },
  });
}
