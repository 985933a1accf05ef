/**
 * Tables as Kysely sees them. Times are Unix milliseconds, booleans are 0 or 1 and documents are JSON text, because
 * SQLite and PostgreSQL agree on these.
 */
export interface StateTables {
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
    receivers: string;
    notified_at_ms: number | null;
    resolved_at_ms: number | null;
    updated_at_ms: number;
  };
  deliveries: {
    delivery_key: string;
    tenant: string;
    alert_id: string;
    channel: string;
    target: string;
    status: string;
    state: string;
    body: string;
    attempts: number;
    created_at_ms: number;
    next_attempt_at_ms: number | null;
  };
  delivery_attempts: {
    delivery_key: string;
    number: number;
    at_ms: number;
    duration_ms: number;
    ok: number;
    status_code: number | null;
    error: string | null;
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
