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
  fetch: typeof globalThis.fetch;
  nowMs: () => number;
  /** Told of what the server refuses for good; it must not throw. */
  onRefused?: (status: number) => void;
};

/** The statuses that OTLP calls retryable, and 500, with which many proxies answer while a server restarts. */
const RETRYABLE = new Set([408, 429, 500, 502, 503, 504]);
/** A server cannot send us away for longer. */
const MAX_WAIT_MS = 60_000;
/** Answers are short; longer ones are not read. */
const MAX_ANSWER_CHARACTERS = 65_536;

/** Milliseconds that a `Retry-After` header asks for, in seconds or as a date. */
export function retryAfterMs(header: string | null, nowMs: number): number {
  if (header === null) return 0;
  const seconds = Number(header);
  const wait = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - nowMs;
  return Number.isFinite(wait) ? Math.min(MAX_WAIT_MS, Math.max(0, wait)) : 0;
}

/** Of a partial success: how many were not taken. */
function rejectedOf(text: string): number {
  if (text.length > MAX_ANSWER_CHARACTERS) return 0;
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
      const response = await options.fetch(options.url, {
        method: "POST",
        headers,
        body,
        signal: AbortSignal.timeout(options.timeoutMs),
      });
      const { status } = response;
      if (RETRYABLE.has(status)) {
        const waitMs = retryAfterMs(response.headers.get("retry-after"), options.nowMs());
        await response.body?.cancel();
        return { outcome: "failed", waitMs };
      }
      const text = await response.text();
      if (!response.ok) {
        options.onRefused?.(status);
        return { outcome: "refused", status };
      }
      return { outcome: "taken", rejected: rejectedOf(text) };
    } catch {
      return { outcome: "failed", waitMs: 0 };
    }
  };
}
