import type { ChannelContext, Integration, Notification, NotificationChannel } from "../channel.ts";
import { jsonOf, readSecret, urlSecrets, waitOf } from "../exchange.ts";
import { httpChannel } from "../http-channel.ts";
import { previewOf } from "../preview.ts";
import { colourOf } from "../severity.ts";
import type { Texts } from "../texts.ts";

const MAX_CONTENT = 2000;
const MAX_TITLE = 256;
const MAX_DESCRIPTION = 4096;
const MAX_USERNAME = 80;

/** Ids that Discord lets one message name. */
const MAX_MENTIONS = 100;

/**
 * Who may be notified: whom the author of the template names. Without this a label with `@everyone` in it would call
 * everybody.
 */
function mentionsOf(template: string): { parse: string[]; users: string[]; roles: string[] } {
  const ids = (pattern: RegExp): string[] =>
    [...new Set([...template.matchAll(pattern)].map(([, id = ""]) => id))].slice(0, MAX_MENTIONS);
  return {
    parse: /@(?:everyone|here)\b/.test(template) ? ["everyone"] : [],
    users: ids(/<@!?(\d{1,20})>/g),
    roles: ids(/<@&(\d{1,20})>/g),
  };
}

/** Only the number of the webhook: who has the rest of the URL may write to the channel. */
function targetOf(url: string): string {
  const { host, pathname } = new URL(url);
  const [path = ""] = /^.*\/webhooks\/\d+/.exec(pathname) ?? [];
  return `${host}${path}/…`;
}

/** What is asked of the webhook: the message that was made, which tells its id. */
function withWait(url: string): string {
  const parsed = new URL(url);
  parsed.searchParams.set("wait", "true");
  return parsed.href;
}

function embedOf({ config }: Integration<"discord">, texts: Texts, notification: Notification) {
  const description = texts.markdown(config.message, "discord", MAX_DESCRIPTION);
  return {
    content: texts.markdown(config.content, "discord", MAX_CONTENT),
    username: texts.line(config.username, MAX_USERNAME),
    embed: {
      title: texts.markdownLine(config.title, "discord", MAX_TITLE),
      description: description === "" ? "(no details)" : description,
      url: notification.externalUrl,
      color: colourOf(notification),
      timestamp: new Date(notification.createdAtMs).toISOString(),
    },
  };
}

/** Posts each notification to a webhook of Discord, as a text with an embed. */
export function createDiscord(
  integration: Integration<"discord">,
  context: ChannelContext,
): NotificationChannel {
  const { config } = integration;
  return httpChannel(integration, context, {
    target:
      config.webhook_url === undefined
        ? `the URL in ${config.webhook_url_file}`
        : targetOf(config.webhook_url),
    async message(notification, texts) {
      const url = await readSecret(context, config.webhook_url, config.webhook_url_file);
      const { content, username, embed } = embedOf(integration, texts, notification);
      return {
        url: withWait(url),
        secrets: urlSecrets(url),
        body: JSON.stringify({
          ...(content === "" ? {} : { content }),
          ...(username === "" ? {} : { username }),
          ...(config.avatar_url === undefined ? {} : { avatar_url: config.avatar_url }),
          embeds: [embed],
          allowed_mentions: mentionsOf(config.content),
        }),
        refine(answer, result) {
          const { id, retry_after } = jsonOf(answer);
          if (result.ok) return typeof id === "string" ? { ...result, reference: id } : result;
          return { ...result, retryAfterMs: waitOf(retry_after, 1000) ?? result.retryAfterMs };
        },
      };
    },
    preview(notification, texts) {
      const { content, embed } = embedOf(integration, texts, notification);
      return previewOf([content, embed.title, embed.description]);
    },
  });
}
