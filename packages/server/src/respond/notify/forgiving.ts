import type { ChannelTemplates, Notification } from "./channel.ts";
import { escapeHtml } from "./fit-text.ts";
import { withShortValues } from "./short-values.ts";
import { isTemplateFault, withoutTemplate } from "./texts.ts";

/** Characters of one text of a message beyond which no service shows it; a channel's own limits are lower. */
const MAX_TEXT = 200_000;

/** The expansion ends somewhere behind the limit. */
const cut = (text: string): string =>
  text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT).replace(/[\uD800-\uDBFF]$/, "")}…` : text;

/**
 * Templates of one notification for whoever waits for an alert: where one is wrong the text says so and has the labels.
 * Who tests a channel is shown the error instead.
 */
export function forgiving(
  templates: ChannelTemplates,
  notification: Notification,
): ChannelTemplates {
  if (notification.reason === "test") return templates;
  const short = withShortValues(notification);
  const mend = (expand: () => string, escape: (text: string) => string): string => {
    try {
      return expand();
    } catch (error) {
      if (!isTemplateFault(error)) throw error;
      return escape(withoutTemplate(short, error));
    }
  };
  return {
    text: (template) =>
      mend(
        () => cut(templates.text(template, short, MAX_TEXT)),
        (text) => text,
      ),
    html: (template) =>
      mend(
        () => templates.html(template, short, MAX_TEXT),
        (text) => escapeHtml(text).replaceAll("\n", "<br>"),
      ),
    escaped: (template, _notification, escape) =>
      mend(() => cut(templates.escaped(template, short, escape, MAX_TEXT)), escape),
  };
}

/** Whether a text of a message in JSON ends with the sign of a cut. Only counted, so it may be the sender's own. */
export const looksCut = (json: string): boolean => json.includes('…"');
