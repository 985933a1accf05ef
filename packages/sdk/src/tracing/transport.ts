import type { Post } from "./post.ts";

/** How a delivery ended. `failed` may be tried again, after `waitMs` at the earliest. */
export type Delivery =
  | { outcome: "taken"; rejected: number }
  | { outcome: "refused"; status: number }
  | { outcome: "failed"; waitMs: number };

/** Sends one request in OTLP's JSON. */
export type SendSpans = (body: string) => Promise<Delivery>;

export type TransportOptions = {
  url: string;
  headers: Readonly<Record<string, string>>;
  timeoutMs: number;
  post: Post;
  nowMs: () => number;
  /** Told of what the server refuses for good; it must not throw. */
  onRefused?: (status: number) => void;
};

/** The statuses that OTLP calls retryable, and 500, with which many proxies answer while a server restarts. */
const RETRYABLE = new Set([408, 429, 500, 502, 503, 504]);
/** A server cannot send us away for longer. */
const MAX_WAIT_MS = 60_000;

/** Milliseconds that a `Retry-After` header asks for, in seconds or as a date. */
export function retryAfterMs(header: string | null, nowMs: number): number {
  if (header === null) return 0;
  const seconds = Number(header);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(wait) ? Math.min(MAX_WAIT_MS, Math.max(0, wait)) : 0;
}

/** Of a partial success: how many were not taken. */
function rejectedOf(text: string): number {
  try {
    const answer = JSON.parse(text) as { partialSuccess?: { rejectedSpans?: unknown } } | null;
    const rejected = Number(answer?.partialSuccess?.rejectedSpans ?? 0);
    return Number.isFinite(rejected) && rejected > 0 ? rejected : 0;
  } catch {
    // An empty answer says that all was taken.
    return 0;
  }
}

/** Delivers over OTLP/HTTP. Resolves always. */
export function createTransport(options: TransportOptions): SendSpans {
  const headers = { ...options.headers, "content-type": "application/json" };
  return async (body) => {
    try {
      const { status, retryAfter, text } = await options.post(
        options.url,
        headers,
        body,
        options.timeoutMs,
      );
      if (RETRYABLE.has(status)) {
        return { outcome: "failed", waitMs: retryAfterMs(retryAfter, options.nowMs()) };
      }
      if (status < 200 || status > 299) {
        options.onRefused?.(status);
        return { outcome: "refused", status };
      }
      return { outcome: "taken", rejected: rejectedOf(text) };
    } catch {
      return { outcome: "failed", waitMs: 0 };
    }
  };
}
