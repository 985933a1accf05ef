import { Agent as HttpAgent, request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";

export type Posted = { status: number; retryAfter: string | null; text: string };

/** Sends a body and reads the answer. Rejects when no answer comes in time. */
export type Post = (
  url: string,
  headers: Readonly<Record<string, string>>,
  body: string,
  timeoutMs: number,
) => Promise<Posted>;

/** Answers are short; what is longer is not read. */
const MAX_ANSWER_BYTES = 65_536;
/** One delivery is under way at a time, and one socket is enough for it. */
const AGENT = { keepAlive: true, maxSockets: 2 };

/** Through a `fetch` of the host's, e.g. one that goes through a proxy. */
export const postBy =
  (fetch: typeof globalThis.fetch): Post =>
  async (url, headers, body, timeoutMs) => {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(url, { method: "POST", headers, body, signal });
    const text = await response.text();
    return { status: response.status, retryAfter: response.headers.get("retry-after"), text };
  };

/**
 * Through sockets that keep no process alive, which `fetch` cannot: a server that hangs must not hold up the end of a
 * process. Redirects are not followed.
 */
export function createPost(): Post {
  const http = new HttpAgent(AGENT);
  const https = new HttpsAgent(AGENT);
  return (url, headers, body, timeoutMs) =>
    new Promise((resolve, reject) => {
      const isSecure = url.startsWith("https:");
      const bytes = Buffer.from(body);
      const request = (isSecure ? httpsRequest : httpRequest)(url, {
        method: "POST",
        agent: isSecure ? https : http,
        headers: { ...headers, "content-length": bytes.length },
      });
      const timer = setTimeout(() => request.destroy(new Error("no answer in time")), timeoutMs);
      timer.unref();
      const fail = (error: Error): void => {
        clearTimeout(timer);
        reject(error);
      };
      // A socket that is used again counts for the process again.
      request.on("socket", (socket) => socket.unref());
      request.on("error", fail);
      request.on("response", (response) => {
        read(response).then((posted) => {
          clearTimeout(timer);
          resolve(posted);
        }, fail);
      });
      request.end(bytes);
    });
}

async function read(response: IncomingMessage): Promise<Posted> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    length += chunk.length;
    // The rest is read all the same, for the socket to be used again.
    if (length <= MAX_ANSWER_BYTES) chunks.push(chunk);
  }
  const { statusCode = 0, headers } = response;
  const text = length <= MAX_ANSWER_BYTES ? Buffer.concat(chunks).toString() : "";
  return { status: statusCode, retryAfter: headers["retry-after"] ?? null, text };
}
