import {
  addHistograms,
  detectReset,
  scaleHistogram,
  subHistograms,
  warnMixedSchemas,
  type FloatHistogram,
} from "../histogram/index.ts";
import { METRIC_NAME } from "../labels.ts";
import type { StoredSeries } from "../storage.ts";
import type { VectorSelector } from "../syntax/ast.ts";
import type { EvalContext } from "./context.ts";
import type { Resolved } from "./plan.ts";
import { withoutStale } from "./stale.ts";
import type { Vector } from "./vector.ts";

/**
 * Fills a row with values on the line between the samples around each step, both within the look-back; after the last
 * sample its value goes on. Answers how many steps got one.
 */
export function smooth(
  out: Vector,
  row: number,
  stored: StoredSeries,
  expr: VectorSelector,
  ctx: EvalContext,
  resolved: Resolved,
): number {
  const series = withoutStale(stored);
  const { startMs, stepMs, steps, lookbackMs } = ctx;
  const first = (resolved.atMs ?? startMs) - resolved.offsetMs;
  const around: Around = { series, next: 0, referenceMs: first, lookbackMs };
  let samples = 0;
  for (let step = 0; step < steps; step++) {
    if (resolved.atMs === undefined) around.referenceMs = first + step * stepMs;
    while ((series.times[around.next] ?? Infinity) < around.referenceMs) around.next++;
    const value = valueAt(around, ctx, expr);
    if (value === undefined) continue;
    const index = row * steps + step;
    if (typeof value === "number") out.values[index] = value;
    else out.setHistogram(index, value);
    out.present[index] = 1;
    samples++;
  }
  return samples;
}

interface Around {
  series: StoredSeries;
  /** The first sample not before the reference time. */
  next: number;
  referenceMs: number;
  lookbackMs: number;
}

function valueAt(
  around: Around,
  ctx: EvalContext,
  expr: VectorSelector,
): number | FloatHistogram | undefined {
  const { series, next, referenceMs, lookbackMs } = around;
  const { times, values, histograms } = series;
  const before = next - 1;
  const [beforeMs = -Infinity, nextMs = Infinity] = [times[before], times[next]];
  const hasNext = nextMs <= referenceMs + lookbackMs;
  const hasBefore = beforeMs > referenceMs - lookbackMs;
  if (histograms && isMixed(around)) {
    const name = JSON.stringify(series.labels.get(METRIC_NAME) ?? "");
    const reason = `encountered a mix of histograms and floats for metric name ${name}`;
    ctx.annotations.warn(reason, expr);
    return undefined;
  }
  if (nextMs === referenceMs) return histograms?.[next] ?? values[next];
  if (!hasBefore) return undefined;
  if (!hasNext) return histograms?.[before] ?? values[before];
  return onTheLine(around, ctx, expr);
}

function onTheLine(
  { series, next, referenceMs }: Around,
  ctx: EvalContext,
  expr: VectorSelector,
): number | FloatHistogram | undefined {
  const { times, values, histograms } = series;
  const [beforeMs = 0, nextMs = 0] = [times[next - 1], times[next]];
  const [from = 0, to = 0] = [values[next - 1], values[next]];
  const [left, right] = [histograms?.[next - 1], histograms?.[next]];
  if (!left || !right) return from + ((to - from) * (referenceMs - beforeMs)) / (nextMs - beforeMs);
  const fraction = (referenceMs - beforeMs) / (nextMs - beforeMs);
  const result = between(left, right, fraction);
  if (!result) warnMixedSchemas(ctx.annotations, series.labels, expr);
  return result;
}

/** Whether both kinds of samples are within the look-back of the reference time. */
function isMixed({ series, next, referenceMs, lookbackMs }: Around): boolean {
  const { times, histograms } = series;
  let [floats, native] = [false, false];
  const see = (index: number): void => {
    if (histograms?.[index]) native = true;
    else floats = true;
  };
  for (let i = next - 1; i >= 0 && (times[i] ?? 0) > referenceMs - lookbackMs; i--) see(i);
  for (let i = next; i < times.length && (times[i] ?? 0) <= referenceMs + lookbackMs; i++) see(i);
  return floats && native;
}

/** Between two histograms; a counter that was reset in between is taken to start at zero. */
function between(
  left: FloatHistogram,
  right: FloatHistogram,
  fraction: number,
): FloatHistogram | undefined {
  if (left.counterResetHint !== "gauge" && detectReset(right, left)) {
    return scaleHistogram(right, fraction);
  }
  const difference = subHistograms(right, left)?.histogram;
  return difference && addHistograms(scaleHistogram(difference, fraction), left)?.histogram;
}
