import type { Agent, IncomingMessage } from "node:http";

import { builtin } from "../builtin.ts";
import type { Answer, Ask, Question } from "./ask.ts";

/** Little is under way at a time. */
const AGENT = { keepAlive: true, maxSockets: 4 };

const CLOSED = new Set(["ECONNRESET", "EPIPE"]);

/** Both speak the same language, and what they need is loaded with the first request. */
class Door {
  readonly #name: "node:http" | "node:https";
  #agent: Agent | undefined;

  constructor(name: "node:http" | "node:https") {
    this.#name = name;
  }

  open(url: string, options: object) {
    const { Agent, request } = builtin(this.#name);
    this.#agent ??= new Agent(AGENT);
    return request(url, { ...options, agent: this.#agent });
  }
}

/**
 * Through sockets of its own. Those of the background keep no process alive, which `fetch` cannot: a server that hangs must
 * not hold up the end of a process. Redirects are not followed.
 */
export function askBySockets({ background }: { background: boolean }): Ask {
  const http = new Door("node:http");
  const https = new Door("node:https");
  const ask = (question: Question, isLast: boolean): Promise<Answer> =>
    new Promise<Answer>((resolve, reject) => {
      const { url, method, body, timeoutMs, maxAnswerBytes } = question;
      const door = url.startsWith("https:") ? https : http;
      const request = door.open(url, { method, headers: headersOf(question) });
      const timer = setTimeout(() => request.destroy(timeout()), timeoutMs);
      const broken = (error: Error): void => {
        clearTimeout(timer);
        reject(error);
      };
      const fail = (error: Error & { code?: string }): void => {
        // The server closed a connection that we thought was still open: a new one will do.
        const wasClosed = request.reusedSocket && CLOSED.has(error.code ?? "");
        if (!wasClosed || isLast) {
          broken(error);
          return;
        }
        clearTimeout(timer);
        resolve(ask(question, true));
      };
      if (background) {
        timer.unref();
        // A socket that is used again counts for the process again.
        request.on("socket", (socket) => socket.unref());
      }
      request.on("error", fail);
      request.on("response", (response) => {
        read(response, maxAnswerBytes).then((answer) => {
          clearTimeout(timer);
          resolve(answer);
        }, broken);
      });
      request.end(body);
    });
  return (question) => ask(question, false);
}

function headersOf({ headers, body }: Question): Record<string, string | number> {
  if (body === undefined) return { ...headers };
  return { ...headers, "content-length": Buffer.byteLength(body) };
}

function timeout(): Error {
  const error = new Error("no answer in time");
  error.name = "TimeoutError";
  return error;
}

function read(response: IncomingMessage, maxBytes: number): Promise<Answer> {
  const { statusCode: status = 0, headers } = response;
  const retryAfter = headers["retry-after"] ?? null;
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    response.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBytes) {
        chunks.push(chunk);
        return;
      }
      resolve({ status, retryAfter, body: null });
      response.destroy();
    });
    response.on("end", () => resolve({ status, retryAfter, body: Buffer.concat(chunks) }));
    response.on("error", reject);
    response.on("close", () => reject(new Error("the answer broke off")));
  });
}
