import type { IntegrationConfig } from "#config";
import type { NewNotification } from "#store";

import type { StageName, Suppressor } from "./alertmanager.ts";
import type { AggregationGroup } from "./groups/group.ts";
import type { LoggedNotification } from "./log/notification-log.ts";
import type { Inhibitor, NamedIntervals } from "./routing/index.ts";
import { acknowledged } from "./stages/acknowledged.ts";
import { activeTime } from "./stages/active-time.ts";
import { cooldown } from "./stages/cooldown.ts";
import { dedup } from "./stages/dedup.ts";
import { dependency } from "./stages/dependency.ts";
import { enqueue } from "./stages/enqueue.ts";
import { fanOut } from "./stages/fan-out.ts";
import { inhibit } from "./stages/inhibit.ts";
import { maintenance } from "./stages/maintenance.ts";
import { muteTime } from "./stages/mute-time.ts";
import { severity } from "./stages/severity.ts";
import { silence } from "./stages/silence.ts";
import type { PipelineAlert } from "./types.ts";

/** What one integration of the receiver is told. */
export interface Message {
  integration: IntegrationConfig;
  /** `ops/webhook[0]`. */
  channel: string;
  /** Where it goes, without secrets. */
  target: string;
  alerts: readonly PipelineAlert[];
  /** What it was told last. */
  last: LoggedNotification | undefined;
  /** What the log will say, once `dedup` found that there is something to say. */
  next: LoggedNotification | undefined;
  notification: NewNotification | undefined;
  /** Undelivered notifications that this one makes needless. */
  supersedes: readonly string[];
}

/** Why nobody, or one integration, is not told of an alert. */
export interface Note {
  fingerprint: string;
  stage: StageName;
  by: readonly string[];
  channel: string | null;
}

/** A group on its way through the stages; each answers a new one. */
export interface Flush {
  group: AggregationGroup;
  /** Those that are still to be told of, ended ones too. */
  alerts: readonly PipelineAlert[];
  messages: readonly Message[];
  notes: readonly Note[];
  /** Earliest time before the next tick at which the outcome would be another one. */
  wakeAtMs: number;
}

/** One step from a group of alerts to notifications. It never throws, waits for nothing and changes nothing. */
export type Stage = (flush: Flush, nowMs: number) => Flush;

/** What the stages ask; each takes what it needs. */
export interface StageContext {
  inhibitor: (tenant: string) => Inhibitor;
  intervals: () => NamedIntervals;
  /** Ids of the active silences for an alert. */
  silencedBy: (alert: PipelineAlert) => readonly string[];
  maintenance: Suppressor;
  acknowledged: Suppressor;
  dependsOn: Suppressor;
  /** The integrations of a receiver with what each was told last about a group. */
  integrations: (group: AggregationGroup) => readonly Message[];
  /** When anybody was last told of an alert. */
  toldMs: (alert: PipelineAlert) => number | undefined;
  externalUrl: () => string;
  /** Whether the outbox takes another notification of the lane, and what that would replace. */
  reserve: (notification: NewNotification, channel: string) => readonly string[] | undefined;
}

/** The way from a group to the outbox, in order: first what concerns everybody, then each integration for itself. */
export const buildPipeline = (context: StageContext): Stage => {
  const stages: readonly Stage[] = [
    inhibit(context),
    activeTime(context),
    muteTime(context),
    silence(context),
    maintenance(context),
    acknowledged(context),
    dependency(context),
    fanOut(context),
    severity(),
    cooldown(context),
    dedup(),
    enqueue(context),
  ];
  return (flush, nowMs) => stages.reduce((current, stage) => stage(current, nowMs), flush);
};
