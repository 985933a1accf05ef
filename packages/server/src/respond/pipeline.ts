import type { NewDelivery, StoredAlert } from "#store";

import type { NotificationChannel } from "./notify/index.ts";
import { cooldown } from "./stages/cooldown.ts";
import { enqueue } from "./stages/enqueue.ts";
import { record } from "./stages/record.ts";

/** Somebody may have to be told that an alert began or ended. */
export interface Notice {
  stored: StoredAlert;
  status: "firing" | "resolved";
  /** How long nobody is told again about the series. */
  cooldownMs: number;
}

/** What goes through the pipeline together: all changes of one round of evaluations. */
export interface Batch {
  /** A stage that finds that nobody is to be told takes a notice out. */
  notices: readonly Notice[];
  /** Alerts as they will be written; a stage that changes one replaces it. */
  alerts: readonly StoredAlert[];
  deliveries: readonly NewDelivery[];
}

/** One step from an alert to a notification. It never throws and never waits; `nowMs` is the time of the whole round. */
export type Stage = (batch: Batch, nowMs: number) => Batch;

/** What the stages remember and reach; each takes what it needs. */
export interface StageContext {
  cooldowns: Cooldowns;
  channels: () => ReadonlyMap<string, NotificationChannel>;
  /** Notifications that are on their way. */
  queued: () => number;
  suppressed: (reason: "cooldown" | "queue_full", count: number) => void;
  keep: (alerts: readonly StoredAlert[]) => void;
}

/** When each series was last told about. */
export interface Cooldowns {
  lastMs(fingerprint: string): number | undefined;
  begin(fingerprint: string, atMs: number): void;
  /** A firing alert that nobody is told about before then. @returns false when that is known already. */
  hold(fingerprint: string, untilMs: number): boolean;
}

/**
 * The way from an alert to the outbox, in order. Routing, grouping and silences come before `enqueue`: they take
 * notices out or say to whom they go.
 */
export const buildPipeline = (context: StageContext): Stage => {
  const stages: Stage[] = [cooldown(context), enqueue(context), record(context)];
  return (batch, nowMs) => stages.reduce((current, stage) => stage(current, nowMs), batch);
};
