import type {
  Alert,
  AlertRuleInput,
  Delivery,
  DeliveryAttempt,
  ServiceOrigin,
  ServiceRegistration,
  ServiceStatus,
} from "@fleetlight/contract";

import type { BudgetRepository } from "./budgets.ts";
import type { FindingRepository } from "./findings.ts";
import type { IncidentRepository } from "./incident-records.ts";
import type { MaintenanceRepository } from "./maintenance.ts";
import type { OnCallRepository } from "./oncall.ts";

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
}

/** An alert of a notification, as far as it can be asked for. */
interface ToldAlert {
  fingerprint: string;
  /** Null for one from outside. */
  alertId: string | null;
  status: Delivery["status"];
}

/** A notification on its way into the outbox. */
export interface NewNotification {
  /** Names the notification for ever, also towards the receiver. Equal id: the first one stays. */
  id: string;
  tenant: string;
  groupKey: string;
  receiver: string;
  /** Kind and place inside of the receiver: `webhook[0]`. */
  integration: string;
  /** Where it goes, without secrets. */
  target: string;
  status: Delivery["status"];
  reason: Delivery["reason"];
  body: string;
  createdAtMs: number;
  alerts: readonly ToldAlert[];
}

/** What the deliverer needs to know of a notification before it is due; the body stays in the store. */
export interface PendingNotification {
  id: string;
  tenant: string;
  groupKey: string;
  receiver: string;
  integration: string;
  status: Delivery["status"];
  reason: Delivery["reason"];
  createdAtMs: number;
  nextAttemptAtMs: number;
  attempts: number;
}

/** What an integration was told last about a group of alerts; lists are of fingerprints. */
export interface LogEntry {
  tenant: string;
  groupKey: string;
  channel: string;
  firing: readonly string[];
  resolved: readonly string[];
  /** Those that it believes to fire. */
  open: readonly string[];
  notificationId: string;
  atMs: number;
}

interface GroupTick {
  tenant: string;
  groupKey: string;
  nextFlushMs: number;
}

interface ToldSeries {
  tenant: string;
  fingerprint: string;
  atMs: number;
}

/** What is written together when groups of alerts are told of. */
export interface NotificationBatch {
  notifications: readonly NewNotification[];
  /** Undelivered notifications, each with the one that takes its place, its attempts and its age. */
  superseded: readonly { id: string; by: string }[];
  log: readonly LogEntry[];
  groups: readonly GroupTick[];
  told: readonly ToldSeries[];
}

/** The notification log: it decides what is told again. */
export interface NotificationLogRepository {
  entries(): Promise<LogEntry[]>;
  groups(): Promise<GroupTick[]>;
  /** When alerts were last told of, oldest first. */
  told(sinceMs: number): Promise<ToldSeries[]>;
  /** All or nothing; resolves when durable. */
  commit(batch: NotificationBatch): Promise<void>;
  forget(gone: {
    entries: readonly Pick<LogEntry, "tenant" | "groupKey" | "channel">[];
    groups: readonly Pick<GroupTick, "tenant" | "groupKey">[];
  }): Promise<void>;
  pruneTold(beforeMs: number): Promise<void>;
}

export interface StoredSilence {
  tenant: string;
  id: string;
  matchers: readonly { name: string; operator: "=" | "!=" | "=~" | "!~"; value: string }[];
  startsAtMs: number;
  endsAtMs: number;
  updatedAtMs: number;
  createdBy: string;
  comment: string;
}

/** Silences of all tenants; `put` replaces by (tenant, id), all or nothing, and resolves when durable. */
export interface SilenceRepository {
  list(): Promise<StoredSilence[]>;
  put(silences: readonly StoredSilence[]): Promise<void>;
  prune(endedBeforeMs: number): Promise<void>;
}

/** An alert that came from outside; what it says is kept as it is. */
export interface ReceivedAlert {
  tenant: string;
  fingerprint: string;
  document: unknown;
  endsAtMs: number;
}

/** Alerts from outside, of all tenants; `put` replaces by (tenant, fingerprint), all or nothing. */
export interface ReceivedAlertRepository {
  list(): Promise<ReceivedAlert[]>;
  put(alerts: readonly ReceivedAlert[]): Promise<void>;
  prune(endedBeforeMs: number): Promise<void>;
}

/** How long resolved alerts are kept. */
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
  /**
   * Writes alerts by (tenant, id), all or nothing; resolves when durable. An alert that is resolved without ever having
   * fired is forgotten instead.
   */
  transition(alerts: readonly StoredAlert[]): Promise<void>;
  /** Drops resolved alerts beyond the limits. @returns alerts dropped. */
  prune(limits: HistoryLimits): Promise<number>;
}

/** State of a notification after an attempt; `nextAttemptAtMs` is null unless the state is `pending`. */
export interface DeliveryOutcome {
  state: Delivery["state"];
  nextAttemptAtMs: number | null;
  /** What the channel wants to know at the next attempt. */
  reference?: string | undefined;
}

export interface OutboxCounts {
  pending: number;
  failed: number;
  /** Creation of the oldest pending notification. */
  oldestPendingMs: number | null;
}

export interface DeliveryFilter {
  alertId?: string | undefined;
  fingerprint?: string | undefined;
  limit: number;
}

export interface OutboxRepository {
  /** Undelivered notifications, oldest first. */
  pending(limit: number): Promise<PendingNotification[]>;
  /** What is to be sent and what the latest attempt left; undefined when it is not pending any more. */
  message(id: string): Promise<{ body: string; reference: string | null } | undefined>;
  /** What a notification told, whatever became of it. */
  content(id: string): Promise<{ body: string; alertIds: Map<string, string | null> } | undefined>;
  /** The notification about a group that a channel (`ops/slack[0]`) delivered last, and what that left. */
  latestDelivered(
    tenant: string,
    groupKey: string,
    channel: string,
  ): Promise<{ status: "firing" | "resolved"; reference: string | undefined } | undefined>;
  /** Resolves when durable. */
  add(notifications: readonly NewNotification[]): Promise<void>;
  /** What became of earlier notifications, to the same integration, that alerts of this one fire. */
  beginnings(notification: PendingNotification): Promise<Set<"delivered" | "failed">>;
  /** Adds an attempt and what follows from it, in one transaction. */
  record(
    id: string,
    attempt: DeliveryAttempt,
    outcome: DeliveryOutcome,
    followUps?: readonly NewNotification[],
  ): Promise<void>;
  /** Deliveries of a tenant, newest first, each with at most its latest 100 attempts. */
  list(tenant: string, filter: DeliveryFilter): Promise<Delivery[]>;
  counts(): Promise<OutboxCounts>;
  /** Drops finished notifications that the log does not need. @returns how many. */
  prune(createdBeforeMs: number): Promise<number>;
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
  readonly notificationLog: NotificationLogRepository;
  readonly silences: SilenceRepository;
  readonly receivedAlerts: ReceivedAlertRepository;
  readonly settings: SettingRepository;
  readonly oncall: OnCallRepository;
  readonly incidents: IncidentRepository;
  readonly maintenance: MaintenanceRepository;
  readonly budgets: BudgetRepository;
  readonly findings: FindingRepository;
  /** Asks the database a trivial question. */
  ping(): Promise<void>;
  /** Closes at once; what is under way fails and leaves nothing half done. */
  close(): Promise<void>;
}
