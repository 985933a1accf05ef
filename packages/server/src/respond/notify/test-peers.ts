import { once } from "node:events";
import { readFile } from "node:fs/promises";
import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

import { createLogger, createOutbound } from "#lib";

import { createTemplates } from "../templates/index.ts";
import type { ChannelContext, Notification, NotifiedAlert } from "./channel.ts";

/** What a receiver of the tests does with one request. */
export type PeerAnswer =
  | { status?: number; headers?: Record<string, string>; body?: unknown }
  /** The connection is closed before a word was said. */
  | "hang up"
  /** Half of an answer, then nothing more. */
  | "cut"
  /** Never answers. */
  | "silence";

export interface ReceivedRequest {
  method: string;
  /** Path and query. */
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** A receiver of HTTP on this machine that answers as it is told; a real one, with sockets. */
export class HttpPeer {
  readonly requests: ReceivedRequest[] = [];
  /** Given to the next requests in their order; then comes `usual`. */
  next: PeerAnswer[] = [];
  usual: PeerAnswer = { status: 200, body: {} };
  private readonly server: Server;

  constructor() {
    this.server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const { method = "", url = "", headers } = request;
        this.requests.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
        give(response, this.next.shift() ?? this.usual);
      });
    });
  }

  async start(): Promise<this> {
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** The bodies that came, read as JSON. */
  json<T = Record<string, unknown>>(): T[] {
    return this.requests.map(({ body }) => JSON.parse(body) as T);
  }

  reset(): void {
    this.requests.length = 0;
    this.next = [];
    this.usual = { status: 200, body: {} };
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }
}

function give(response: ServerResponse, answer: PeerAnswer): void {
  if (answer === "silence") return;
  if (answer === "hang up") {
    response.socket?.destroy();
    return;
  }
  if (answer === "cut") {
    response.writeHead(200, { "content-length": "1000" });
    response.write('{"status":');
    setTimeout(() => response.socket?.destroy(), 10);
    return;
  }
  const { status = 200, headers = {}, body = "" } = answer;
  response.writeHead(status, headers);
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

export const NOW_MS = Date.UTC(2026, 10, 21, 12);

export const firingAlert = (
  labels: Record<string, string>,
  rest: Partial<NotifiedAlert> = {},
): NotifiedAlert => ({
  status: "firing",
  labels,
  annotations: {},
  startsAt: "2026-11-21T11:00:00.000Z",
  endsAt: "0001-01-01T00:00:00Z",
  generatorURL: "http://prometheus.example/graph?g0.expr=up",
  fingerprint: "0011223344556677",
  ...rest,
});

/** A notification of one alert that fires, or of whatever `rest` says. */
export function sampleNotification(rest: Partial<Notification> = {}): Notification {
  const labels = { alertname: "QueueTooLong", severity: "critical", service: "worker" };
  const annotations = { summary: "The queue has 120 tasks" };
  return {
    id: "n1",
    tenant: "default",
    receiver: "ops",
    integration: "test[0]",
    groupKey: '{}:{alertname="QueueTooLong"}',
    status: "firing",
    alerts: [firingAlert(labels, { annotations })],
    groupLabels: { alertname: "QueueTooLong" },
    commonLabels: labels,
    commonAnnotations: annotations,
    externalUrl: "http://fleetlight.example",
    createdAtMs: NOW_MS,
    reason: "group",
    ...rest,
  };
}

/** The same group, later: all is well again. */
export const resolvedNotification = (rest: Partial<Notification> = {}): Notification => {
  const firing = sampleNotification();
  return {
    ...firing,
    id: "n2",
    status: "resolved",
    alerts: firing.alerts.map((alert) => ({
      ...alert,
      status: "resolved",
      endsAt: "2026-11-21T11:30:00.000Z",
    })),
    ...rest,
  };
};

/** Everything that a channel is given, with real connections to this machine. */
export function testContext(): ChannelContext & { stop: () => Promise<void> } {
  const outbound = createOutbound({ allowLinkLocal: false, allowAddresses: [] });
  return {
    receiver: "ops",
    outbound,
    client: () => outbound,
    now: () => NOW_MS,
    templates: createTemplates([], { now: () => NOW_MS }),
    externalUrl: "http://fleetlight.example",
    logger: createLogger({ level: "silent", format: "json" }, { version: "test" }),
    readSecretFile: async (path) => (await readFile(path, "utf8")).trim(),
    stop: () => outbound.close(),
  };
}
