import type { OutboundAnswer } from "#lib";

import type { HttpClient, SendResult } from "../channel.ts";
import { exchange, jsonOf, secretForms } from "../exchange.ts";
import { quoteAnswer } from "../http.ts";

/** Errors that Slack names in an answer of 200 and that may pass; all others stay what they are. */
const TEMPORARY: ReadonlySet<string> = new Set([
  "fatal_error",
  "internal_error",
  "rate_limited",
  "ratelimited",
  "request_timeout",
  "service_unavailable",
  "team_added_to_org",
]);

/** Success is what Slack calls `ok`, whatever the status says. */
export function judgeSlack(answer: OutboundAnswer, result: SendResult): SendResult {
  if (!result.ok) return result;
  const { ok, error, channel, ts } = jsonOf(answer);
  if (ok === false) {
    const code = typeof error === "string" ? error : "unknown_error";
    return {
      ok: false,
      statusCode: answer.status,
      error: `Slack says ${quoteAnswer(code)}`,
      retryable: TEMPORARY.has(code),
      retryAfterMs: null,
    };
  }
  if (typeof channel !== "string" || typeof ts !== "string") return result;
  return { ...result, reference: `${channel}:${ts}` };
}

export interface WebApiOptions {
  client: HttpClient;
  /** With a slash at the end. */
  base: string;
  token: string;
  timeoutMs: number;
  nowMs: () => number;
}

/** Calls one method of Slack's Web API; the result's reference is `<channel>:<ts>` of the message. Never rejects. */
export async function callSlack(
  { client, base, token, timeoutMs, nowMs }: WebApiOptions,
  method: string,
  body: Record<string, unknown>,
  signal: AbortSignal,
): Promise<SendResult> {
  return await exchange(client, `${base}${method}`, {
    headers: {
      "Content-Type": "application/json; charset=utf-8",
      Authorization: `Bearer ${token}`,
    },
    body: JSON.stringify(body),
    timeoutMs,
    signal,
    nowMs,
    secrets: secretForms(token),
    refine: judgeSlack,
  });
}
