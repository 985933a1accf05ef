import type { RangeCall, RangeFunction, RangeWindow } from "../functions/types.ts";
import type { Buckets, StoredSeries } from "../storage.ts";
import type { EvalContext } from "./context.ts";
import type { Resolved } from "./plan.ts";
import { overBuckets } from "./rollup-windows.ts";
import { withoutStale } from "./stale.ts";
import type { Vector } from "./vector.ts";

/** Samples in windows after which it is asked whether the event loop waits. */
const SAMPLES_AT_ONCE = 262_144;

/** How far the samples that a function sees go beyond its window. */
export interface Extension {
  beforeMs: number;
  afterMs: number;
}

const nowhere = new Float64Array(0);

/** Moves one window over the steps of one series after another, and puts what the function answers into rows. */
export class WindowRunner {
  private readonly fn: RangeFunction;
  private readonly call: RangeCall;
  private readonly ctx: EvalContext;
  private readonly resolved: Resolved;
  private readonly extension: Extension | undefined;
  private readonly out: Vector;
  private row = 0;
  private samples = 0;
  private floats = 0;
  private buckets: Buckets | undefined;
  private readonly window: RangeWindow;

  constructor(
    fn: RangeFunction,
    call: RangeCall,
    resolved: Resolved,
    extension: Extension | undefined,
    out: Vector,
    empty: StoredSeries["labels"],
  ) {
    this.fn = fn;
    this.call = call;
    this.ctx = call.ctx;
    this.resolved = resolved;
    this.extension = extension;
    this.out = out;
    this.window = {
      labels: empty,
      times: nowhere,
      values: nowhere,
      histograms: undefined,
      startTimes: undefined,
      from: 0,
      to: 0,
      extendedFrom: 0,
      extendedTo: 0,
      startMs: 0,
      endMs: 0,
      evalMs: 0,
      step: 0,
      value: 0,
      histogram: undefined,
    };
  }

  /** Takes up a series. `dropName`: whether its name goes at the end anyway. */
  begin(stored: StoredSeries, dropName: boolean): void {
    const series = withoutStale(stored);
    const { window } = this;
    this.buckets = series.buckets;
    window.labels = series.labels;
    window.times = series.times;
    window.values = series.values;
    window.histograms = series.histograms;
    window.startTimes = series.startTimes;
    window.from = window.to = window.extendedFrom = window.extendedTo = 0;
    window.step = 0;
    this.row = this.out.addRow(series.labels, dropName || this.fn.keepsName !== true);
    this.samples = this.floats = 0;
  }

  /** Goes on with the series; false when it has to be called again, after a pause if one is due. */
  advance(): boolean {
    if (this.extension) return this.advanceExtended(this.extension);
    return this.advanceFloats() || this.advancePlain();
  }

  /** All windows in one pass, where the function knows how. */
  private advanceFloats(): boolean {
    const { fn, window, buckets } = this;
    const plain = buckets !== undefined || fn.floats !== undefined;
    if (!plain || window.histograms || window.startTimes) return false;
    const { startMs, stepMs, steps } = this.ctx;
    const { rangeMs, offsetMs, atMs } = this.resolved;
    const grid = {
      endMs: (atMs ?? startMs) - offsetMs,
      stepMs: atMs === undefined ? stepMs : 0,
      rangeMs,
      steps,
    };
    const { values, present } = this.out;
    const row = { values, present, from: this.row * steps };
    const found = buckets
      ? overBuckets(this.call.expr.name, { ends: window.times, ...buckets }, grid, row)
      : fn.floats?.(window, grid, row);
    if (found === undefined) return false;
    this.samples = this.floats = found;
    return true;
  }

  /** Answers whether the series got a row. */
  finish(): boolean {
    if (this.floats > 0) this.fn.finish?.(this.window.labels, this.call);
    if (this.samples === 0) this.out.dropLastRow();
    return this.samples > 0;
  }

  private advancePlain(): boolean {
    const { window, ctx, resolved } = this;
    const { times } = window;
    const { startMs, stepMs, steps } = ctx;
    const count = times.length;
    const { rangeMs, offsetMs, atMs } = resolved;
    let { from, to } = window;
    let visits = SAMPLES_AT_ONCE;
    for (let step = window.step; step < steps; step++) {
      const evalMs = startMs + step * stepMs;
      const endMs = (atMs ?? evalMs) - offsetMs;
      const windowStart = endMs - rangeMs;
      while (to < count && (times[to] ?? 0) <= endMs) to++;
      while (from < to && (times[from] ?? 0) <= windowStart) from++;
      if (from === to) continue;
      window.from = window.extendedFrom = from;
      window.to = window.extendedTo = to;
      window.startMs = windowStart;
      window.endMs = endMs;
      window.evalMs = evalMs;
      window.step = step;
      this.take();
      visits -= to - from;
      if (visits > 0) continue;
      window.step = step + 1;
      return false;
    }
    return true;
  }

  private advanceExtended(extension: Extension): boolean {
    const { window, ctx, resolved } = this;
    const { times } = window;
    const { startMs, stepMs, steps } = ctx;
    const count = times.length;
    const { rangeMs, offsetMs, atMs } = resolved;
    let { from, to, extendedFrom, extendedTo } = window;
    for (let step = window.step; step < steps; step++) {
      const evalMs = startMs + step * stepMs;
      const endMs = (atMs ?? evalMs) - offsetMs;
      const windowStart = endMs - rangeMs;
      extendedTo = passUntil(times, extendedTo, count, endMs + extension.afterMs);
      to = passUntil(times, to, extendedTo, endMs);
      from = passUntil(times, from, to, windowStart);
      extendedFrom = passUntil(times, extendedFrom, extendedTo, windowStart - extension.beforeMs);
      if (extendedFrom === extendedTo) continue;
      Object.assign(window, { from, to, extendedFrom, extendedTo, endMs, evalMs, step });
      window.startMs = windowStart;
      this.take();
    }
    return true;
  }

  private take(): void {
    const { window, out } = this;
    window.histogram = undefined;
    if (!this.fn.run(window, this.call)) return;
    this.samples++;
    const index = this.row * this.ctx.steps + window.step;
    if (window.histogram !== undefined) {
      out.setHistogram(index, window.histogram);
      return;
    }
    this.floats++;
    out.values[index] = window.value;
    out.present[index] = 1;
  }
}

/** The first index from `at` on, at most `end`, whose time is after timeMs. */
function passUntil(times: Float64Array, at: number, end: number, timeMs: number): number {
  let next = at;
  while (next < end && (times[next] ?? 0) <= timeMs) next++;
  return next;
}
