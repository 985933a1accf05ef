import type { Ask } from "../http/ask.ts";
import { rejectedOf } from "./otlp-answer.ts";

/** How a delivery ended. `failed` may be tried again, after `waitMs` at the earliest. */
export type Delivery =
  | { outcome: "taken"; rejected: number }
  | { outcome: "refused"; status: number }
  | { outcome: "failed"; waitMs: number };

/** Sends one request of OTLP, as protobuf. */
export type SendSpans = (body: Uint8Array<ArrayBuffer>) => Promise<Delivery>;

export type TransportOptions = {
  url: string;
  headers: Readonly<Record<string, string>>;
  timeoutMs: number;
  ask: Ask;
  nowMs: () => number;
  /** Told of what the server refuses for good; it must not throw. */
  onRefused?: (status: number) => void;
};

/** The statuses that OTLP calls retryable, and 500, with which many proxies answer while a server restarts. */
const RETRYABLE = new Set([408, 429, 500, 502, 503, 504]);
export const OTLP_TYPE = "application/x-protobuf";
const MAX_ANSWER_BYTES = 65_536;
/** A server cannot send us away for longer. */
const MAX_WAIT_MS = 60_000;

/** Milliseconds that a `Retry-After` header asks for, in seconds or as a date. */
export function retryAfterMs(header: string | null, nowMs: number): number {
  if (header === null) return 0;
  const seconds = Number(header);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(wait) ? Math.min(MAX_WAIT_MS, Math.max(0, wait)) : 0;
}

/** Delivers over OTLP/HTTP. Resolves always. */
export function createTransport(options: TransportOptions): SendSpans {
  const { url, timeoutMs } = options;
  const headers = { ...options.headers, "content-type": OTLP_TYPE };
  return async (body) => {
    try {
      const question = { method: "POST", url, headers, body, timeoutMs };
      const answer = await options.ask({ ...question, maxAnswerBytes: MAX_ANSWER_BYTES });
      const { status, retryAfter } = answer;
      if (RETRYABLE.has(status)) {
        return { outcome: "failed", waitMs: retryAfterMs(retryAfter, options.nowMs()) };
      }
      if (status < 200 || status > 299) {
        options.onRefused?.(status);
        return { outcome: "refused", status };
      }
      // A proxy that answers at length has not told of a partial success.
      return { outcome: "taken", rejected: answer.body === null ? 0 : rejectedOf(answer.body) };
    } catch {
      return { outcome: "failed", waitMs: 0 };
    }
  };
}
