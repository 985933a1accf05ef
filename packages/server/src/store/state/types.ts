import type {
  Alert,
  AlertRuleInput,
  Delivery,
  DeliveryAttempt,
  ServiceOrigin,
  ServiceRegistration,
  ServiceStatus,
} from "@fleetlight/contract";

/** One service of a tenant as it is kept; everything that must survive a restart. */
export interface StoredService {
  tenant: string;
  origin: ServiceOrigin;
  registration: ServiceRegistration;
  status: ServiceStatus;
  /** Unix milliseconds since when `status` holds. */
  statusSinceMs: number;
  registeredAtMs: number;
  updatedAtMs: number;
  lastHeartbeatMs: number | null;
}

/**
 * The services of all tenants. `put` replaces by (tenant, registration.id); it and `remove` resolve once the change is
 * durable. Removing what is not there is no error. `list` answers in no order.
 */
export interface ServiceRepository {
  list(): Promise<StoredService[]>;
  put(service: StoredService): Promise<void>;
  remove(tenant: string, id: string): Promise<void>;
}

/** A rule that was made through the API. */
export interface StoredRule {
  tenant: string;
  rule: AlertRuleInput;
  createdAtMs: number;
  updatedAtMs: number;
}

/** Somebody switched a rule of the configuration, or a built-in one, on or off for one tenant. */
export interface RuleOverride {
  tenant: string;
  id: string;
  enabled: boolean;
  updatedAtMs: number;
}

/** Rules of all tenants; `put` replaces by (tenant, id), removing what is not there is no error, lists have no order. */
export interface RuleRepository {
  list(): Promise<StoredRule[]>;
  put(rule: StoredRule): Promise<void>;
  remove(tenant: string, id: string): Promise<void>;
  overrides(): Promise<RuleOverride[]>;
  putOverride(override: RuleOverride): Promise<void>;
  removeOverride(tenant: string, id: string): Promise<void>;
}

/** An alert with what the pipeline remembers of it. */
export interface StoredAlert {
  tenant: string;
  alert: Alert;
  /** Channels that the beginning was sent to; the end goes to the same ones. */
  receivers: readonly string[];
  /** When the beginning was handed to `receivers`; null while nobody was told. Starts the cooldown. */
  notifiedAtMs: number | null;
}

/** A notification on its way into the outbox. */
export interface NewDelivery {
  /** Names the delivery for ever, also towards the receiver. Equal key: the first one stays. */
  key: string;
  tenant: string;
  alertId: string;
  channel: string;
  /** Where it goes, without secrets. */
  target: string;
  status: Delivery["status"];
  body: string;
  createdAtMs: number;
}

/** What the dispatcher needs to know of a delivery before it is due; the body stays in the store. */
export interface PendingDelivery {
  key: string;
  tenant: string;
  alertId: string;
  channel: string;
  status: Delivery["status"];
  createdAtMs: number;
  nextAttemptAtMs: number;
  attempts: number;
}

/** When an alert's series was last told about. */
export interface NotifiedSeries {
  tenant: string;
  fingerprint: string;
  notifiedAtMs: number;
}

/** How long resolved alerts and their deliveries are kept. */
export interface HistoryLimits {
  olderThanMs: number;
  maxAlertsPerTenant: number;
}

export interface AlertRepository {
  /** Pending and firing alerts of all tenants, oldest first. */
  active(): Promise<StoredAlert[]>;
  get(tenant: string, id: string): Promise<StoredAlert | undefined>;
  /** Resolved alerts that fired, latest resolved first. */
  history(tenant: string, sinceMs: number, limit: number): Promise<StoredAlert[]>;
  /** Alerts of all tenants, resolved ones too, that changed since; oldest change first. */
  changedSince(sinceMs: number, limit: number): Promise<StoredAlert[]>;
  /** Series with a notification since then, each with its latest one. */
  notifiedSince(sinceMs: number): Promise<NotifiedSeries[]>;
  /**
   * Writes alerts by (tenant, id) and puts deliveries into the outbox, all or nothing; resolves when durable.
   * An alert that is resolved without ever having fired is forgotten instead.
   */
  transition(alerts: readonly StoredAlert[], deliveries: readonly NewDelivery[]): Promise<void>;
  /** Drops resolved alerts beyond the limits, and finished deliveries of alerts that are gone. @returns alerts dropped. */
  prune(limits: HistoryLimits): Promise<number>;
}

/** State of a delivery after an attempt; `nextAttemptAtMs` is null unless the state is `pending`. */
export interface DeliveryOutcome {
  state: Delivery["state"];
  nextAttemptAtMs: number | null;
}

export interface OutboxCounts {
  pending: number;
  failed: number;
  /** Creation of the oldest pending delivery. */
  oldestPendingMs: number | null;
}

export interface OutboxRepository {
  /** Undelivered notifications, oldest first. */
  pending(limit: number): Promise<PendingDelivery[]>;
  body(key: string): Promise<string | undefined>;
  /** State of a delivery; undefined when there is none under that key. */
  stateOf(key: string): Promise<Delivery["state"] | undefined>;
  /** Adds an attempt and what follows from it, in one transaction. */
  record(key: string, attempt: DeliveryAttempt, outcome: DeliveryOutcome): Promise<void>;
  /** Deliveries of a tenant, newest first, each with at most its latest 100 attempts. */
  list(tenant: string, alertId: string | undefined, limit: number): Promise<Delivery[]>;
  counts(): Promise<OutboxCounts>;
}

/** Small texts by key, for whoever needs to remember one. */
export interface SettingRepository {
  get(key: string): Promise<string | undefined>;
  put(key: string, value: string): Promise<void>;
  remove(key: string): Promise<void>;
}

/** Everything that must survive a restart and is not telemetry. */
export interface StateStore {
  readonly services: ServiceRepository;
  readonly rules: RuleRepository;
  readonly alerts: AlertRepository;
  readonly outbox: OutboxRepository;
  readonly settings: SettingRepository;
  /** Asks the database a trivial question. */
  ping(): Promise<void>;
  /** Closes at once; what is under way fails and leaves nothing half done. */
  close(): Promise<void>;
}
