import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { ErrorBody, ServerMessage } from "@fleetlight/contract";
import { WebSocket, type ClientOptions } from "ws";

import { createConfigManager, type ConfigInput } from "#config";
import { createLogger } from "#lib";

/** What `startServer` takes, on a directory of its own; `remove` deletes that. */
export function makeSite(config: ConfigInput = {}, file?: string) {
  const directory = mkdtempSync(join(tmpdir(), "fleetlight-serve-"));
  const manager = createConfigManager({
    env: {},
    file,
    overrides: {
      ...config,
      server: { port: 0, ...config.server },
      otlp: { grpc_port: "off", http_port: "off", ...config.otlp },
      storage: { data_dir: join(directory, "data"), ...config.storage },
    },
  });
  return {
    directory,
    manager,
    logger: createLogger({ level: "silent", format: "json" }, { version: "test" }),
    version: "1.2.3-test",
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** One answer, with its body as JSON when it is that. */
export interface Answer<T> {
  status: number;
  headers: Headers;
  text: string;
  body: T;
}

/** Asks the API as a plain HTTP client would. */
export async function ask<T = ErrorBody>(
  url: string,
  { json, ...init }: RequestInit & { json?: unknown } = {},
): Promise<Answer<T>> {
  const answer = await fetch(url, {
    redirect: "manual",
    ...init,
    ...(json === undefined
      ? {}
      : {
          method: init.method ?? "POST",
          headers: { "content-type": "application/json", ...init.headers },
          body: JSON.stringify(json),
        }),
  });
  const text = await answer.text();
  const isJson = answer.headers.get("content-type")?.includes("json") === true && text !== "";
  return {
    status: answer.status,
    headers: answer.headers,
    text,
    body: (isJson ? JSON.parse(text) : undefined) as T,
  };
}

/** Asks until the answer is as wanted; what came last when it never is. */
export async function until<T>(
  get: () => Promise<T> | T,
  wanted: (value: T) => boolean,
  timeoutMs = 8000,
): Promise<T> {
  const endsAt = performance.now() + timeoutMs;
  for (;;) {
    const value = await get();
    if (wanted(value)) return value;
    if (performance.now() > endsAt)
      throw new Error(`waited ${timeoutMs} ms in vain; last: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** A service that answers what it is told to. */
export async function startService(page = "queue_length 3\n") {
  const state = { status: 200, page };
  const server = createServer((request, response) => {
    if (request.url === "/metrics") response.end(state.page);
    else response.writeHead(state.status).end("{}");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    state,
    url: `http://127.0.0.1:${port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

type MessageOf<T extends ServerMessage["type"]> = Extract<ServerMessage, { type: T }>;

/** A client of `/ws` that remembers what it was sent. */
export async function connect(url: string, options: ClientOptions = {}) {
  const socket = new WebSocket(url.replace(/^http/, "ws"), options);
  const messages: ServerMessage[] = [];
  socket.on("message", (data) => messages.push(JSON.parse(String(data)) as ServerMessage));
  const closed = once(socket, "close").then(([code]) => code as number);
  // A refusal arrives as an error; the promise of `open` says so to whoever waits.
  closed.catch(() => {});
  await once(socket, "open");
  return {
    socket,
    messages,
    closed,
    send: (message: unknown) => socket.send(JSON.stringify(message)),
    /** The first message of a type that fits, also one that came before. */
    next: async <T extends ServerMessage["type"]>(
      type: T,
      fits: (message: MessageOf<T>) => boolean = () => true,
    ): Promise<MessageOf<T>> => {
      const find = () =>
        messages.find((one): one is MessageOf<T> => one.type === type && fits(one as MessageOf<T>));
      return (await until(find, (found) => found !== undefined)) as MessageOf<T>;
    },
  };
}

/** How a server refuses a connection to `/ws`. */
export async function refusal(url: string, options: ClientOptions = {}) {
  const socket = new WebSocket(url.replace(/^http/, "ws"), options);
  const [, response] = await once(socket, "unexpected-response");
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return {
    status: response.statusCode as number,
    body: JSON.parse(Buffer.concat(chunks).toString()) as ErrorBody,
  };
}
