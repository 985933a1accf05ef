import type { Registry } from "@fleetlight/sdk";

import type {
  HostCollector,
  LogReceiver,
  OtlpReceiver,
  PriceBook,
  PushGateway,
  RemoteWriteReceiver,
  ServiceRegistry,
  SpanReceiver,
  TargetMetadataView,
  TargetsView,
  TelemetryForwarder,
} from "#collect";
import type { Config, ConfigManager } from "#config";
import type { Rules } from "#decide";
import type { Budgets, Coordination } from "#fleet";
import type { Logger, Now } from "#lib";
import type {
  AgentFigures,
  Conversations,
  FleetQueries,
  LogQueries,
  MetricQueries,
  PromQLQueries,
  TraceQueries,
} from "#query";
import type { Alertmanager, Alerts, OnCallRoom, SlackActions } from "#respond";
import type { StateStore, TelemetryStore } from "#store";
import type { Tails } from "./realtime/tails.ts";

/** Figures of this process that several views show. */
export interface ProcessFigures {
  uptimeSeconds: number;
  residentBytes: number;
  /** Share of one core over the last few seconds, in percent. */
  cpuPercent: number;
  eventLoopDelayP99Seconds: number;
  samplesPerSecond: number;
}

/** Those who take what is pushed. */
export interface Ingest {
  remoteWrite: RemoteWriteReceiver;
  otlp: OtlpReceiver;
  push: PushGateway;
  spans: SpanReceiver;
  logs: LogReceiver;
  /** What calls of models cost. */
  prices: PriceBook;
  /** Passes on what was taken. */
  forward: Pick<TelemetryForwarder, "offer">;
}

/** The rooms behind the doors; every route gets all of them and uses what it needs. */
export interface Doors {
  version: string;
  now: Now;
  logger: Logger;
  manager: ConfigManager;
  config(): Config;
  registry: ServiceRegistry;
  rules: Rules;
  alerts: Alerts;
  alertmanager: Alertmanager;
  /** People, maintenance and incidents. */
  onCall: OnCallRoom;
  /** Buttons of messages in Slack. */
  slack: Pick<SlackActions, "request">;
  queries: MetricQueries;
  promql: PromQLQueries;
  traces: TraceQueries;
  agents: AgentFigures;
  conversations: Conversations;
  logs: LogQueries;
  /** Whoever follows log lines and spans as they come. */
  tails: Tails;
  fleet: FleetQueries;
  budgets: Budgets;
  coordination: Coordination;
  telemetry: TelemetryStore;
  ingest: Ingest;
  state: StateStore;
  host: HostCollector;
  ownMetrics: Registry;
  figures(): ProcessFigures;
  /** False until everything is started and again from the moment the process stops. */
  isReady(): boolean;
  /** Targets that are scraped, and how many of them answered at their latest scrape. */
  targets(): { total: number; up: number };
  /** Every target of the tenant, those of `scrape_configs` belong to the default one. */
  scrapeTargets(tenant: string): TargetsView;
  /** Names of all pools, also of those without targets, in order. */
  scrapePools(tenant: string): string[];
  /** What the targets' latest pages say of their metrics; lazily, because it may be long. */
  targetMetadata(tenant: string): Iterable<TargetMetadataView>;
}
