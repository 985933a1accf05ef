import { STATUS_CODES, type IncomingMessage, type Server } from "node:http";
import type { Duplex } from "node:stream";

import { ClientMessage, REALTIME_PROTOCOL, Topic, type ServerMessage } from "@fleetlight/contract";
import { WebSocketServer, type WebSocket } from "ws";

import { toService } from "#collect";
import {
  badRequest,
  describeError,
  FleetlightError,
  isoTime,
  notFound,
  overloaded,
  parseSelector,
} from "#lib";
import { toFleetEvent } from "#query";

import type { Doors } from "../doors.ts";
import { foreignOrigin, isOriginAllowed } from "../http/access.ts";
import { authorize } from "../http/auth.ts";
import { answerRaw, errorBody } from "../http/errors.ts";
import { tenantOf } from "../http/tenant.ts";
import { makeOverview } from "../views/overview.ts";
import { SampleFeed } from "./sample-feed.ts";

/** Bytes that may wait for a client; one that reads more slowly is dropped. */
const MAX_BUFFERED_BYTES = 4 << 20;
const MAX_CLIENTS = 500;
const MAX_MESSAGE_BYTES = 64 * 1024;
/** A client that does not answer a ping within this time is gone. */
const PING_INTERVAL_MS = 30_000;
/** Samples and services leave together this often. */
const SEND_INTERVAL_MS = 250;
const DEFAULT_TOPICS: readonly Topic[] = ["overview", "health", "alerts"];

class Client {
  readonly socket: WebSocket;
  readonly tenant: string;
  topics: Set<Topic> = new Set(DEFAULT_TOPICS);
  feed: SampleFeed | undefined;
  alive = true;

  constructor(socket: WebSocket, tenant: string) {
    this.socket = socket;
    this.tenant = tenant;
  }
}

/** Pushes what happens to everybody who listens on `/ws`. */
export class RealtimeHub {
  private readonly doors: Doors;
  private readonly server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  private readonly clients = new Set<Client>();
  /** Ids of services that changed since the last round, by tenant. */
  private readonly changed = new Map<string, Set<string>>();
  private readonly stops: (() => void)[] = [];
  /** Runs only while there are clients. */
  private sending: NodeJS.Timeout | undefined;
  private readonly dropped;
  private readonly sent;

  constructor(doors: Doors) {
    this.doors = doors;
    const { ownMetrics } = doors;
    this.dropped = ownMetrics.counter({
      name: "fleetlight_websocket_clients_dropped_total",
      help: "Live connections that were closed because the client read too slowly.",
    });
    this.sent = ownMetrics.counter({
      name: "fleetlight_websocket_messages_sent_total",
      help: "Messages pushed to live connections.",
    });
    ownMetrics
      .gauge({ name: "fleetlight_websocket_clients", help: "Live connections." })
      .collect((gauge) => gauge.set(this.clients.size));
  }

  /** Takes the upgrades of a server's `/ws`. */
  attach(server: Server): void {
    server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
      // The server no longer listens to this socket; without a listener a reset would end the process.
      socket.on("error", () => socket.destroy());
      try {
        const tenant = this.admit(request);
        this.server.handleUpgrade(request, socket, head, (webSocket) =>
          this.welcome(webSocket, tenant),
        );
      } catch (error) {
        refuse(socket, error);
      }
    });
  }

  /** The tenant that a connection is for. @throws FleetlightError when it is not let in. */
  private admit(request: IncomingMessage): string {
    const path = request.url?.split("?")[0] ?? "/";
    if (path !== "/ws") throw notFound("WebSocket", path);
    const config = this.doors.config();
    if (!isOriginAllowed(config, request.headers)) throw foreignOrigin();
    authorize(config, request, "read");
    if (this.clients.size >= MAX_CLIENTS)
      throw overloaded(`there are ${MAX_CLIENTS} live connections already`);
    return tenantOf(request);
  }

  start(): void {
    const { registry, alerts, telemetry } = this.doors;
    this.stops.push(
      registry.onChange(({ kind, tenant, service }) => {
        if (this.clients.size === 0) return;
        const { id } = service.registration;
        const changed = this.changed.get(tenant) ?? new Set();
        this.changed.set(tenant, changed);
        if (kind !== "removed") {
          changed.add(id);
          return;
        }
        changed.delete(id);
        this.publish(tenant, "health", { type: "service_removed", id });
      }),
      alerts.onAlert((tenant, alert) => this.publish(tenant, "alerts", { type: "alert", alert })),
      telemetry.events.onEvents((tenant, events) => {
        for (const event of events)
          this.publish(tenant, "events", { type: "event", event: toFleetEvent(event) });
      }),
    );
    const pinging = setInterval(() => this.ping(), PING_INTERVAL_MS);
    this.stops.push(
      () => clearInterval(this.sending),
      () => clearInterval(pinging),
    );
    this.scheduleOverview();
  }

  /** Says goodbye to everybody. */
  stop(): void {
    for (const stop of this.stops) stop();
    for (const client of this.clients) client.socket.close(1001, "the server is stopping");
    for (const client of this.clients) setTimeout(() => client.socket.terminate(), 500).unref();
    this.server.close();
  }

  private scheduleOverview(): void {
    // Asked anew each time, because a reload may change the pace.
    const timer = setTimeout(() => {
      this.sendOverviews();
      this.stops.splice(this.stops.indexOf(cancel), 1);
      this.scheduleOverview();
    }, this.doors.config().monitoring.refresh_interval);
    const cancel = () => clearTimeout(timer);
    this.stops.push(cancel);
  }

  private welcome(socket: WebSocket, tenant: string): void {
    const client = new Client(socket, tenant);
    this.clients.add(client);
    this.sending ??= setInterval(() => this.sendChanges(), SEND_INTERVAL_MS);
    socket.on("close", () => this.clients.delete(client));
    // After an error, such as a message that is too large, the socket says why and closes by itself.
    socket.on("error", () => {});
    socket.on("pong", () => (client.alive = true));
    socket.on("message", (data) => {
      try {
        this.handle(client, JSON.parse(String(data)));
      } catch (error) {
        const code = error instanceof FleetlightError ? error.code : "bad_request";
        this.send(client, { type: "error", error: { code, message: describeError(error) } });
      }
    });
    this.send(client, {
      type: "hello",
      protocol: REALTIME_PROTOCOL,
      server: "fleetlight",
      version: this.doors.version,
      topics: Topic.options,
    });
    this.send(client, this.makeOverview(tenant));
  }

  private handle(client: Client, data: unknown): void {
    const parsed = ClientMessage.safeParse(data);
    if (!parsed.success)
      throw badRequest(
        `the message is not one of subscribe, unsubscribe, ping: ${parsed.error.issues[0]?.message ?? ""}`,
      );
    const message = parsed.data;
    if (message.type === "ping")
      return this.send(client, { type: "pong", timestamp: isoTime(this.doors.now()) });
    const topics = new Set(client.topics);
    if (message.type === "unsubscribe") {
      for (const topic of message.topics) topics.delete(topic);
      if (!topics.has("samples")) client.feed = undefined;
    } else {
      for (const topic of message.topics) topics.add(topic);
      if (message.match !== undefined)
        client.feed = new SampleFeed(
          this.doors.telemetry.metrics,
          client.tenant,
          message.match.map(parseSelector),
          this.doors.now,
        );
    }
    client.topics = topics;
    this.send(client, { type: "subscribed", topics: [...topics] });
  }

  private listeners(topic: Topic): Client[] {
    return [...this.clients].filter((client) => client.topics.has(topic));
  }

  private publish(tenant: string, topic: Topic, message: ServerMessage): void {
    const clients = this.listeners(topic).filter((client) => client.tenant === tenant);
    if (clients.length === 0) return;
    const text = JSON.stringify(message);
    for (const client of clients) this.sendText(client, text);
  }

  private sendOverviews(): void {
    const tenants = new Set(this.listeners("overview").map((client) => client.tenant));
    for (const tenant of tenants) this.publish(tenant, "overview", this.makeOverview(tenant));
  }

  private makeOverview(tenant: string): ServerMessage {
    const overview = makeOverview(this.doors, tenant);
    return {
      type: "overview",
      timestamp: overview.timestamp,
      metrics_count: overview.ingest.series,
      active_alerts: overview.alerts.firing,
      services_count: overview.services.total,
      system_load: overview.host.load1,
      memory_usage: overview.host.memory_percent,
      overview,
    };
  }

  private sendChanges(): void {
    const changed = [...this.changed];
    this.changed.clear();
    if (this.clients.size === 0) {
      clearInterval(this.sending);
      this.sending = undefined;
      return;
    }
    for (const [tenant, ids] of changed)
      for (const id of ids) {
        const service = this.doors.registry.get(tenant, id);
        if (service !== undefined)
          this.publish(tenant, "health", { type: "service", service: toService(service) });
      }
    for (const client of this.listeners("samples")) {
      const series = client.feed?.next() ?? [];
      if (series.length > 0) this.send(client, { type: "samples", series });
    }
  }

  private send(client: Client, message: ServerMessage): void {
    this.sendText(client, JSON.stringify(message));
  }

  private sendText(client: Client, text: string): void {
    if (client.socket.readyState !== client.socket.OPEN) return;
    if (client.socket.bufferedAmount > MAX_BUFFERED_BYTES) {
      this.dropped.inc();
      client.socket.terminate();
      return;
    }
    this.sent.inc();
    client.socket.send(text);
  }

  private ping(): void {
    for (const client of this.clients) {
      if (!client.alive) {
        client.socket.terminate();
        continue;
      }
      client.alive = false;
      client.socket.ping();
    }
  }
}

/** Answers an upgrade that is not wanted, in the words of the API's errors. */
function refuse(socket: Duplex, error: unknown): void {
  const { status, code, message } =
    error instanceof FleetlightError ? error : badRequest(describeError(error));
  answerRaw(socket, status, STATUS_CODES[status] ?? "Error", errorBody(code, message));
}
