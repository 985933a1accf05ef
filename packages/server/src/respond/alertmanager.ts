import type { RouteConfig } from "#config";
import type { Matcher, MatchOperator } from "#lib";

import type { Notification, NotificationChannel, PipelineAlert, SendResult } from "./types.ts";

/** An alert as it is handed in from outside, already checked: what API v2 takes. */
export interface PostedAlert {
  /** Empty values are left out; at least one label MUST remain. */
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** Unix milliseconds; now when left out, or the end if that is earlier. */
  startsAtMs?: number | undefined;
  /** When left out the alert ends `resolve_timeout` after it was last handed in. */
  endsAtMs?: number | undefined;
  generatorUrl?: string | undefined;
}

/** Why somebody is not told of an alert right now. Every list is empty for an alert that is active. */
export interface AlertStatus {
  /** `unprocessed` while no group has the alert, which happens only when there are too many groups. */
  state: "active" | "suppressed" | "unprocessed";
  /** Ids of silences. */
  silencedBy: readonly string[];
  /** Fingerprints of alerts. */
  inhibitedBy: readonly string[];
  /** Names of time intervals that mute the alert on every route that it takes. */
  mutedBy: readonly string[];
  /** Ids of maintenance windows. */
  maintenanceBy: readonly string[];
  /** Fingerprints of alerts of services that this alert's service depends on. */
  dependsOn: readonly string[];
  /** Who acknowledged the alert; null when nobody has. */
  acknowledgedBy: string | null;
}

/** An alert that is known, with what becomes of it. */
export interface AlertView {
  alert: PipelineAlert;
  status: AlertStatus;
  /** Names of the receivers that its routes lead to. */
  receivers: readonly string[];
}

/** What {@link Alertmanager.alerts} and {@link Alertmanager.groups} answer; a kind left out is included. */
export interface AlertFilter {
  /** All must match. */
  matchers?: readonly Matcher[] | undefined;
  /** Matches the whole name of a receiver. */
  receiver?: ((name: string) => boolean) | undefined;
  /** False leaves these out: alerts that are neither silenced nor inhibited, and so on. */
  active?: boolean | undefined;
  silenced?: boolean | undefined;
  inhibited?: boolean | undefined;
  muted?: boolean | undefined;
  unprocessed?: boolean | undefined;
}

/** Alerts that are told of together. */
export interface AlertGroupView {
  /** As in notifications: `{}/{team="a"}:{alertname="b"}`. */
  key: string;
  labels: Readonly<Record<string, string>>;
  receiver: string;
  /** Place of the route in the tree, as in `RouteConfig.id`. */
  routeId: string;
  /** When its timer is due, Unix milliseconds. */
  nextFlushMs: number;
  alerts: AlertView[];
}

export interface SilenceMatcher {
  name: string;
  operator: MatchOperator;
  value: string;
}

export type SilenceState = "pending" | "active" | "expired";

export interface Silence {
  tenant: string;
  id: string;
  matchers: readonly SilenceMatcher[];
  startsAtMs: number;
  endsAtMs: number;
  updatedAtMs: number;
  createdBy: string;
  comment: string;
}

export type SilenceView = Silence & { state: SilenceState };

/** A silence as somebody wants it; with the id of one that exists it changes that one. */
export interface SilenceInput {
  id?: string | undefined;
  matchers: readonly SilenceMatcher[];
  startsAtMs: number;
  endsAtMs: number;
  createdBy: string;
  comment: string;
}

/** The silences of every tenant. Changes are durable when their promise resolves, and in force from then on. */
export interface Silences {
  /** Newest end last, as upstream sorts: active ones first, then pending, then expired. */
  list(tenant: string, filter?: { matchers?: readonly Matcher[] | undefined }): SilenceView[];
  get(tenant: string, id: string): SilenceView | undefined;
  /**
   * Makes a silence, or changes one: the id stays when history is not changed by that, else the old one is expired
   * and a new one made, as upstream does.
   * @param options.confirmed whether a silence that would match every alert is meant so
   * @throws FleetlightError `not_found` for an unknown id, `bad_request`, or `limit_reached`.
   */
  set(tenant: string, input: SilenceInput, options?: { confirmed?: boolean }): Promise<SilenceView>;
  /** @throws FleetlightError `not_found`, or `bad_request` when it is over already. */
  expire(tenant: string, id: string): Promise<SilenceView>;
  /** Active silences that match these labels. */
  matching(tenant: string, labels: Readonly<Record<string, string>>): SilenceView[];
  /** Alerts that a silence with these matchers would match. */
  preview(tenant: string, matchers: readonly SilenceMatcher[]): PipelineAlert[];
}

/** One node on the way of an alert through the route tree. */
export interface RouteStep {
  route: RouteConfig;
  /** Whether the alert is told of by this node, and not only passes it. */
  isLeaf: boolean;
  /** Names of mute intervals that are in force now, and of active intervals none of which is. */
  mutedBy: readonly string[];
}

/** Where an alert with certain labels goes, for the route tester. */
export interface RouteExplanation {
  /** One path from the root to the node that tells, for each node that does. */
  paths: RouteStep[][];
  receivers: string[];
  /** Group key for each path, in the same order. */
  groupKeys: string[];
  silencedBy: readonly string[];
  inhibitedBy: readonly string[];
}

export type AlertmanagerChange =
  | {
      kind: "alert";
      tenant: string;
      /** `changed`: an alert that fires had other annotations, times or a generator. */
      change: "fired" | "resolved" | "changed";
      alert: PipelineAlert;
    }
  | { kind: "silence"; tenant: string; silence: SilenceView }
  | {
      /** A notification was handed over, or given up. */
      kind: "delivery";
      tenant: string;
      notification: Notification;
      outcome: "delivered" | "failed";
      error: string | null;
    };

/** What a stage found about one alert, kept for "why was nobody told". */
export interface Suppression {
  stage: StageName;
  /** What exactly: ids of silences, names of intervals, and so on. */
  by: readonly string[];
  /** `ops/webhook[0]` for what concerns one integration only. */
  integration: string | null;
  atMs: number;
}

export type StageName =
  | "inhibit"
  | "active_time"
  | "mute_time"
  | "silence"
  | "maintenance"
  | "acknowledged"
  | "dependency"
  | "severity"
  | "cooldown"
  | "queue_full";

/**
 * Asked for each alert of a group that is told of; it answers why not, or nothing. It MUST be quick (microseconds),
 * must not throw, and is asked again at every tick of the group.
 */
export type Suppressor = (alert: PipelineAlert, nowMs: number) => readonly string[];

export interface ChannelHealth {
  /** `ops/webhook[0]`. */
  name: string;
  kind: string;
  receiver: string;
  /** Without secrets. */
  target: string;
  circuit: "closed" | "open" | "half_open";
  consecutiveFailures: number;
  openSinceMs: number | null;
  queued: number;
  inFlight: number;
  oldestQueuedMs: number | null;
  lastError: string | null;
  lastSuccessMs: number | null;
}

export interface TestResult {
  integration: string;
  target: string;
  result: SendResult;
}

export interface PreviewResult {
  integration: string;
  /** Empty when there is an error. */
  text: string;
  /** What is wrong with the integration's templates. */
  error: string | null;
}

/** What is seen of the pipeline from outside; see `GET /health`. */
export interface PipelineStats {
  alerts: { active: number; suppressed: number };
  groups: number;
  /** Notifications that wait, how long the oldest one has, and how many were given up. */
  queued: number;
  oldestQueuedSeconds: number;
  failed: number;
  openCircuits: number;
  /** How late the latest group was flushed. */
  flushLagSeconds: number;
}

/**
 * From alerts to notifications with Alertmanager's semantics, for every tenant apart; all of them share the
 * configuration. Nothing here throws unless it says so.
 */
export interface Alertmanager {
  /**
   * Takes alerts from outside and resolves when they are durable.
   * @throws FleetlightError `limit_reached` when a tenant has too many alerts; those that fitted are taken.
   */
  post(tenant: string, alerts: readonly PostedAlert[]): Promise<void>;
  /** Counts alerts that whoever took them in refused. */
  refused(count: number): void;
  /** Alerts that have not ended, by fingerprint. Long lists are made in turns, so that nobody waits for them. */
  alerts(tenant: string, filter?: AlertFilter): Promise<AlertView[]>;
  /** Groups with alerts that match, by key; a group has those of its alerts that match. */
  groups(tenant: string, filter?: AlertFilter): Promise<AlertGroupView[]>;
  /** Names of the configured receivers in their order. */
  receivers(): string[];
  /** Tenants that have alerts. */
  tenants(): string[];
  get(tenant: string, fingerprint: string): AlertView | undefined;
  readonly silences: Silences;
  explainRoute(tenant: string, labels: Readonly<Record<string, string>>): RouteExplanation;
  /** What the stages found about an alert at its latest ticks; empty for one that everybody is told of. */
  suppressions(tenant: string, fingerprint: string): Suppression[];
  /** Told of every change at once, in order. @returns a function that ends the subscription. */
  onChange(listener: (change: AlertmanagerChange) => void): () => void;
  /**
   * Puts notifications that others made (escalation) into the outbox and resolves when they are durable. One with an
   * id that is there already is left out. Order holds among those of the same tenant, group key and integration.
   */
  enqueue(notifications: readonly Notification[]): Promise<void>;
  /** Sends a sample at once and past the outbox. @throws FleetlightError `not_found` for an unknown receiver. */
  testReceiver(tenant: string, receiver: string): Promise<TestResult[]>;
  /** What would be sent about an alert, or about a sample. @throws FleetlightError `not_found`. */
  preview(tenant: string, receiver: string, fingerprint?: string): Promise<PreviewResult[]>;
  channels(): ChannelHealth[];
  stats(): PipelineStats;

  /** Whoever keeps maintenance windows says here which of them an alert falls into; ids are shown as `maintenanceBy`. */
  setMaintenance(suppressor: Suppressor): void;
  /** Whoever keeps acknowledgements says here by whom an alert is acknowledged now: one name, or nothing. */
  setAcknowledged(suppressor: Suppressor): void;
  /** Channels beside those of the configured receivers, such as people's own; asked at each attempt. */
  setExtraChannels(
    find: (
      tenant: string,
      receiver: string,
      integration: string,
    ) => NotificationChannel | undefined,
  ): void;
  /** Groups with this alert are looked at now instead of at their next tick: an acknowledgement ended, a window began. */
  wake(tenant: string, fingerprint: string): void;
}
