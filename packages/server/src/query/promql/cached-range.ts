import type { Engine, QueryResult, Storage } from "@fleetlight/promql";

import {
  cutSeries,
  joinSeries,
  RangeCache,
  type CachedRange,
  type RangeKey,
} from "./range-cache.ts";
import { toldWithin, withTold } from "./remarks.ts";
import type { PromQLOptions } from "./types.ts";

/** Steps that the cache keeps of one answer: as many as one answer may have. */
const MAX_KEPT_STEPS = 11_000;

interface RangesOptions {
  maxBytes: () => number;
  /** Nothing is kept of what is later: others may write there without our knowing. */
  keptUntilMs: () => number;
  onHit: () => void;
  onMiss: () => void;
  onEvict: () => void;
}

/** How the steps are evaluated that no earlier answer has. */
export interface Evaluation {
  engine: Engine;
  storage: Storage;
  options: PromQLOptions;
}

/** Answers range queries, of which only those steps are evaluated that no earlier answer has. */
export class CachedRanges {
  private readonly options: RangesOptions;
  readonly cache: RangeCache;

  constructor(options: RangesOptions) {
    this.options = options;
    this.cache = new RangeCache(options.maxBytes, options.onEvict);
  }

  async answer(evaluation: Evaluation, key: RangeKey, endMs: number): Promise<QueryResult> {
    const { startMs, stepMs } = key;
    const lastMs = startMs + Math.floor((endMs - startMs) / stepMs) * stepMs;
    const known = this.cache.get(key);
    if (known === undefined) {
      this.options.onMiss();
      return this.extend(evaluation, key, undefined, startMs - stepMs, lastMs);
    }
    this.options.onHit();
    const knownTo =
      startMs + Math.floor((Math.min(known.toMs, lastMs) - startMs) / stepMs) * stepMs;
    if (knownTo >= lastMs) return fromCache(known, startMs, lastMs);
    return this.extend(evaluation, key, known, knownTo, lastMs);
  }

  /** Evaluates the steps after `knownTo`, and keeps what is then known. */
  private async extend(
    { engine, storage, options }: Evaluation,
    key: RangeKey,
    known: CachedRange | undefined,
    knownTo: number,
    lastMs: number,
  ): Promise<QueryResult> {
    const { text, startMs, stepMs } = key;
    const untilMs = this.options.keptUntilMs();
    const pending = this.cache.begin(key.tenant);
    try {
      const tail = await engine.range(storage, text, knownTo + stepMs, lastMs, stepMs, options);
      const { data } = tail;
      if (data.kind !== "matrix") return tail;
      // What was known of the time before is kept, so that a panel with a longer range finds it.
      const fromMs = Math.max(known?.fromMs ?? startMs, lastMs - MAX_KEPT_STEPS * stepMs);
      const steps = { fromMs: knownTo + stepMs, toMs: lastMs, keptFromMs: fromMs };
      const warnings = withTold(known?.warnings ?? [], tail.warnings, steps);
      const infos = withTold(known?.infos ?? [], tail.infos, steps);
      const before = known === undefined ? [] : cutSeries(known.series, fromMs, knownTo);
      const kept = joinSeries(before, data.series);
      const range = { fromMs, toMs: lastMs, series: kept, warnings, infos };
      this.cache.put(key, pending, range, untilMs);
      return { ...tail, ...partOf(range, startMs, lastMs) };
    } finally {
      this.cache.drop(pending);
    }
  }
}

/** What an answer has of the steps `startMs` to `lastMs`. */
const partOf = ({ series, warnings, infos }: CachedRange, startMs: number, lastMs: number) => ({
  data: { kind: "matrix" as const, series: cutSeries(series, startMs, lastMs) },
  warnings: toldWithin(warnings, startMs, lastMs),
  infos: toldWithin(infos, startMs, lastMs),
});

const fromCache = (known: CachedRange, startMs: number, lastMs: number): QueryResult => ({
  ...partOf(known, startMs, lastMs),
  stats: { samplesRead: 0, peakSamples: 0, parseMs: 0, evalMs: 0 },
  plan: undefined,
});
