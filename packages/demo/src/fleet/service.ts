import { createServer } from "node:http";
import type { Agent, IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { createMetricsCollector } from "@fleetlight/sdk";
import type { Counter, MetricsCollector, Registry } from "@fleetlight/sdk";

import type { CatalogueEntry } from "../catalogue.ts";
import { askJson, AskError, MAX_BODY_BYTES } from "./ask.ts";
import type { JsonObject } from "./ask.ts";
import type { Journal } from "./journal.ts";
import type { Random } from "./random.ts";
import { KIND, type Tracer } from "./tracer.ts";

/** How a service is broken: it says so (503), or nothing listens on its port. */
export type Fault = { kind: "unhealthy" | "closed"; reason: string };

/** Answered to the caller with `status`; a handler throws it. */
export class Refusal extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.name = "Refusal";
    this.status = status;
  }
}

export type Handler = (body: JsonObject) => JsonObject | Promise<JsonObject>;

/** What the services of one fleet share. */
export type FleetContext = {
  readonly peers: ReadonlyMap<string, DemoService>;
  readonly agent: Agent;
  readonly random: Random;
  readonly tracer: Tracer;
  readonly journal: Journal;
  /** Milliseconds. */
  readonly now: () => number;
};

const ASK_TIMEOUT_MS = 2000;
/** Longer than any pause between two calls, so that a kept connection is not closed while it is being used again. */
const KEEP_ALIVE_MS = 65_000;
const RETRY_LISTEN_MS = 500;

/** One service of the demo fleet: its own HTTP server, metrics and loops. */
export class DemoService {
  readonly entry: CatalogueEntry;
  readonly server: Server;
  readonly registry: Registry;
  readonly context: FleetContext;
  readonly #collector: MetricsCollector;
  readonly #calls: Counter<"peer" | "outcome">;
  readonly #routes = new Map<string, Handler>();
  readonly #timers = new Set<NodeJS.Timeout>();
  readonly #onFault: (() => void)[] = [];
  readonly #onStop: (() => void)[] = [];
  readonly #startedAt: number;
  #fault: Fault | null = null;
  #connections = 0;
  #port = 0;
  #stopped = false;

  constructor(entry: CatalogueEntry, context: FleetContext) {
    this.entry = entry;
    this.context = context;
    this.#startedAt = context.now();
    this.#collector = createMetricsCollector({ service: entry.id });
    this.registry = this.#collector.registry;
    this.#calls = this.registry.counter({
      name: "peer_calls_total",
      help: "Calls of other services, by how they ended.",
      labelNames: ["peer", "outcome"],
    });
    this.registry
      .gauge({ name: "uptime_seconds", help: "Time since the service started." })
      .collect((gauge) => gauge.set((context.now() - this.#startedAt) / 1000));
    this.registry
      .gauge({ name: "active_connections", help: "Open connections to the service." })
      .collect((gauge) => gauge.set(this.#connections));
    this.server = createServer((request, response) => this.#answer(request, response));
    this.server.keepAliveTimeout = KEEP_ALIVE_MS;
    this.server.on("connection", (socket) => {
      this.#connections++;
      socket.once("close", () => this.#connections--);
    });
  }

  get id(): string {
    return this.entry.id;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  get fault(): Fault | null {
    return this.#fault;
  }

  /** Answers `POST path` (or GET, with an empty body) by what `handler` returns. */
  route(path: string, handler: Handler): void {
    this.#routes.set(path, handler);
  }

  /** Runs `task` once, unless the service is stopped before. */
  after(ms: number, task: () => void): void {
    if (this.#stopped) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      task();
    }, ms);
    this.#timers.add(timer);
  }

  /** Runs `task` again and again, `ms` after it has finished, but not while the service is broken. */
  every(ms: number, task: () => void | Promise<void>): void {
    const run = async (): Promise<void> => {
      try {
        if (this.#fault === null) await task();
      } catch {
        this.recordError("background");
      }
      this.every(ms, task);
    };
    this.after(ms, () => void run());
  }

  /** Called when the service breaks or stops, to drop what is not HTTP. */
  onFault(callback: () => void): void {
    this.#onFault.push(callback);
    this.#onStop.push(callback);
  }

  onStop(callback: () => void): void {
    this.#onStop.push(callback);
  }

  recordError(errorType: string): void {
    this.#collector.recordError({ errorType });
  }

  /** Calls another service. @throws AskError when it does not answer with 2xx. */
  async ask(
    peer: string,
    path: string,
    body: JsonObject | null,
    timeoutMs = ASK_TIMEOUT_MS,
  ): Promise<JsonObject> {
    const target = this.context.peers.get(peer);
    if (target === undefined) throw new AskError(0, `there is no service ${peer}`);
    try {
      const { agent, tracer } = this.context;
      const call = { service: this.id, name: `POST ${path}`, kind: KIND.client };
      const answer = await tracer.run({ ...call, attributes: { "peer.service": peer } }, () =>
        askJson(agent, target.url + path, body, timeoutMs, tracer.headers()),
      );
      this.#calls.inc({ peer, outcome: "ok" });
      return answer;
    } catch (error) {
      const status = error instanceof AskError ? error.status : 0;
      this.#calls.inc({ peer, outcome: status === 0 ? "unreachable" : String(status) });
      const reason = error instanceof Error ? error.message : String(error);
      this.log("warn", `${peer} did not answer POST ${path}: ${reason}`, { peer, status });
      throw error;
    }
  }

  /** Listens on `port`, or on a free one when it is taken or 0. */
  async listen(port: number): Promise<void> {
    try {
      await this.#bind(port);
    } catch (error) {
      if (port === 0) throw error;
      await this.#bind(0);
    }
    this.#port = (this.server.address() as AddressInfo).port;
    this.log("info", `listening on port ${this.#port}`);
  }

  /** A line of this service's log. */
  log(level: "info" | "warn" | "error", message: string, more?: JsonObject): void {
    this.context.journal.write(this.id, level, message, more);
  }

  async break(fault: Fault): Promise<void> {
    if (this.#fault !== null || this.#stopped) return;
    this.#fault = fault;
    this.log("error", fault.reason);
    for (const callback of this.#onFault) callback();
    if (fault.kind === "closed") await this.#close();
  }

  async recover(): Promise<void> {
    if (this.#fault === null || this.#stopped) return;
    if (this.#fault.kind === "closed") {
      try {
        await this.#bind(this.#port);
      } catch {
        // Somebody took the port meanwhile: the service stays down until it is free again.
        this.after(RETRY_LISTEN_MS, () => void this.recover());
        return;
      }
    }
    this.#fault = null;
    this.log("info", "works again");
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    for (const callback of this.#onStop) callback();
    this.#collector.stop();
    await this.#close();
  }

  #bind(port: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(port, "127.0.0.1", () => {
        this.server.off("error", reject);
        resolve();
      });
    });
  }

  #close(): Promise<void> {
    return new Promise((resolve) => {
      this.server.close(() => resolve());
      this.server.closeAllConnections();
    });
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    if (path === this.entry.metrics_endpoint) return this.#collector.handler(request, response);
    const handler = this.#routes.get(path);
    const isHealth = path === this.entry.health_endpoint;
    this.#collector.track(request, response, isHealth || handler !== undefined ? path : "other");
    if (isHealth) return this.#answerHealth(response);
    if (handler === undefined) return reply(response, 404, { error: `nothing at ${path}` });
    if (this.#fault !== null) return reply(response, 503, { error: this.#fault.reason });
    readBody(request)
      .then((body) =>
        this.context.tracer.serve(
          request.headers["traceparent"],
          { service: this.id, name: `POST ${path}` },
          () => handler(body),
        ),
      )
      .then((answer) => reply(response, 200, answer))
      .catch((error: unknown) => {
        // A sibling's failure is a bad gateway; its own message is passed on, so that the chain can be followed.
        const status =
          error instanceof Refusal ? error.status : error instanceof AskError ? 502 : 500;
        const message = error instanceof Error ? error.message : String(error);
        reply(response, status, { error: message });
      });
  }

  #answerHealth(response: ServerResponse): void {
    const fault = this.#fault;
    reply(response, fault === null ? 200 : 503, {
      status: fault === null ? "healthy" : "unhealthy",
      service: this.id,
      uptime_seconds: (this.context.now() - this.#startedAt) / 1000,
      ...(fault === null ? {} : { error: fault.reason }),
    });
  }
}

function reply(response: ServerResponse, status: number, body: JsonObject): void {
  if (response.headersSent || response.destroyed) return;
  const text = JSON.stringify(body);
  response
    .writeHead(status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(text),
    })
    .end(text);
}

async function readBody(request: IncomingMessage): Promise<JsonObject> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES)
      throw new Refusal(413, `a body has at most ${MAX_BODY_BYTES} bytes`);
    chunks.push(chunk);
  }
  if (bytes === 0) return {};
  try {
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    if (typeof body === "object" && body !== null && !Array.isArray(body)) return { ...body };
  } catch {
    // Refused below, with everything else that is no object.
  }
  throw new Refusal(400, "the body must be a JSON object");
}

/** A text field of a body. @throws Refusal (400) when it is missing, empty or long. */
export function textField(body: JsonObject, name: string): string {
  const value = body[name];
  if (typeof value !== "string" || value === "" || value.length > 4096) {
    throw new Refusal(400, `${name} must be a text of 1 to 4096 characters`);
  }
  return value;
}
