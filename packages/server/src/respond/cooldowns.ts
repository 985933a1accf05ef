import type { NotifiedSeries } from "#store";

import type { Cooldowns } from "./pipeline.ts";

/** Series whose latest notification is remembered; the oldest are forgotten first. */
const MAX_REMEMBERED = 100_000;

const MAX_TIMER_MS = 3_600_000;

/** Remembers when each series was last told about, and wakes up when a firing alert may be told about again. */
export class CooldownMemory implements Cooldowns {
  private readonly last = new Map<string, number>();
  private readonly held = new Map<string, number>();
  private readonly options: {
    now: () => number;
    onOver: (fingerprints: ReadonlySet<string>) => void;
  };
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;

  constructor(options: CooldownMemory["options"]) {
    this.options = options;
  }

  load(series: readonly NotifiedSeries[]): void {
    for (const { fingerprint, notifiedAtMs } of series.toSorted(
      (a, b) => a.notifiedAtMs - b.notifiedAtMs,
    )) {
      this.begin(fingerprint, notifiedAtMs);
    }
  }

  lastMs(fingerprint: string): number | undefined {
    return this.last.get(fingerprint);
  }

  begin(fingerprint: string, atMs: number): void {
    this.last.delete(fingerprint);
    this.last.set(fingerprint, atMs);
    this.held.delete(fingerprint);
    if (this.last.size <= MAX_REMEMBERED) return;
    const [oldest] = this.last.keys();
    if (oldest !== undefined) this.last.delete(oldest);
  }

  hold(fingerprint: string, untilMs: number): boolean {
    if (this.held.get(fingerprint) === untilMs) return false;
    this.held.set(fingerprint, untilMs);
    this.schedule();
    return true;
  }

  /** The alert is over: nothing is left to be told later. */
  release(fingerprint: string): void {
    this.held.delete(fingerprint);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  private schedule(): void {
    clearTimeout(this.timer);
    if (this.held.size === 0 || this.stopped) return;
    const nextMs = Math.min(...this.held.values()) - this.options.now();
    this.timer = setTimeout(() => this.wake(), Math.min(Math.max(1, nextMs), MAX_TIMER_MS)).unref();
  }

  private wake(): void {
    const nowMs = this.options.now();
    const over = new Set<string>();
    for (const [fingerprint, untilMs] of this.held) if (untilMs <= nowMs) over.add(fingerprint);
    for (const fingerprint of over) this.held.delete(fingerprint);
    if (over.size > 0) this.options.onOver(over);
    this.schedule();
  }
}
