import { FleetlightError, describeError, type OutboundAnswer } from "#lib";

import type { HttpClient, SendResult } from "./channel.ts";

/** Of an answer only the beginning is read: it may say what was wrong. */
export const MAX_ANSWER_BYTES = 4096;
const MAX_QUOTED_CHARACTERS = 200;

/** A timeout of 0 is written for none; nothing waits longer than this. */
const LONGEST_TIMEOUT_MS = 600_000;

/** Answers below 500 after which the same notification may succeed later. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429]);

/** Errors of the client that the same request meets again. */
const PERMANENT_CODES: ReadonlySet<string> = new Set(["outbound_blocked", "bad_request"]);

/** Milliseconds from now that `Retry-After` asks for, as seconds or as a date; null when it says nothing. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null;
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000;
  // Date.parse takes far more for a date than HTTP does, "-5" for one.
  const dateMs = /^\s*[a-z]{3,9},? /i.test(header) ? Date.parse(header) : Number.NaN;
  return Number.isNaN(dateMs) ? null : Math.max(0, dateMs - nowMs);
}

/** The beginning of an answer on one line, without what could disturb a log or a terminal. */
export function quoteAnswer(body: Buffer | string): string {
  const text = (typeof body === "string" ? body : body.toString("utf8"))
    .slice(0, MAX_ANSWER_BYTES)
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
    .trim();
  return text.slice(0, MAX_QUOTED_CHARACTERS);
}

/** Takes secrets out of a text that people will see. */
export function hideSecrets(text: string, secrets: readonly (string | undefined)[]): string {
  let hidden = text;
  for (const secret of secrets) {
    if (secret !== undefined && secret.length >= 4) hidden = hidden.replaceAll(secret, "<secret>");
  }
  return hidden;
}

interface JudgeOptions {
  /** Statuses of this service, besides 408, 425, 429 and 5xx, after which the same message may succeed later. */
  transient?: ReadonlySet<number>;
  /** What the answer's body says, when it is not to be quoted as it is. */
  explain?: (answer: OutboundAnswer) => string;
}

/** What an HTTP answer means: 2xx is success, 5xx and a few others are worth another attempt. */
export function judgeAnswer(
  answer: OutboundAnswer,
  nowMs: number,
  { transient, explain }: JudgeOptions = {},
): SendResult {
  const { status, headers, body } = answer;
  if (status >= 200 && status < 300) return { ok: true, statusCode: status };
  const redirected = status >= 300 && status < 400;
  const said = explain ? quoteAnswer(explain(answer)) : quoteAnswer(body);
  return {
    ok: false,
    statusCode: status,
    error: redirected
      ? `answered ${status}, and redirects are not followed: configure the final URL`
      : `answered ${status}${said === "" ? "" : `: ${said}`}`,
    retryable: status >= 500 || TRANSIENT.has(status) || transient?.has(status) === true,
    retryAfterMs: retryAfterMs(headers["retry-after"], nowMs),
  };
}

/**
 * What an error means. A receiver that is not there yet, a file that cannot be read or a certificate that is being
 * renewed may well be there later; a forbidden address or a wrong template stays what it is.
 */
export function judgeError(error: unknown): SendResult {
  const known = error instanceof FleetlightError ? error : undefined;
  const isPermanent =
    known !== undefined &&
    (PERMANENT_CODES.has(known.code) || (known.status === 400 && !known.retryable));
  return {
    ok: false,
    statusCode: null,
    error: known ? known.message : describeError(error),
    retryable: !isPermanent,
    retryAfterMs: null,
  };
}

/** A failure that no attempt can mend. */
export const permanent = (error: string): SendResult => ({
  ok: false,
  statusCode: null,
  error,
  retryable: false,
  retryAfterMs: null,
});

export interface PostOptions extends JudgeOptions {
  method?: "POST" | "PUT" | "GET";
  headers?: Readonly<Record<string, string>>;
  body?: string;
  timeoutMs: number;
  followRedirects?: boolean;
  signal: AbortSignal;
  nowMs: () => number;
  /** Texts that never show in what is recorded. */
  secrets?: readonly (string | undefined)[];
  /** Bytes of the answer that are read. */
  maxAnswerBytes?: number;
  /** Reads a success more closely: some services answer 200 and say in the body that it was none. */
  accept?: (answer: OutboundAnswer) => SendResult | undefined;
}

/** Posts a message and says what came of it. Never rejects. */
export async function post(
  client: HttpClient,
  url: string,
  options: PostOptions,
): Promise<SendResult> {
  const { timeoutMs, secrets = [], nowMs, accept } = options;
  let result: SendResult;
  try {
    const answer = await client.request(url, {
      method: options.method ?? "POST",
      headers: { "User-Agent": "Fleetlight", ...options.headers },
      ...(options.body === undefined ? {} : { body: options.body }),
      timeoutMs: timeoutMs === 0 ? LONGEST_TIMEOUT_MS : timeoutMs,
      maxBodyBytes: options.maxAnswerBytes ?? MAX_ANSWER_BYTES,
      truncateBody: true,
      followRedirects: options.followRedirects ?? false,
      signal: options.signal,
    });
    result = judgeAnswer(answer, nowMs(), options);
    if (result.ok) result = accept?.(answer) ?? result;
  } catch (error) {
    result = judgeError(error);
  }
  return result.ok ? result : { ...result, error: hideSecrets(result.error, secrets) };
}

/** Host and path of a URL: user, password and query often carry secrets. */
export function urlTarget(url: string): string {
  const parsed = URL.parse(url);
  return parsed ? `${parsed.host}${parsed.pathname}` : "a URL that cannot be read";
}
