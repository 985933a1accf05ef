import type { NewNotification, NotificationLogRepository } from "#store";

import type { AggregationGroup } from "../groups/group.ts";

/** Alerts whose latest telling is remembered for their cooldown; the oldest are forgotten first. */
const MAX_TOLD = 100_000;

/** What an integration was told last about a group. */
export interface LoggedNotification {
  tenant: string;
  groupKey: string;
  /** `ops/webhook[0]`. */
  channel: string;
  /** Fingerprints of alerts that the last notification told of. */
  firing: ReadonlySet<string>;
  resolved: ReadonlySet<string>;
  /** Those that it was ever told fire, and was not told the end of. */
  open: ReadonlySet<string>;
  notificationId: string;
  atMs: number;
}

interface LogBatch {
  entries: readonly LoggedNotification[];
  notifications: readonly NewNotification[];
  superseded: readonly { id: string; by: string }[];
  groups: readonly AggregationGroup[];
  /** Alerts with a cooldown that somebody is being told of. */
  told: readonly { tenant: string; fingerprint: string; atMs: number }[];
}

const keyOf = (entry: { tenant: string; groupKey: string; channel: string }): string =>
  `${entry.tenant}\n${entry.groupKey}\n${entry.channel}`;

/** The notification log: in memory, and in the state store, written together with the notifications. */
export class NotificationLog {
  private readonly repository: NotificationLogRepository;
  private readonly byKey = new Map<string, LoggedNotification>();
  private readonly toldMs = new Map<string, number>();

  constructor(repository: NotificationLogRepository) {
    this.repository = repository;
  }

  async load(toldSinceMs: number): Promise<void> {
    for (const stored of await this.repository.entries()) {
      this.byKey.set(keyOf(stored), {
        ...stored,
        firing: new Set(stored.firing),
        resolved: new Set(stored.resolved),
        open: new Set(stored.open),
      });
    }
    for (const { tenant, fingerprint, atMs } of await this.repository.told(toldSinceMs))
      this.rememberTold(`${tenant}\n${fingerprint}`, atMs);
  }

  all(): Iterable<LoggedNotification> {
    return this.byKey.values();
  }

  get(tenant: string, groupKey: string, channel: string): LoggedNotification | undefined {
    return this.byKey.get(keyOf({ tenant, groupKey, channel }));
  }

  /** When anybody was last told that the alert fires; known for alerts with a cooldown. */
  told(tenant: string, fingerprint: string): number | undefined {
    return this.toldMs.get(`${tenant}\n${fingerprint}`);
  }

  /** One transaction: what was told, the notifications, and when the groups are due again. */
  async commit({ entries, notifications, superseded, groups, told }: LogBatch): Promise<void> {
    await this.repository.commit({
      log: entries.map((entry) => ({
        ...entry,
        firing: [...entry.firing],
        resolved: [...entry.resolved],
        open: [...entry.open],
      })),
      notifications,
      superseded,
      groups: groups.map(({ tenant, key, nextMs }) => ({
        tenant,
        groupKey: key,
        nextFlushMs: nextMs,
      })),
      told,
    });
    for (const entry of entries) this.byKey.set(keyOf(entry), entry);
    for (const { tenant, fingerprint, atMs } of told)
      this.rememberTold(`${tenant}\n${fingerprint}`, atMs);
  }

  /** Groups are gone: so is what nobody needs any more of what was told about them. */
  async forget(groups: readonly AggregationGroup[], channelsOf: (receiver: string) => string[]) {
    const entries = groups.flatMap(({ tenant, key: groupKey, route }) =>
      channelsOf(route.receiver).flatMap((channel) => {
        const entry = this.get(tenant, groupKey, channel);
        return entry && entry.open.size === 0 ? entry : [];
      }),
    );
    for (const entry of entries) this.byKey.delete(keyOf(entry));
    await this.repository.forget({
      entries,
      groups: groups.map(({ tenant, key }) => ({ tenant, groupKey: key })),
    });
  }

  /** Drops what was written before then, whoever may still believe that something fires. */
  async prune(beforeMs: number, toldBeforeMs: number): Promise<number> {
    const old = [...this.byKey.values()].filter((entry) => entry.atMs < beforeMs);
    for (const entry of old) this.byKey.delete(keyOf(entry));
    await this.repository.forget({ entries: old, groups: [] });
    await this.repository.pruneTold(toldBeforeMs);
    return old.length;
  }

  private rememberTold(key: string, atMs: number): void {
    this.toldMs.delete(key);
    this.toldMs.set(key, atMs);
    if (this.toldMs.size <= MAX_TOLD) return;
    const [oldest] = this.toldMs.keys();
    if (oldest !== undefined) this.toldMs.delete(oldest);
  }
}
