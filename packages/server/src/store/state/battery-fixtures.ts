import type { Alert, AlertRuleInput, DeliveryAttempt } from "@fleetlight/contract";
import { isoTime } from "#lib";

import type {
  LogEntry,
  NewNotification,
  NotificationBatch,
  StoredAlert,
  StoredService,
} from "./types.ts";

export const T0 = Date.UTC(2026, 10, 21, 7);

export const service = (
  tenant: string,
  id: string,
  more: Partial<StoredService> = {},
): StoredService => ({
  tenant,
  origin: "api",
  registration: {
    id,
    name: `The "${id}" — süd`,
    type: "agent",
    url: "http://127.0.0.1:9000",
    health_endpoint: "/health",
    metrics_endpoint: "/metrics",
    labels: { zone: "a'b\\c" },
  },
  status: "unknown",
  statusSinceMs: T0,
  registeredAtMs: T0,
  updatedAtMs: T0,
  lastHeartbeatMs: null,
  ...more,
});

export const rule = (id: string): AlertRuleInput => ({
  id,
  name: "Queue is long",
  description: "",
  metric: 'queue_length{job="api"}',
  condition: ">",
  threshold: 10.5,
  severity: "warning",
  enabled: true,
  for_duration: 0,
  keep_firing_for: 0,
  no_data: "ok",
  on_error: "keep",
  labels: {},
  annotations: { summary: "nul \u0000 and emoji 🚨" },
});

export const alert = (id: string, more: Partial<Alert> = {}): Alert => ({
  id,
  fingerprint: `fp-${id}`,
  rule_id: "queue",
  name: "Queue is long",
  state: "firing",
  severity: "warning",
  service: "api",
  metric: "queue_length",
  expr: "",
  condition: ">",
  threshold: 10.5,
  value: 12,
  labels: { job: "api" },
  annotations: {},
  active_at: isoTime(T0),
  fired_at: isoTime(T0),
  keep_firing_since: null,
  resolved_at: null,
  updated_at: isoTime(T0),
  ...more,
});

export const stored = (one: Alert, more: Partial<StoredAlert> = {}): StoredAlert => ({
  tenant: "default",
  alert: one,
  ...more,
});

export const resolved = (id: string, atMs: number, more: Partial<Alert> = {}): Alert =>
  alert(id, { state: "resolved", resolved_at: isoTime(atMs), updated_at: isoTime(atMs), ...more });

export const notification = (id: string, more: Partial<NewNotification> = {}): NewNotification => ({
  id,
  tenant: "default",
  groupKey: '{}:{alertname="Queue is long"}',
  receiver: "ops",
  integration: "webhook[0]",
  target: "example.org/hook",
  status: "firing",
  reason: "group",
  body: `{"id":"${id}"}`,
  createdAtMs: T0,
  alerts: [{ fingerprint: "00112233aabbccdd", alertId: "a1", status: more.status ?? "firing" }],
  ...more,
});

export const logEntry = (more: Partial<LogEntry> = {}): LogEntry => ({
  tenant: "default",
  groupKey: "{}:{}",
  channel: "ops/webhook[0]",
  firing: ["00112233aabbccdd"],
  resolved: [],
  open: ["00112233aabbccdd", "ffffffffffffffff"],
  notificationId: "n1",
  atMs: T0,
  ...more,
});

/** A batch of what is given and nothing else. */
export const batch = (more: Partial<NotificationBatch>): NotificationBatch => ({
  notifications: [],
  superseded: [],
  log: [],
  groups: [],
  told: [],
  ...more,
});

export const attempt = (ok: boolean, error: string | null = null): DeliveryAttempt => ({
  at: isoTime(T0 + 5),
  duration_seconds: 0.25,
  ok,
  status_code: ok ? 200 : 503,
  error,
});

export const idsOf = (found: readonly StoredAlert[]): string[] => found.map((one) => one.alert.id);
