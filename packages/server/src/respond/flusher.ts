import type { Logger } from "#lib";

import type { AlertTable } from "./alert-table.ts";
import type { ChannelSet } from "./channel-set.ts";
import type { Deliverer } from "./delivery/deliverer.ts";
import type { AggregationGroup } from "./groups/group.ts";
import { snapshot, type FlushResult } from "./groups/groups.ts";
import type { Instruments } from "./instruments.ts";
import type { NotificationLog } from "./log/notification-log.ts";
import {
  buildPipeline,
  type Flush,
  type Message,
  type Note,
  type Stage,
  type StageContext,
} from "./pipeline.ts";

interface FlusherOptions {
  table: AlertTable;
  log: NotificationLog;
  deliverer: Deliverer;
  channels: () => ChannelSet;
  context: Pick<
    StageContext,
    "intervals" | "silencedBy" | "maintenance" | "acknowledged" | "dependsOn"
  >;
  instruments: Instruments;
  logger: Logger;
}

/** A group after the stages, on its way into the store. */
interface Flushed extends FlushResult {
  messages: readonly Message[];
}

const noteKey = ({ fingerprint, stage, channel }: Note): string =>
  `${fingerprint} ${stage} ${channel ?? ""}`;

/** Runs groups through the stages and writes down what comes out. */
export class Flusher {
  private readonly options: FlusherOptions;
  private readonly pipeline: Stage;

  constructor(options: FlusherOptions) {
    this.options = options;
    const { table, log, deliverer, channels, context } = options;
    this.pipeline = buildPipeline({
      ...context,
      inhibitor: (tenant) => table.inhibitor(tenant),
      integrations: (group) => this.integrationsOf(group),
      toldMs: ({ tenant, fingerprint }) => log.told(tenant, fingerprint),
      externalUrl: () => channels().externalUrl,
      reserve: (notification) => deliverer.reserve(notification),
    });
  }

  flush(group: AggregationGroup, nowMs: number): Flushed {
    const { alerts, ended } = snapshot(group, nowMs);
    const flush: Flush = { group, alerts, messages: [], notes: [], wakeAtMs: Infinity };
    const { messages, notes, wakeAtMs } = this.pipeline(flush, nowMs);
    this.keepNotes(flush, notes, nowMs);
    const isQuiet = messages.length === 0 && notes.length === 0;
    const quietUntilMs = isQuiet ? this.quietUntil(group, nowMs) : undefined;
    return { group, atMs: nowMs, ended, messages, wakeAtMs, quietUntilMs };
  }

  /** Everybody knows all there is: until it is time to repeat, or an alert ends of which that is known before. */
  private quietUntil(group: AggregationGroup, nowMs: number): number {
    let untilMs = group.firstEnd(nowMs);
    for (const { last } of this.integrationsOf(group)) {
      if (last && last.open.size > 0)
        untilMs = Math.min(untilMs, last.atMs + group.route.repeatIntervalMs + 1);
    }
    return untilMs;
  }

  /** One transaction for all of them; afterwards the notifications are on their way. */
  async commit(results: readonly Flushed[]): Promise<void> {
    const { log, deliverer } = this.options;
    const messages = results.flatMap((result) => result.messages);
    const notifications = messages.flatMap(({ notification }) => notification ?? []);
    const superseded = messages.flatMap(({ notification, supersedes }) =>
      notification ? supersedes.map((id) => ({ id, by: notification.id })) : [],
    );
    // Groups of which nobody was told keep the tick that they have in the store, or have none there.
    const news = results.filter((result) => result.messages.length > 0);
    if (news.length === 0) return;
    try {
      await log.commit({
        entries: messages.flatMap(({ next }) => next ?? []),
        notifications,
        superseded,
        groups: news.map(({ group }) => group),
        told: news.flatMap((result) => this.toldIn(result)),
      });
    } catch (error) {
      for (const notification of notifications) deliverer.release(notification);
      throw error;
    }
    deliverer.add(notifications, superseded);
  }

  /** Fingerprints of alerts of a group that an integration believes to fire. */
  openIn(group: AggregationGroup): ReadonlySet<string> {
    const open = new Set<string>();
    for (const { last } of this.integrationsOf(group))
      for (const fingerprint of last?.open ?? []) open.add(fingerprint);
    return open;
  }

  private integrationsOf({ tenant, route, key }: AggregationGroup): Message[] {
    const { channels, log } = this.options;
    return (channels().of(route.receiver) ?? []).map(({ channel, integration }) => ({
      integration,
      channel: channel.name,
      target: channel.target,
      alerts: [],
      last: log.get(tenant, key, channel.name),
      next: undefined,
      notification: undefined,
      supersedes: [],
    }));
  }

  /** Alerts with a cooldown, which begins now. */
  private toldIn({ group, messages, atMs }: Flushed) {
    const firing = new Map(
      messages.flatMap(({ notification, alerts }) =>
        notification
          ? alerts
              .filter(({ cooldownMs, endsAtMs }) => cooldownMs > 0 && endsAtMs > atMs)
              .map(({ fingerprint }) => [fingerprint, { tenant: group.tenant, fingerprint, atMs }])
          : [],
      ),
    );
    return [...firing.values()];
  }

  /** What the stages found is kept per alert; it is counted when it is new. */
  private keepNotes({ group }: Flush, notes: readonly Note[], nowMs: number): void {
    const { table, instruments } = this.options;
    const byAlert = new Map<string, Note[]>();
    for (const note of notes) {
      const list = byAlert.get(note.fingerprint);
      if (list) list.push(note);
      else byAlert.set(note.fingerprint, [note]);
    }
    for (const fingerprint of group.alerts.keys()) {
      const tracked = table.get(group.tenant, fingerprint);
      if (!tracked) continue;
      const former = new Set(tracked.notes.get(group)?.notes.map(noteKey));
      const found = byAlert.get(fingerprint);
      for (const note of found ?? []) {
        if (!former.has(noteKey(note))) instruments.suppressed.inc({ reason: note.stage });
      }
      if (found) tracked.notes.set(group, { notes: found, atMs: nowMs });
      else tracked.notes.delete(group);
    }
  }
}
