import type { MetricStore, SeriesRef } from "#store";

import type { Evaluator } from "./evaluator.ts";
import type { Follower } from "./follower.ts";
import type { LiveRule } from "./live-rule.ts";

/** How long series with new samples are looked at before other work of the process has its turn. */
const TURN_MS = 5;
/** Series between two looks at the clock. */
const SERIES_PER_LOOK = 256;

/** Part of one core that queries of rules may take because samples arrived; what is beyond waits. The clock comes on top. */
const SHARE_OF_CORE = 0.25;
/** What may be used at once after a quiet time. */
const BURST_MS = 500;
/** Queries of rules that are under way at once because samples arrived. */
const MAX_CONCURRENT = 2;

interface TouchedOptions {
  metrics: MetricStore;
  now: () => number;
  follower: Follower;
  evaluator: Evaluator;
}

/**
 * Evaluates rules when their series get samples: rules on single series for these series at the end of the turn, all others as a
 * whole, each once however many samples came, within a share of one core.
 */
export class Touched {
  private readonly options: TouchedOptions;
  private readonly refs = new Set<SeriesRef>();
  private readonly dirty = new Set<LiveRule>();
  private turn: NodeJS.Immediate | undefined;
  private pause: NodeJS.Timeout | undefined;
  private running = 0;
  private creditMs = BURST_MS;
  private creditAtMs = performance.now();
  private stopped = false;

  constructor(options: TouchedOptions) {
    this.options = options;
  }

  /** Rules that wait for their turn. */
  get waiting(): number {
    return this.dirty.size;
  }

  /** Called inside of a commit: only takes notes, the work is done when the commit is over. */
  touch(refs: readonly SeriesRef[]): void {
    for (const ref of refs) this.refs.add(ref);
    this.turn ??= setImmediate(this.look);
  }

  /** A rule is to be asked as a whole as soon as there is room. */
  mark(live: LiveRule): void {
    if (live.removed || live.offsetMs > 0) return;
    this.dirty.add(live);
    this.drain();
  }

  stop(): void {
    this.stopped = true;
    clearImmediate(this.turn);
    clearTimeout(this.pause);
  }

  private readonly look = (): void => {
    this.turn = undefined;
    const untilMs = performance.now() + TURN_MS;
    const atMs = this.options.now();
    const byRule = new Map<LiveRule, SeriesRef[]>();
    let count = 0;
    for (const ref of this.refs) {
      this.refs.delete(ref);
      this.sort(ref, atMs, byRule);
      if (++count % SERIES_PER_LOOK === 0 && performance.now() >= untilMs) break;
    }
    for (const [live, refs] of byRule) {
      if (!this.options.evaluator.evaluateSeries(live, refs, "samples")) this.mark(live);
    }
    this.drain();
    if (this.refs.size > 0 && !this.stopped) this.turn = setImmediate(this.look);
  };

  private sort(ref: SeriesRef, atMs: number, byRule: Map<LiveRule, SeriesRef[]>): void {
    const { follower, evaluator } = this.options;
    for (const live of follower.rulesOf(ref) ?? []) {
      if (!evaluator.isSimple(live)) {
        if (live.offsetMs === 0) this.dirty.add(live);
        continue;
      }
      if (!evaluator.isOfInterest(live, ref, atMs)) continue;
      const refs = byRule.get(live);
      if (refs) refs.push(ref);
      else byRule.set(live, [ref]);
    }
  }

  private drain(): void {
    while (this.dirty.size > 0 && this.running < MAX_CONCURRENT && !this.stopped) {
      const waitMs = this.waitMs();
      if (waitMs > 0) {
        this.pause ??= setTimeout(() => {
          this.pause = undefined;
          this.drain();
        }, waitMs).unref();
        return;
      }
      const [live] = this.dirty;
      if (live === undefined) return;
      this.dirty.delete(live);
      void this.evaluate(live);
    }
  }

  private async evaluate(live: LiveRule): Promise<void> {
    this.running++;
    const startedMs = performance.now();
    await this.options.evaluator.evaluate(live, "samples");
    this.creditMs -= performance.now() - startedMs;
    this.running--;
    this.drain();
  }

  /** How long until there is time to spend again. */
  private waitMs(): number {
    const nowMs = performance.now();
    this.creditMs = Math.min(BURST_MS, this.creditMs + (nowMs - this.creditAtMs) * SHARE_OF_CORE);
    this.creditAtMs = nowMs;
    return this.creditMs > 0 ? 0 : Math.ceil(-this.creditMs / SHARE_OF_CORE) + 1;
  }
}
