import { connect as connectTls } from "node:tls";
import type { Duplex } from "node:stream";

import { describeError, type Logger, type Outbound } from "#lib";
import { WebSocket } from "ws";

import { quoteAnswer } from "../http.ts";

const OPEN_TIMEOUT_MS = 15_000;
/** Slack pings every few seconds; a connection that is silent for so long is dead. */
const SILENCE_MS = 90_000;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
const MAX_MESSAGE_BYTES = 1024 * 1024;
/** Interactions that are worked on at once; further ones are not accepted, and Slack tells who pressed. */
const MAX_UNDER_WAY = 100;

export interface SlackSocketOptions {
  /** Of the Web API, with a slash at the end. */
  base: string;
  token: () => Promise<string>;
  outbound: Pick<Outbound, "request" | "connect">;
  logger: Logger;
  onInteraction: (payload: unknown) => Promise<void>;
  /** Spreads reconnections; from 0 to 1. */
  random?: () => number;
  pauseMs?: { first: number; longest: number };
}

/** A connection of Socket Mode: presses of buttons come by it, so that Slack need not reach this server. */
export class SlackSocket {
  private readonly options: SlackSocketOptions;
  private readonly abort = new AbortController();
  private readonly running: Promise<void>;
  private underWay = 0;

  constructor(options: SlackSocketOptions) {
    this.options = options;
    this.running = this.run();
  }

  async close(): Promise<void> {
    this.abort.abort();
    await this.running;
  }

  private async run(): Promise<void> {
    const { logger, random = Math.random } = this.options;
    const { first, longest } = this.options.pauseMs ?? {
      first: FIRST_PAUSE_MS,
      longest: LONGEST_PAUSE_MS,
    };
    let pauseMs = first;
    while (!this.abort.signal.aborted) {
      try {
        await this.talk(() => (pauseMs = first));
        await this.pause(first / 10);
      } catch (error) {
        if (this.abort.signal.aborted) return;
        logger.warn({ error: describeError(error) }, "the connection to Slack failed");
        await this.pause(pauseMs * (0.5 + random() / 2));
        pauseMs = Math.min(longest, pauseMs * 2);
      }
    }
  }

  private async pause(ms: number): Promise<void> {
    const { signal } = this.abort;
    if (signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener("abort", end, { once: true });
    });
  }

  /** One connection from its beginning to its end; resolves when Slack wants another one. */
  private async talk(onHello: () => void): Promise<void> {
    const socket = await this.connect(await this.address());
    await new Promise<void>((resolve, reject) => {
      let isGoing = false;
      const watch = setTimeout(() => socket.terminate(), SILENCE_MS);
      const onAbort = (): void => socket.terminate();
      this.abort.signal.addEventListener("abort", onAbort, { once: true });
      if (this.abort.signal.aborted) onAbort();
      let problem: unknown = new Error("Slack closed the connection");
      socket.on("ping", () => watch.refresh());
      socket.on("error", (error) => (problem = error));
      socket.on("message", (data: Buffer) => {
        watch.refresh();
        const kind = this.take(socket, data.toString("utf8"));
        if (kind === "hello") onHello();
        if (kind !== "disconnect") return;
        isGoing = true;
        socket.close();
      });
      socket.on("close", () => {
        clearTimeout(watch);
        this.abort.signal.removeEventListener("abort", onAbort);
        if (isGoing || this.abort.signal.aborted) resolve();
        else reject(problem);
      });
    });
  }

  /** Where Slack wants to be connected to. */
  private async address(): Promise<URL> {
    const { base, outbound } = this.options;
    const token = await this.options.token();
    const { status, body } = await outbound.request(`${base}apps.connections.open`, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-www-form-urlencoded",
        Authorization: `Bearer ${token}`,
      },
      timeoutMs: OPEN_TIMEOUT_MS,
      maxBodyBytes: 65_536,
      signal: this.abort.signal,
    });
    const text = body.toString("utf8");
    const answer = readObject(text);
    const url = typeof answer["url"] === "string" ? URL.parse(answer["url"]) : null;
    if (answer["ok"] === true && url !== null && /^wss?:$/.test(url.protocol)) return url;
    const code = typeof answer["error"] === "string" ? answer["error"] : text;
    const said = quoteAnswer(code).replaceAll(token, "<secret>");
    throw new Error(`Slack opens no connection (${status}): ${said}`);
  }

  /** Through the guarded client, so that an address which may not be asked is not connected to. */
  private async connect(url: URL): Promise<WebSocket> {
    const { hostname, protocol } = url;
    const isSecure = protocol === "wss:";
    const port = Number(url.port || (isSecure ? 443 : 80));
    const plain = await this.options.outbound.connect(hostname, port, {
      timeoutMs: OPEN_TIMEOUT_MS,
      signal: this.abort.signal,
    });
    const stream: Duplex = isSecure ? connectTls({ socket: plain, servername: hostname }) : plain;
    return new WebSocket(url, {
      createConnection: () => stream as never,
      handshakeTimeout: OPEN_TIMEOUT_MS,
      maxPayload: MAX_MESSAGE_BYTES,
      perMessageDeflate: false,
    });
  }

  /** @returns what kind of message it was. */
  private take(socket: WebSocket, text: string): unknown {
    const message = readObject(text);
    const { type, envelope_id: envelope, payload } = message;
    if (typeof envelope !== "string") return type;
    if (this.underWay >= MAX_UNDER_WAY) return type;
    // Slack waits three seconds for this, however long the work takes.
    socket.send(JSON.stringify({ envelope_id: envelope }));
    if (type !== "interactive") return type;
    this.underWay++;
    this.options
      .onInteraction(payload)
      .catch((error: unknown) => this.options.logger.error({ err: error }, "a press failed"))
      .finally(() => this.underWay--);
    return type;
  }
}

function readObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
