import { z } from "zod";

import { Alert } from "./alerts.ts";
import { Severity, Timestamp } from "./common.ts";

/** What the host looks like now; null where the machine does not tell. */
export const HostFigures = z.object({
  hostname: z.string(),
  cpu_percent: z.number().nullable(),
  cpu_count: z.int(),
  load1: z.number().nullable(),
  memory_percent: z.number().nullable(),
  memory_used_bytes: z.number().nullable(),
  memory_total_bytes: z.number().nullable(),
  disk_percent: z.number().nullable(),
  disk_used_bytes: z.number().nullable(),
  disk_total_bytes: z.number().nullable(),
  network_receive_bytes_per_second: z.number().nullable(),
  network_transmit_bytes_per_second: z.number().nullable(),
});
export type HostFigures = z.infer<typeof HostFigures>;

/** `GET /api/v1/overview`: the fleet at a glance. */
export const Overview = z.object({
  timestamp: Timestamp,
  services: z.object({
    total: z.int(),
    healthy: z.int(),
    degraded: z.int(),
    unhealthy: z.int(),
    unknown: z.int(),
  }),
  alerts: z.object({
    firing: z.int(),
    pending: z.int(),
    by_severity: z.partialRecord(Severity, z.int()),
    /** At most ten, most severe and newest first. */
    latest: z.array(Alert),
  }),
  host: HostFigures,
  ingest: z.object({
    samples_per_second: z.number(),
    series: z.int(),
    samples_total: z.number(),
    targets: z.int(),
    targets_up: z.int(),
    /** Rows accepted but not yet in the store's tables (they are in the write-ahead file). */
    pending_rows: z.int(),
    store_bytes: z.number(),
  }),
  server: z.object({
    version: z.string(),
    uptime_seconds: z.number(),
    resident_bytes: z.number(),
    cpu_percent: z.number(),
    event_loop_delay_p99_seconds: z.number(),
  }),
});
export type Overview = z.infer<typeof Overview>;

/** `GET /health`: L5 and T5 in one; 200 when `status` is `healthy`, 503 when it is `degraded`. */
export const Health = z.object({
  status: z.enum(["healthy", "degraded"]),
  service: z.literal("fleetlight"),
  version: z.string(),
  timestamp: Timestamp,
  /** Seconds. */
  uptime: z.number(),
  total_services: z.int(),
  healthy_services: z.int(),
  metrics_collected: z.number(),
  last_update: Timestamp.nullable(),
  service_health: z.record(
    z.string(),
    z.object({
      healthy: z.boolean(),
      response_time: z.number().nullable(),
      status_code: z.union([z.int(), z.literal("ERROR")]).nullable(),
      last_check: Timestamp.nullable(),
      error: z.string().nullable(),
    }),
  ),
  dependencies: z.record(z.string(), z.string()),
  system: z.object({
    cpu_percent: z.number().nullable(),
    memory_percent: z.number().nullable(),
    disk_percent: z.number().nullable(),
  }),
  alerting: z.object({
    status: z.enum(["healthy", "degraded"]),
    rules: z.int(),
    firing: z.int(),
    evaluation_errors: z.int(),
    /** By how much the rule that waits longest is late. */
    evaluation_lag_seconds: z.number(),
    /** How late the latest group of alerts was told of. */
    flush_lag_seconds: z.number(),
    queued_notifications: z.int(),
    oldest_queued_seconds: z.number(),
    failed_notifications: z.int(),
    /** Channels that count as dead and are only tried now and then. */
    open_circuits: z.array(z.string()),
  }),
  configuration: z.object({
    status: z.enum(["ok", "rejected"]),
    loaded_at: Timestamp,
    /** Why the file on disk is not the one in force; null when it is. */
    error: z.string().nullable(),
  }),
});
export type Health = z.infer<typeof Health>;
