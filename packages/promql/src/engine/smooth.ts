import type { StoredSeries } from "../storage.ts";
import type { EvalContext } from "./context.ts";
import { EvaluationError } from "./errors.ts";
import type { Resolved } from "./plan.ts";
import { withoutStale } from "./stale.ts";
import type { Vector } from "./vector.ts";

/** What upstream says of native histograms under `anchored` and `smoothed`. */
export const NO_HISTOGRAMS = "smoothed and anchored modifiers do not work with native histograms";

/**
 * Fills a row with values on the line between the samples around each step, both within the look-back; after the last
 * sample its value goes on. Answers how many steps got one.
 */
export function smooth(
  out: Vector,
  row: number,
  stored: StoredSeries,
  ctx: EvalContext,
  resolved: Resolved,
): number {
  const series = withoutStale(stored);
  const { startMs, stepMs, steps, lookbackMs } = ctx;
  const first = (resolved.atMs ?? startMs) - resolved.offsetMs;
  let samples = 0;
  let next = 0;
  for (let step = 0; step < steps; step++) {
    const reference = resolved.atMs === undefined ? first + step * stepMs : first;
    while (next < series.times.length && (series.times[next] ?? 0) < reference) next++;
    const value = valueAt(series, next, reference, lookbackMs);
    if (value === undefined) continue;
    out.values[row * steps + step] = value;
    out.present[row * steps + step] = 1;
    samples++;
  }
  return samples;
}

/** `next` is the index of the first sample not before the reference time. */
function valueAt(
  { times, values, histograms }: StoredSeries,
  next: number,
  reference: number,
  lookbackMs: number,
): number | undefined {
  const before = next - 1;
  const [beforeMs = -Infinity, nextMs = Infinity] = [times[before], times[next]];
  const hasNext = nextMs <= reference + lookbackMs;
  const hasBefore = beforeMs > reference - lookbackMs;
  if ((hasNext && histograms?.[next]) || (hasBefore && histograms?.[before])) {
    throw new EvaluationError("execution", NO_HISTOGRAMS);
  }
  if (nextMs === reference) return values[next];
  if (!hasBefore) return undefined;
  const [from = 0, to = 0] = [values[before], values[next]];
  if (!hasNext) return from;
  return from + ((to - from) * (reference - beforeMs)) / (nextMs - beforeMs);
}
