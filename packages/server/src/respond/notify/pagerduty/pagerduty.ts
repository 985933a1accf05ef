import type { OutboundAnswer } from "#lib";

import {
  channelBasics,
  type ChannelContext,
  type Integration,
  type NotificationChannel,
} from "../channel.ts";
import { exchange, jsonOf, readSecret, secretForms } from "../exchange.ts";
import { forgiving, looksCut } from "../forgiving.ts";
import { judgeError, permanent, urlTarget } from "../http.ts";
import { previewOf } from "../preview.ts";
import { eventOf } from "./event.ts";

const EVENTS_V2 = "https://events.pagerduty.com/v2/enqueue";
const EVENTS_V1 = "https://events.pagerduty.com/generic/2010-04-15/create_event.json";

/** API v1 says by 403 that too many events came. */
const TRANSIENT_V1: ReadonlySet<number> = new Set([403]);

/** `{"status", "message", "errors": [...]}` on one line. */
function explain(answer: OutboundAnswer): string {
  const { message, errors } = jsonOf(answer);
  const parts = [message, ...(Array.isArray(errors) ? errors : [])];
  return parts.filter((part) => typeof part === "string").join(", ");
}

/** Tells each group as one incident by PagerDuty's Events API: triggered while it fires, then resolved. */
export function createPagerduty(
  integration: Integration<"pagerduty">,
  context: ChannelContext,
): NotificationChannel {
  const { config } = integration;
  const client = context.client(config.http_config);
  const isV1 = config.service_key !== undefined || config.service_key_file !== undefined;
  const url = isV1 ? EVENTS_V1 : (config.url ?? EVENTS_V2);

  const keyOf = async () => ({
    kind: isV1 ? ("service" as const) : ("routing" as const),
    value: isV1
      ? await readSecret(context, config.service_key, config.service_key_file)
      : await readSecret(context, config.routing_key, config.routing_key_file),
  });

  return {
    ...channelBasics(integration, context.receiver),
    target: urlTarget(url),
    async send(notification, signal) {
      try {
        const { kind, value } = await keyOf();
        // A key may be a template, as upstream has it: one receiver then tells several services.
        const key = { kind, value: context.templates.text(value, notification).trim() };
        if (key.value === "") return permanent(`the ${kind} key is empty`);
        const { body, isCut } = eventOf(
          config,
          key,
          notification,
          forgiving(context.templates, notification),
        );
        if (isCut || looksCut(body)) context.shortened?.();
        return await exchange(client, url, {
          headers: { "Content-Type": "application/json" },
          body,
          timeoutMs: config.timeout,
          followRedirects: config.http_config?.follow_redirects ?? false,
          signal,
          nowMs: context.now,
          secrets: secretForms(value, key.value),
          explain,
          ...(isV1 ? { transient: TRANSIENT_V1 } : {}),
        });
      } catch (error) {
        return judgeError(error);
      }
    },
    async preview(notification) {
      const kind = isV1 ? "service" : "routing";
      const { summary, severity, body } = eventOf(
        config,
        { kind, value: "<secret>" },
        notification,
        context.templates,
      );
      return await Promise.resolve(
        previewOf([summary, JSON.stringify(JSON.parse(body), null, 2)], { severity }),
      );
    },
  };
}
