import { createHmac } from "node:crypto";

import { badRequest } from "#lib";

import {
  channelBasics,
  type ChannelContext,
  type Integration,
  type NotificationChannel,
} from "../channel.ts";
import { judgeError, post, urlTarget } from "../http.ts";
import { webhookBody } from "./body.ts";

/**
 * `t=<Unix seconds>,v1=<hex>`: HMAC-SHA256 over `<Unix seconds>.<body>`, so that a receiver can tell who sent it and
 * that it is not an old message sent again.
 */
function signatureOf(secret: string, body: string, nowMs: number): string {
  const seconds = Math.floor(nowMs / 1000);
  const hex = createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex");
  return `t=${seconds},v1=${hex}`;
}

/** Posts each notification to one URL, as Alertmanager's webhook does. */
export function createWebhook(
  integration: Integration<"webhook">,
  context: ChannelContext,
): NotificationChannel {
  const { config } = integration;
  const client = context.client(config.http_config);

  const urlOf = async (): Promise<string> => {
    if (config.url !== undefined) return config.url;
    const url = await context.readSecretFile(config.url_file ?? "");
    if (!URL.canParse(url)) throw badRequest(`${config.url_file} holds no URL`);
    return url;
  };
  const secretOf = async (): Promise<string | undefined> =>
    config.signing_secret_file === undefined
      ? config.signing_secret
      : await context.readSecretFile(config.signing_secret_file);

  return {
    ...channelBasics(integration, context.receiver),
    target: config.url === undefined ? `the URL in ${config.url_file}` : urlTarget(config.url),
    async send(notification, signal) {
      try {
        const body = JSON.stringify(webhookBody(notification, config.max_alerts));
        const [url, secret] = [await urlOf(), await secretOf()];
        return await post(client, url, {
          headers: {
            ...config.headers,
            "Content-Type": "application/json",
            "Idempotency-Key": notification.id,
            ...(secret === undefined
              ? {}
              : { "X-Fleetlight-Signature": signatureOf(secret, body, context.now()) }),
          },
          body,
          timeoutMs: config.timeout,
          followRedirects: config.http_config?.follow_redirects ?? false,
          signal,
          nowMs: context.now,
          secrets: [secret, ...Object.values(config.headers)],
        });
      } catch (error) {
        return judgeError(error);
      }
    },
    preview: (notification) =>
      Promise.resolve(JSON.stringify(webhookBody(notification, config.max_alerts), null, 2)),
  };
}
