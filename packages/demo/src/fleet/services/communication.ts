import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";

import { MAX_BODY_BYTES } from "../ask.ts";
import type { JsonObject } from "../ask.ts";
import { Refusal, textField } from "../service.ts";
import type { DemoService } from "../service.ts";
import { followEvents } from "./event-feed.ts";
import type { FeedEvent } from "./event-feed.ts";

const MAX_CLIENTS = 100;
const MAX_CHANNELS_PER_CLIENT = 32;
/** Bytes waiting for a slow client, above which it is dropped. */
const MAX_BUFFERED_BYTES = 1024 * 1024;

/** Carries messages: `POST /publish` reaches every WebSocket that has subscribed to the channel. */
export function websocketService(service: DemoService): void {
  const { registry } = service;
  const clients = new Map<WebSocket, Set<string>>();
  registry
    .gauge({ name: "websocket_connections", help: "Open WebSockets." })
    .collect((gauge) => gauge.set(clients.size));
  const messages = registry.counter({
    name: "websocket_messages_total",
    help: "Messages, by direction.",
    labelNames: ["direction"],
  });
  const errors = registry.counter({
    name: "websocket_errors_total",
    help: "Clients refused, dropped or misunderstood.",
  });
  const hub = new WebSocketServer({ noServer: true, maxPayload: MAX_BODY_BYTES });

  const act = (socket: WebSocket, channels: Set<string>, raw: string): void => {
    messages.inc({ direction: "in" });
    let message: JsonObject = {};
    try {
      message = JSON.parse(raw) as JsonObject;
    } catch {
      errors.inc();
    }
    const channel = String(message["channel"] ?? "").slice(0, 128);
    if (message["action"] === "subscribe" && channels.size < MAX_CHANNELS_PER_CLIENT) {
      channels.add(channel);
    }
    if (message["action"] === "unsubscribe") channels.delete(channel);
    if (message["action"] === "ping") {
      socket.send(JSON.stringify({ action: "pong", timestamp: new Date().toISOString() }));
    }
  };

  service.server.on("upgrade", (request, socket, head) => {
    if (request.url !== "/ws" || service.fault !== null || clients.size >= MAX_CLIENTS) {
      errors.inc();
      socket.destroy();
      return;
    }
    hub.handleUpgrade(request, socket, head, (client) => {
      const channels = new Set<string>();
      clients.set(client, channels);
      client.on("message", (raw: Buffer) => act(client, channels, raw.toString()));
      client.on("error", () => errors.inc());
      client.on("close", () => clients.delete(client));
    });
  });
  service.onFault(() => {
    for (const client of clients.keys()) client.terminate();
  });

  service.route("/publish", (body) => {
    const channel = textField(body, "channel");
    const event = { type: textField(body, "type"), channel, data: body["data"] ?? {} };
    const text = JSON.stringify(event);
    let delivered = 0;
    for (const [client, channels] of clients) {
      if (!channels.has(channel)) continue;
      if (client.bufferedAmount > MAX_BUFFERED_BYTES) {
        errors.inc();
        client.terminate();
        continue;
      }
      client.send(text);
      delivered++;
    }
    messages.inc({ direction: "out" }, delivered);
    return { delivered };
  });
}

/** Events kept for replay; the oldest leave first. */
const MAX_EVENTS = 300;
const REPLAY_MS = 5000;

/** Keeps recent events, and repeats one now and then to see whether its answer is still the same. */
export function eventReplayDebugger(service: DemoService): void {
  const { registry, context } = service;
  const events: FeedEvent[] = [];
  registry
    .gauge({ name: "replay_events_stored", help: "Events kept for replay." })
    .collect((gauge) => gauge.set(events.length));
  const received = registry.counter({
    name: "replay_events_received_total",
    help: "Events received, by type.",
    labelNames: ["type"],
  });
  const replays = registry.counter({
    name: "replays_total",
    help: "Repeated events, by whether the answer was the same.",
    labelNames: ["outcome"],
  });

  followEvents(service, ["workflows", "training"], (event) => {
    events.push(event);
    if (events.length > MAX_EVENTS) events.shift();
    received.inc({ type: event.type });
  });

  const replay = async (): Promise<JsonObject> => {
    const candidates = events.filter((event) => event.data["type"] === "triage");
    const event = candidates[Math.floor(context.random() * candidates.length)];
    if (event === undefined) throw new Refusal(404, "there is no event to replay yet");
    const { text } = event.data["task"] as { text: string };
    const before = event.data["answer"] as { label: string };
    try {
      const now = await service.ask("ai-model-service", "/classify", { text });
      const outcome = now["label"] === before.label ? "match" : "mismatch";
      replays.inc({ outcome });
      return { id: event.data["id"], outcome, before, now };
    } catch (error) {
      replays.inc({ outcome: "error" });
      throw error;
    }
  };
  service.route("/replay", replay);
  service.route("/events", () => ({ events: events.slice(-20) }));
  service.every(REPLAY_MS, async () => {
    // Whether the model can be reached is counted; there is nothing else to do about it here.
    await replay().catch(() => {});
  });
}
