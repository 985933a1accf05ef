import type { BudgetTables } from "./budget-tables.ts";
import type { OnCallTables } from "./oncall-tables.ts";

/**
 * Tables as Kysely sees them. Times are Unix milliseconds, booleans are 0 or 1 and documents are JSON text, because
 * SQLite and PostgreSQL agree on these.
 */
export interface StateTables extends OnCallTables, BudgetTables {
  services: {
    tenant: string;
    id: string;
    origin: string;
    registration: string;
    status: string;
    status_since_ms: number;
    registered_at_ms: number;
    updated_at_ms: number;
    last_heartbeat_ms: number | null;
  };
  rules: {
    tenant: string;
    id: string;
    definition: string;
    created_at_ms: number;
    updated_at_ms: number;
  };
  rule_overrides: {
    tenant: string;
    id: string;
    enabled: number;
    updated_at_ms: number;
  };
  alerts: {
    tenant: string;
    id: string;
    fingerprint: string;
    state: string;
    document: string;
    resolved_at_ms: number | null;
    updated_at_ms: number;
  };
  notifications: {
    id: string;
    tenant: string;
    group_key: string;
    receiver: string;
    integration: string;
    target: string;
    status: string;
    state: string;
    reason: string;
    body: string;
    attempts: number;
    reference: string | null;
    created_at_ms: number;
    next_attempt_at_ms: number | null;
  };
  notification_alerts: {
    notification_id: string;
    tenant: string;
    fingerprint: string;
    alert_id: string | null;
    status: string;
  };
  notification_attempts: {
    notification_id: string;
    number: number;
    at_ms: number;
    duration_ms: number;
    ok: number;
    status_code: number | null;
    error: string | null;
  };
  notification_log: {
    tenant: string;
    group_key: string;
    channel: string;
    firing: string;
    resolved: string;
    open: string;
    notification_id: string;
    at_ms: number;
  };
  alert_groups: {
    tenant: string;
    group_key: string;
    next_flush_ms: number;
  };
  told_alerts: {
    tenant: string;
    fingerprint: string;
    at_ms: number;
  };
  silences: {
    tenant: string;
    id: string;
    document: string;
    ends_at_ms: number;
  };
  received_alerts: {
    tenant: string;
    fingerprint: string;
    document: string;
    ends_at_ms: number;
  };
  settings: {
    setting_key: string;
    value: string;
    updated_at_ms: number;
  };
  schema_migrations: {
    number: number;
    name: string;
    applied_at_ms: number;
  };
}
