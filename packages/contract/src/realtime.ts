import { z } from "zod";

import { Alert } from "./alerts.ts";
import { FleetEvent } from "./events.ts";
import { Overview } from "./overview.ts";
import { Service } from "./services.ts";

/** Version of the protocol spoken on `/ws`; raised when a message changes its meaning. */
export const REALTIME_PROTOCOL = 1;

/** What a client may subscribe to. A client that never subscribes gets `overview`, `health` and `alerts`. */
export const Topic = z.enum(["overview", "health", "alerts", "events", "samples"]);
export type Topic = z.infer<typeof Topic>;

/** Client to server. */
export const ClientMessage = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("subscribe"),
    topics: z.array(Topic).min(1).max(16),
    /** With `samples`: instant selectors of the series to follow; they replace those of an earlier subscription. */
    match: z.array(z.string().min(1).max(4096)).max(32).optional(),
  }),
  z.object({ type: z.literal("unsubscribe"), topics: z.array(Topic).min(1).max(16) }),
  z.object({ type: z.literal("ping") }),
]);
export type ClientMessage = z.infer<typeof ClientMessage>;

/** Server to client. */
export const ServerMessage = z.discriminatedUnion("type", [
  z.object({
    type: z.literal("hello"),
    protocol: z.int(),
    server: z.literal("fleetlight"),
    version: z.string(),
    topics: z.array(Topic),
  }),
  z.object({ type: z.literal("subscribed"), topics: z.array(Topic) }),
  z.object({ type: z.literal("pong"), timestamp: z.string() }),
  /** Topic `overview`, each `monitoring.refresh_interval`; the flat fields are those of the dashboard it replaces. */
  z.object({
    type: z.literal("overview"),
    timestamp: z.string(),
    metrics_count: z.int(),
    active_alerts: z.int(),
    services_count: z.int(),
    system_load: z.number().nullable(),
    memory_usage: z.number().nullable(),
    overview: Overview,
  }),
  /** Topic `health`: a service was registered, changed, checked or scraped. */
  z.object({ type: z.literal("service"), service: Service }),
  z.object({ type: z.literal("service_removed"), id: z.string() }),
  /** Topic `alerts`: an alert began, changed its state or its value. */
  z.object({ type: z.literal("alert"), alert: Alert }),
  /** Topic `events`. */
  z.object({ type: z.literal("event"), event: FleetEvent }),
  /** Topic `samples`: new samples since the last message; each series' labels come once, before its first sample. */
  z.object({
    type: z.literal("samples"),
    series: z.array(
      z.object({
        id: z.string(),
        labels: z.record(z.string(), z.string()).optional(),
        timestamps: z.array(z.number()),
        values: z.array(z.number().nullable()),
      }),
    ),
  }),
  z.object({
    type: z.literal("error"),
    error: z.object({ code: z.string(), message: z.string() }),
  }),
]);
export type ServerMessage = z.infer<typeof ServerMessage>;
