import {
  channelBasics,
  type ChannelContext,
  type Integration,
  type NotificationChannel,
} from "../channel.ts";
import { exchange, readSecret, urlSecrets } from "../exchange.ts";
import { forgiving, looksCut } from "../forgiving.ts";
import { judgeError } from "../http.ts";
import { previewOf } from "../preview.ts";
import { webhookMessage } from "./attachment.ts";
import { hasBot, SlackBot, webApiBase } from "./bot.ts";
import { judgeSlack } from "./web-api.ts";

function createBot(
  integration: Integration<"slack">,
  context: ChannelContext,
): NotificationChannel {
  const { config } = integration;
  const basics = channelBasics(integration, context.receiver);
  const bot = new SlackBot(config, context, basics.name);
  return {
    ...basics,
    target: `${config.channel} by ${new URL(webApiBase(config)).host}`,
    async send(notification, signal) {
      try {
        return await bot.send(notification, signal);
      } catch (error) {
        return judgeError(error);
      }
    },
    preview: async (notification) => {
      const { text, attachment } = bot.messageOf(notification, context.templates);
      return await Promise.resolve(previewOf([text, JSON.stringify(attachment, null, 2)]));
    },
  };
}

/** The path of an incoming webhook is its secret. */
const targetOf = (url: string, channel: string): string =>
  `${channel === "" ? "" : `${channel} by `}${new URL(url).host}/…`;

/** Posts each notification to an incoming webhook of Slack, or as a bot. */
export function createSlack(
  integration: Integration<"slack">,
  context: ChannelContext,
): NotificationChannel {
  const { config } = integration;
  if (hasBot(config)) return createBot(integration, context);
  const client = context.client(config.http_config);
  return {
    ...channelBasics(integration, context.receiver),
    target:
      config.api_url === undefined
        ? `the URL in ${config.api_url_file}`
        : targetOf(config.api_url, config.channel),
    async send(notification, signal) {
      try {
        const url = await readSecret(context, config.api_url, config.api_url_file);
        const templates = forgiving(context.templates, notification);
        const body = JSON.stringify(webhookMessage(config, notification, templates));
        if (looksCut(body)) context.shortened?.();
        return await exchange(client, url, {
          headers: { "Content-Type": "application/json" },
          body,
          timeoutMs: config.timeout,
          followRedirects: config.http_config?.follow_redirects ?? false,
          signal,
          nowMs: context.now,
          secrets: urlSecrets(url),
          refine: judgeSlack,
        });
      } catch (error) {
        return judgeError(error);
      }
    },
    preview: async (notification) =>
      await Promise.resolve(
        JSON.stringify(webhookMessage(config, notification, context.templates), null, 2),
      ),
  };
}
