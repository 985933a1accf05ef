import type { ChannelTemplates, Integration, Notification } from "../channel.ts";
import { webUrl } from "../links.ts";
import { expanderOf, fitSlack, fitSlackLine } from "./text.ts";

type SlackConfig = Integration<"slack">["config"];

/** Limits of Slack, in characters. */
const MAX_TITLE = 1024;
const MAX_TEXT = 8000;

const DEFAULT_MARKUP = ["fallback", "pretext", "text"];

const filled = (value: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(value).filter(([, one]) => one !== "" && one !== undefined && one !== false),
  );

/** A message as incoming webhooks take it, and as Alertmanager posts it. @throws FleetlightError */
export function webhookMessage(
  config: SlackConfig,
  notification: Notification,
  templates: ChannelTemplates,
): Record<string, unknown> {
  const expand = expanderOf(templates, notification);
  const plain = (template: string): string => templates.text(template, notification);
  const link = (template: string): string | undefined => webUrl(plain(template));
  const fields = config.fields.map(({ title, value, short = config.short_fields }) => ({
    title: fitSlackLine(expand(title), MAX_TITLE),
    value: fitSlack(expand(value), MAX_TEXT),
    short,
  }));
  const actions = config.actions.map(({ confirm, ...action }) =>
    filled({
      type: plain(action.type),
      text: expand(action.text),
      style: plain(action.style),
      ...(action.url === ""
        ? {
            name: plain(action.name),
            value: plain(action.value),
            confirm: confirm && {
              text: expand(confirm.text),
              ...filled({
                title: expand(confirm.title),
                ok_text: expand(confirm.ok_text),
                dismiss_text: expand(confirm.dismiss_text),
              }),
            },
          }
        : { url: link(action.url) }),
    }),
  );
  const attachment = {
    title: fitSlackLine(expand(config.title), MAX_TITLE),
    ...filled({
      title_link: link(config.title_link),
      pretext: fitSlack(expand(config.pretext), MAX_TEXT),
      image_url: link(config.image_url),
      thumb_url: link(config.thumb_url),
      color: plain(config.color),
    }),
    text: fitSlack(expand(config.text), MAX_TEXT),
    fallback: fitSlackLine(expand(config.fallback), MAX_TEXT),
    callback_id: plain(config.callback_id),
    footer: expand(config.footer),
    ...(fields.length > 0 ? { fields } : {}),
    ...(actions.length > 0 ? { actions } : {}),
    mrkdwn_in: config.mrkdwn_in.length > 0 ? config.mrkdwn_in : DEFAULT_MARKUP,
  };
  return {
    ...filled({
      channel: plain(config.channel),
      username: plain(config.username),
      icon_emoji: plain(config.icon_emoji),
      icon_url: link(config.icon_url),
      link_names: config.link_names,
    }),
    attachments: [attachment],
  };
}
