import type { StoredSeries } from "../storage.ts";
import type { VectorSelector } from "../syntax/ast.ts";
import type { EvalContext } from "./context.ts";
import { fetchSeries, selectRequest } from "./fetch.ts";
import type { Resolved } from "./plan.ts";
import { smooth } from "./smooth.ts";
import type { Sink } from "./sink.ts";
import { areStale, wordsOf } from "./stale.ts";
import { Vector } from "./vector.ts";

/** What an instant selector puts where a sample is: the sample, its time in seconds, or when its counting began. */
export type Take = "sample" | "time" | "start";

/** Steps of one series after which it is asked whether the event loop waits. */
const STEPS_AT_ONCE = 16_384;

/**
 * The latest sample of each series not older than the look-back, at every step. With `take` time or start the values
 * are seconds since 1970, also for histograms, and names will be dropped. A sink gets the rows instead of the caller.
 */
export async function selectInstant(
  expr: VectorSelector,
  ctx: EvalContext,
  take: Take = "sample",
  sink?: Sink,
): Promise<Vector> {
  const resolved = ctx.plan.of(expr);
  const smoothed = expr.extended === "smoothed" && take === "sample";
  const request = selectRequest(ctx, expr.matchers, resolved, {
    beforeMs: ctx.lookbackMs,
    // The sample at the very end of the look-ahead counts.
    afterMs: smoothed ? ctx.lookbackMs : 0,
  });
  const out = new Vector(ctx.steps);
  out.distinct = true;
  const { budget } = ctx;
  for await (const batch of fetchSeries(ctx, request, resolved.detectsHints)) {
    for (const series of batch) {
      const row = out.addRow(series.labels, take !== "sample");
      let samples = 0;
      if (smoothed) samples = smooth(out, row, series, expr, ctx, resolved);
      else {
        const cursor = new Cursor(series, ctx, resolved, take);
        while (!cursor.fill(out, row)) if (budget.due) await budget.pause();
        samples = cursor.samples;
      }
      if (samples > 0) budget.hold(ctx.steps);
      else out.dropLastRow();
      sink?.takeFull(out);
      if (budget.due) await budget.pause();
    }
  }
  sink?.takeRest(out);
  return out;
}

/** Goes through one series, one step after the other. */
class Cursor {
  samples = 0;
  private step = 0;
  /** Samples before this index are not after the reference time of the step. */
  private next = 0;
  private words: Uint32Array | undefined;
  private readonly series: StoredSeries;
  private readonly ctx: EvalContext;
  private readonly resolved: Resolved;
  private readonly take: Take;

  constructor(series: StoredSeries, ctx: EvalContext, resolved: Resolved, take: Take) {
    this.series = series;
    this.ctx = ctx;
    this.resolved = resolved;
    this.take = take;
  }

  /** Fills the next steps of a row; true when that was the last one. */
  fill(out: Vector, row: number): boolean {
    const { ctx, resolved, series } = this;
    const { times } = series;
    const { startMs, stepMs, steps, lookbackMs } = ctx;
    const pinned = resolved.atMs !== undefined;
    const first = (resolved.atMs ?? startMs) - resolved.offsetMs;
    const base = row * steps;
    const count = times.length;
    const end = Math.min(steps, this.step + STEPS_AT_ONCE);
    // Spares an instant query, which has nothing but a last step, to go through the samples.
    const [last, lastMs] = [steps - 1, times[count - 1] ?? Infinity];
    let next = this.next;
    for (let step = this.step; step < end; step++) {
      const reference = pinned ? first : first + step * stepMs;
      if (step === last && lastMs <= reference) next = count;
      while (next < count && (times[next] ?? 0) <= reference) next++;
      const at = next - 1;
      if (at < 0 || (times[at] ?? 0) <= reference - lookbackMs) continue;
      this.put(out, base + step, at);
    }
    this.next = next;
    this.step = end;
    return end === steps;
  }

  /** The sample at an index of the series, unless it is a stale marker. */
  private put(out: Vector, index: number, at: number): void {
    const { values, histograms, times, startTimes } = this.series;
    const value = values[at] ?? 0;
    const histogram = histograms?.[at];
    if (histogram === undefined && value !== value) {
      this.words ??= wordsOf(values);
      if (areStale(this.words, at)) return;
    }
    this.samples++;
    if (this.take === "sample") {
      if (histogram) out.setHistogram(index, histogram);
      out.values[index] = value;
    } else {
      const time = this.take === "time" ? times[at] : startTimes?.[at];
      out.values[index] = (time ?? 0) / 1000;
    }
    out.present[index] = 1;
  }
}
