import type { OutboundAnswer } from "#lib";

import {
  channelBasics,
  type ChannelContext,
  type ChannelTemplates,
  type Integration,
  type Notification,
  type NotificationChannel,
  type SendResult,
} from "../channel.ts";
import { exchange, readSecret, urlSecrets } from "../exchange.ts";
import { forgiving, looksCut } from "../forgiving.ts";
import { hideSecrets, judgeError, quoteAnswer } from "../http.ts";
import { previewOf } from "../preview.ts";
import { adaptiveCard, messageCard, type Card } from "./cards.ts";

const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429]);

/** A webhook's path is its secret. */
const targetOf = (url: string): string => `${new URL(url).host}/…`;

/** Connectors answer 200 also when Teams refused the message, and say so in words. */
function refine(answer: OutboundAnswer, result: SendResult, secrets: string[]): SendResult {
  if (!result.ok) return result;
  const said = answer.body.toString("utf8");
  const [, code] = /HTTP error (\d{3})/.exec(said) ?? [];
  if (code === undefined && !/delivery failed/i.test(said)) return result;
  const status = code === undefined ? null : Number(code);
  return {
    ok: false,
    statusCode: status ?? answer.status,
    error: hideSecrets(quoteAnswer(said), secrets),
    retryable: status === null || status >= 500 || TRANSIENT.has(status),
    retryAfterMs: null,
  };
}

function createChannel(
  integration: Integration<"msteams"> | Integration<"msteamsv2">,
  context: ChannelContext,
  cardOf: (notification: Notification, templates: ChannelTemplates) => Card,
): NotificationChannel {
  const { config } = integration;
  const client = context.client(config.http_config);
  return {
    ...channelBasics(integration, context.receiver),
    target:
      config.webhook_url === undefined
        ? `the URL in ${config.webhook_url_file}`
        : targetOf(config.webhook_url),
    async send(notification, signal) {
      try {
        const url = await readSecret(context, config.webhook_url, config.webhook_url_file);
        const secrets = urlSecrets(url);
        const card = cardOf(notification, forgiving(context.templates, notification));
        const body = JSON.stringify(card.message);
        if (looksCut(body)) context.shortened?.();
        return await exchange(client, url, {
          headers: { "Content-Type": "application/json" },
          body,
          timeoutMs: config.timeout,
          followRedirects: config.http_config?.follow_redirects ?? false,
          signal,
          nowMs: context.now,
          secrets,
          refine: (answer, result) => refine(answer, result, secrets),
        });
      } catch (error) {
        return judgeError(error);
      }
    },
    async preview(notification) {
      const { title, text } = cardOf(notification, context.templates);
      return await Promise.resolve(previewOf([title, text]));
    },
  };
}

/** Posts MessageCards to a connector of Microsoft Teams of the old kind. */
export const createMsteams = (
  integration: Integration<"msteams">,
  context: ChannelContext,
): NotificationChannel =>
  createChannel(integration, context, (notification, templates) =>
    messageCard(integration.config, notification, templates),
  );

/** Posts Adaptive Cards to a workflow of Microsoft Teams. */
export const createMsteamsv2 = (
  integration: Integration<"msteamsv2">,
  context: ChannelContext,
): NotificationChannel =>
  createChannel(integration, context, (notification, templates) =>
    adaptiveCard(integration.config, notification, templates),
  );
