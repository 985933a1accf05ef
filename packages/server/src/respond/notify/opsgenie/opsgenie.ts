import type { OutboundAnswer } from "#lib";

import {
  channelBasics,
  type ChannelContext,
  type Integration,
  type NotificationChannel,
  type SendResult,
} from "../channel.ts";
import { exchange, jsonOf, readSecret, secretForms } from "../exchange.ts";
import { forgiving, looksCut } from "../forgiving.ts";
import { judgeError, urlTarget } from "../http.ts";
import { previewOf } from "../preview.ts";
import { apiUrlOf, requestsOf } from "./requests.ts";

/** `{"message", "errors": {<field>: <what>}}` on one line. */
function explain(answer: OutboundAnswer): string {
  const { message, errors } = jsonOf(answer);
  const fields = typeof errors === "object" && errors !== null ? Object.entries(errors) : [];
  return [message, ...fields.map(([field, what]) => `${field}: ${String(what)}`)]
    .filter((part) => typeof part === "string")
    .join(", ");
}

/** Tells each group as one alert of Opsgenie, which is closed when the group has ended. */
export function createOpsgenie(
  integration: Integration<"opsgenie">,
  context: ChannelContext,
): NotificationChannel {
  const { config } = integration;
  const client = context.client(config.http_config);

  return {
    ...channelBasics(integration, context.receiver),
    target: urlTarget(apiUrlOf(config)),
    async send(notification, signal) {
      try {
        const written = await readSecret(context, config.api_key, config.api_key_file);
        const key = context.templates.text(written, notification).trim();
        let result: SendResult = { ok: true, statusCode: 202 };
        const templates = forgiving(context.templates, notification);
        const requests = requestsOf(config, notification, templates);
        if (looksCut(JSON.stringify(requests))) context.shortened?.();
        for (const { method, url, body } of requests) {
          result = await exchange(client, url, {
            method,
            headers: { "Content-Type": "application/json", Authorization: `GenieKey ${key}` },
            body: JSON.stringify(body),
            timeoutMs: config.timeout,
            followRedirects: config.http_config?.follow_redirects ?? false,
            signal,
            nowMs: context.now,
            secrets: secretForms(written, key),
            explain,
          });
          if (!result.ok) return result;
        }
        return result;
      } catch (error) {
        return judgeError(error);
      }
    },
    async preview(notification) {
      const requests = requestsOf(config, notification, context.templates);
      return await Promise.resolve(
        previewOf(
          requests.map(
            ({ method, url, body }) => `${method} ${url}\n${JSON.stringify(body, null, 2)}`,
          ),
        ),
      );
    },
  };
}
