import { describeError, type Now } from "#lib";

import { ROLLUP_NAMES, type RollupName } from "./rollup-columns.ts";
import type { Partition, Signal, Tables } from "./tables.ts";

export interface RetentionLimits {
  metricsMs: number;
  eventsMs: number;
  tracesMs: number;
  /** As traces when it is absent, and never longer. */
  contentsMs?: number | undefined;
  /** As traces when it is absent. */
  logsMs?: number | undefined;
  /** Absent when there are no rollups. */
  rollups5mMs?: number | undefined;
  rollups1hMs?: number | undefined;
  /** Bytes of all tables; the oldest partitions go first. */
  maxBytes: number | undefined;
}

/** Pause between two rounds; one also runs at start. */
const ROUND_MS = 60_000;
/** Rows inside a partition that stays are deleted when at least this share of the retention has passed since the last time. */
const DELETE_SHARE = 0.1;
const DAY_MS = 86_400_000;

/**
 * Forgets what is too old or too much. Whole partitions are dropped, which costs nothing; rows are deleted one by one
 * only when the retention is shorter than two days, and readers never see what is past it.
 */
export class Retention {
  private readonly tables: Tables;
  private readonly limits: () => RetentionLimits;
  private readonly now: Now;
  private readonly onError: (message: string) => void;
  private readonly deletedAt = new Map<Signal, number>();
  private seriesDeletedAt = -Infinity;
  storeBytes = 0;

  constructor(
    tables: Tables,
    options: { retention: () => RetentionLimits; now: Now; onError(message: string): void },
  ) {
    this.tables = tables;
    this.limits = options.retention;
    this.now = options.now;
    this.onError = options.onError;
  }

  private keepMs(signal: Signal): number {
    const limits = this.limits();
    switch (signal) {
      case "metrics":
        return limits.metricsMs;
      case "events":
        return limits.eventsMs;
      case "traces":
        return limits.tracesMs;
      case "contents":
        return Math.min(limits.tracesMs, limits.contentsMs ?? Infinity);
      case "logs":
        return limits.logsMs ?? limits.tracesMs;
      case "rollups_5m":
        return limits.rollups5mMs ?? limits.metricsMs;
      case "rollups_1h":
        return limits.rollups1hMs ?? limits.metricsMs;
    }
  }

  /** Whether there are rollups of that name. */
  keeps(name: RollupName): boolean {
    const { rollups5mMs, rollups1hMs } = this.limits();
    return (name === "rollups_5m" ? rollups5mMs : rollups1hMs) !== undefined;
  }

  /** Series are kept as long as anything of them. */
  get seriesCutoffMs(): number {
    return Math.min(...(["metrics", ...ROLLUP_NAMES] as const).map((name) => this.cutoffMs(name)));
  }

  /** Nothing older than this is answered. */
  cutoffMs(signal: Signal): number {
    return Math.max(0, this.now() - this.keepMs(signal));
  }

  /** @returns a function that ends the rounds and waits for the one under way. */
  start(): () => Promise<void> {
    let round: Promise<void> = Promise.resolve();
    const run = () => {
      round = round.then(() =>
        this.enforce().catch((error: unknown) =>
          this.onError(`retention failed: ${describeError(error)}`),
        ),
      );
    };
    const timer = setInterval(run, ROUND_MS).unref();
    run();
    return async () => {
      clearInterval(timer);
      await round;
    };
  }

  /** One round: by age, then by size. */
  async enforce(): Promise<void> {
    const kept: Partition[] = [];
    for (const partition of await this.tables.partitions()) {
      if (partition.newestMs < this.cutoffMs(partition.signal))
        await this.tables.dropPartition(partition);
      else kept.push(partition);
    }
    await this.deleteRows("metrics");
    await this.deleteRows("events");
    await this.deleteRows("traces");
    await this.deleteRows("contents");
    await this.deleteRows("logs");
    await this.forgetSeries();
    await this.shrink(kept);
  }

  /** A series' row is written anew every day while it lives, so a day more than the retention is enough. */
  private async forgetSeries(): Promise<void> {
    const now = this.now();
    if (now - this.seriesDeletedAt < DAY_MS) return;
    this.seriesDeletedAt = now;
    await this.tables.deleteSeriesBefore(this.seriesCutoffMs - DAY_MS);
  }

  private async deleteRows(signal: Signal): Promise<void> {
    const keepMs = this.keepMs(signal);
    if (keepMs >= 2 * DAY_MS) return;
    const now = this.now();
    if (now - (this.deletedAt.get(signal) ?? -Infinity) < Math.max(ROUND_MS, keepMs * DELETE_SHARE))
      return;
    this.deletedAt.set(signal, now);
    await this.tables.deleteBefore(signal, now - keepMs);
  }

  private async shrink(partitions: readonly Partition[]): Promise<void> {
    const maxBytes = this.limits().maxBytes ?? Infinity;
    let bytes = partitions.reduce((sum, partition) => sum + partition.bytes, 0);
    for (const partition of partitions.toSorted((a, b) => a.newestMs - b.newestMs)) {
      // What is being written now stays, however small the limit is.
      if (bytes <= maxBytes || partition.newestMs > this.now()) break;
      await this.tables.dropPartition(partition);
      bytes -= partition.bytes;
    }
    this.storeBytes = bytes;
  }
}
