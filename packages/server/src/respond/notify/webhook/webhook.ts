import { hostname } from "node:os";

import type { Config } from "#config";
import { FleetlightError, describeError, type Now, type Outbound, type OutboundAnswer } from "#lib";

import type { NotificationChannel, SendResult } from "../channel.ts";
import { webhookBody } from "./body.ts";

type WebhookConfig = NonNullable<Config["notifications"]["webhook"]>;

/** Of an answer only the beginning is read: it may say what was wrong. */
const MAX_ANSWER_BYTES = 4096;
const MAX_QUOTED_CHARACTERS = 200;

/** Answers below 500 after which the same notification may succeed later. */
const TRANSIENT = new Set([408, 425, 429]);

/** Where people reach this server, as far as it knows. */
function externalUrlOf({ server }: Config): string {
  const anywhere = server.host === "0.0.0.0" || server.host === "::" || server.host === "[::]";
  const host = anywhere ? hostname() : server.host;
  const bracketed = host.includes(":") && !host.startsWith("[") ? `[${host}]` : host;
  return `${server.tls ? "https" : "http"}://${bracketed}:${server.port}`;
}

/** Host and path: user, password and query often carry secrets. */
function targetOf(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}

/** Milliseconds from now that `Retry-After` asks for, as seconds or as a date; null when it says nothing. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  // Date.parse takes far more for a date than HTTP does, "-5" for one.
  const dateMs = /^\s*[a-z]{3,9},? /i.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(dateMs) ? null : Math.max(0, dateMs - nowMs);
}

/** The beginning of an answer on one line. */
const quote = (body: Buffer): string => {
  const text = body
    .toString("utf8")
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim();
  return text === "" ? "" : `: ${text.slice(0, MAX_QUOTED_CHARACTERS)}`;
};

function judge({ status, headers, body }: OutboundAnswer, nowMs: number): SendResult {
  if (status >= 200 && status < 300) return { ok: true, statusCode: status };
  const redirected = status >= 300 && status < 400;
  return {
    ok: false,
    statusCode: status,
    error: redirected
      ? `answered ${status}, and redirects are not followed: configure the final URL`
      : `answered ${status}${quote(body)}`,
    retryable: status >= 500 || TRANSIENT.has(status),
    retryAfterMs: retryAfterMs(headers["retry-after"], nowMs),
  };
}

interface WebhookContext {
  config: Config;
  outbound: Outbound;
  now: Now;
}

/** Posts each notification to one URL, as Alertmanager's webhook does. */
export function createWebhook({
  config,
  outbound,
  now,
}: WebhookContext): NotificationChannel | undefined {
  const webhook: WebhookConfig | undefined = config.notifications.webhook;
  if (!webhook) return undefined;
  const externalUrl = externalUrlOf(config);
  return {
    name: "webhook",
    target: targetOf(webhook.url),
    sendResolved: webhook.send_resolved,
    maxAttempts: webhook.max_attempts,
    maxAgeMs: webhook.max_age,
    format: (alert, status) => JSON.stringify(webhookBody(alert, status, externalUrl)),
    async send(body, key, signal) {
      try {
        const answer = await outbound.request(webhook.url, {
          method: "POST",
          headers: {
            "User-Agent": "Fleetlight",
            ...webhook.headers,
            "Content-Type": "application/json",
            "Idempotency-Key": key,
          },
          body,
          timeoutMs: webhook.timeout,
          maxBodyBytes: MAX_ANSWER_BYTES,
          truncateBody: true,
          followRedirects: false,
          signal,
        });
        return judge(answer, now());
      } catch (error) {
        // A receiver that is not there yet, or whose certificate is being renewed, may well be there later.
        const refused = error instanceof FleetlightError && error.code === "outbound_blocked";
        const isBadUrl = error instanceof FleetlightError && error.code === "bad_request";
        return {
          ok: false,
          statusCode: null,
          error: error instanceof FleetlightError ? error.message : describeError(error),
          retryable: !refused && !isBadUrl,
          retryAfterMs: null,
        };
      }
    },
  };
}
