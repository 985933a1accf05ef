import { badRequest } from "#lib";

import type { ChannelContext, Integration, NotificationChannel } from "../channel.ts";
import { jsonOf, readSecret, secretForms, urlSecrets } from "../exchange.ts";
import { httpChannel } from "../http-channel.ts";
import { previewOf } from "../preview.ts";
import { bodyOf, messageOf } from "./message.ts";

/** Where a topic's server takes messages, and what the topic is called there. */
function splitTopic(url: string): { server: string; topic: string } {
  const parsed = URL.parse(url);
  const [, path = "", name = ""] = /^(.*\/)([^/]+)$/.exec(parsed?.pathname ?? "") ?? [];
  if (parsed === null || name === "") throw badRequest("ntfy: expected the URL of a topic");
  parsed.pathname = path;
  parsed.search = "";
  parsed.hash = "";
  return { server: parsed.href, topic: decodeURIComponent(name) };
}

/** Sends each notification to a topic of ntfy, with a priority that follows from how bad things are. */
export function createNtfy(
  integration: Integration<"ntfy">,
  context: ChannelContext,
): NotificationChannel {
  const { config } = integration;
  const { token, token_file, username, password, password_file } = config;
  const hasToken = token !== undefined || token_file !== undefined;
  /** Without signing in, the name of a topic is all that somebody has to know. */
  const isTopicSecret = !hasToken && username === undefined;

  const authorization = async (): Promise<{ header?: string; secrets: string[] }> => {
    if (hasToken) {
      const bearer = await readSecret(context, token, token_file);
      return { header: `Bearer ${bearer}`, secrets: secretForms(bearer) };
    }
    if (username === undefined) return { secrets: [] };
    const secret = await readSecret(context, password, password_file);
    const pair = `${username}:${secret}`;
    return {
      header: `Basic ${Buffer.from(pair).toString("base64")}`,
      secrets: secretForms(pair, secret),
    };
  };

  const targetOf = (url: string): string => {
    const { host } = new URL(url);
    return isTopicSecret ? `${host}/…` : `${host}/${splitTopic(url).topic}`;
  };

  return httpChannel(integration, context, {
    target: config.url === undefined ? `the URL in ${config.url_file}` : targetOf(config.url),
    async message(notification, texts) {
      const url = await readSecret(context, config.url, config.url_file);
      const { server, topic } = splitTopic(url);
      const { header, secrets } = await authorization();
      const { icon, markdown } = config;
      const message = messageOf(config, texts, notification);
      return {
        url: server,
        ...(header === undefined ? {} : { headers: { Authorization: header } }),
        secrets: [...urlSecrets(url), ...(isTopicSecret ? [topic] : []), ...secrets],
        body: bodyOf({ topic, ...message, ...(markdown ? { markdown } : {}), icon }),
        explain: (answer) => {
          const { error } = jsonOf(answer);
          return typeof error === "string" ? error : answer.body.toString("utf8");
        },
        refine(answer, result) {
          const { id } = jsonOf(answer);
          return result.ok && typeof id === "string" ? { ...result, reference: id } : result;
        },
      };
    },
    preview(notification, texts) {
      const { title, message, priority, tags, click, actions } = messageOf(
        config,
        texts,
        notification,
      );
      return previewOf([title, message], {
        Priority: priority,
        Tags: tags.join(", "),
        Click: click,
        Actions: actions.map(({ label, url }) => `${label} (${url})`).join(", "),
      });
    },
  });
}
