export type Question = {
  method: string;
  url: string;
  headers: Readonly<Record<string, string>>;
  body?: string | Uint8Array<ArrayBuffer> | undefined;
  /** Milliseconds until the end of the answer. */
  timeoutMs: number;
  /** Longer answers are not read to their end. */
  maxAnswerBytes: number;
};

/** `body` is null when it is longer than was asked for. */
export type Answer = { status: number; retryAfter: string | null; body: Uint8Array | null };

/**
 * Sends a request and reads the answer, whatever its status. Rejects when there is none: with an error whose name is
 * `TimeoutError` when it did not come in time.
 */
export type Ask = (question: Question) => Promise<Answer>;

/** Through `fetch`: that of a browser, or one of the host's, e.g. one that goes through a proxy. */
export const askBy =
  (fetch: typeof globalThis.fetch): Ask =>
  async ({ method, url, headers, body, timeoutMs, maxAnswerBytes }) => {
    const response = await fetch(url, {
      method,
      headers,
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body }),
    });
    const { status } = response;
    const retryAfter = response.headers.get("retry-after");
    return { status, retryAfter, body: await read(response, maxAnswerBytes) };
  };

async function read(response: Response, maxBytes: number): Promise<Uint8Array | null> {
  if (response.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Not every browser lets a stream be walked through with `for await`.
  const reader = response.body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > maxBytes) {
      void reader.cancel().catch(() => {});
      return null;
    }
    chunks.push(value);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}
