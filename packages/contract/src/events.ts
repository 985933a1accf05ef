import { z } from "zod";

import { Timestamp } from "./common.ts";

/** Names of the events that Fleetlight itself writes; agents may send others. */
export const EVENT_TYPES = [
  "service.registered",
  "service.updated",
  "service.removed",
  "service.status_changed",
  "alert.pending",
  "alert.firing",
  "alert.resolved",
  "coordination.finding",
  "coordination.finding_over",
  "budget.warned",
  "budget.spent",
  "checkpoint.refused",
  "config.reloaded",
  "config.rejected",
] as const;

/** One event as the API answers it. `service` is the id of the service it is about, or an empty string. */
export const FleetEvent = z.object({
  id: z.string(),
  at: Timestamp,
  type: z.string(),
  service: z.string(),
  attributes: z.record(z.string(), z.string()),
});
export type FleetEvent = z.infer<typeof FleetEvent>;

export const EventList = z.object({ events: z.array(FleetEvent), count: z.int() });
export type EventList = z.infer<typeof EventList>;
