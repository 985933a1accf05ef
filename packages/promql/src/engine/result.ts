import type { FloatHistogram } from "../histogram/index.ts";
import { METRIC_NAME, Labels } from "../labels.ts";
import type { StoredSeries } from "../storage.ts";
import type { Budget } from "./budget.ts";
import { EvaluationError } from "./errors.ts";
import { sortPausing } from "./sort.ts";
import type { InstantSample, MatrixSeries } from "./types.ts";
import type { Vector } from "./vector.ts";

/** Rows or series after which it is asked whether the event loop waits. */
const AT_ONCE = 256;

const METADATA: readonly string[] = [METRIC_NAME, "__type__", "__unit__"];

/** A vector of one step as samples, in the order of its rows, with the names dropped that had to be. */
export async function toSamples(vector: Vector, budget: Budget): Promise<InstantSample[]> {
  const samples: InstantSample[] = [];
  const seen = staysDistinct(vector) ? undefined : new Set<string>();
  for (let row = 0; row < vector.rows; row++) {
    if (row % AT_ONCE === 0 && budget.due) await budget.pause();
    if (!vector.present[row]) continue;
    const labels = finalLabels(vector, row);
    if (seen && seen.size === seen.add(labels.key).size) throw duplicate();
    samples.push({ labels, value: vector.values[row] ?? 0, histogram: vector.histograms?.[row] });
  }
  return samples;
}

/**
 * A vector as a matrix, sorted by labels. Rows that have the same labels once their names are dropped become one series
 * when no step has samples of both. Series with a sample at every step share their times, and are views of the vector.
 */
export async function toMatrix(
  vector: Vector,
  startMs: number,
  stepMs: number,
  budget: Budget,
): Promise<MatrixSeries[]> {
  const allTimes = Float64Array.from({ length: vector.steps }, (_, i) => startMs + i * stepMs);
  const series: MatrixSeries[] = [];
  if (staysDistinct(vector)) {
    for (let row = 0; row < vector.rows; row++) {
      if (row % AT_ONCE === 0 && budget.due) await budget.pause();
      const one = joinRows(vector, [row], finalLabels(vector, row), allTimes);
      if (one.times.length > 0) series.push(one);
    }
    return sortMatrix(series, budget);
  }
  const rowsByKey = new Map<string, { labels: Labels; rows: number[] }>();
  for (let row = 0; row < vector.rows; row++) {
    if (row % AT_ONCE === 0 && budget.due) await budget.pause();
    const labels = finalLabels(vector, row);
    const group = rowsByKey.get(labels.key);
    if (group) group.rows.push(row);
    else rowsByKey.set(labels.key, { labels, rows: [row] });
  }
  for (const { labels, rows } of rowsByKey.values()) {
    if (budget.due) await budget.pause();
    const one = joinRows(vector, rows, labels, allTimes);
    if (one.times.length > 0) series.push(one);
  }
  return sortMatrix(series, budget);
}

/** Stored samples as they are, but for stale markers and what is outside (startMs, endMs]. */
export function toMatrixSeries(
  series: StoredSeries,
  startMs: number,
  endMs: number,
): MatrixSeries | undefined {
  const { labels, times, values, histograms } = series;
  let from = 0;
  while (from < times.length && (times[from] ?? 0) <= startMs) from++;
  let to = from;
  while (to < times.length && (times[to] ?? 0) <= endMs) to++;
  if (from === to) return undefined;
  return {
    labels,
    times: times.slice(from, to),
    values: values.slice(from, to),
    histograms: histograms?.slice(from, to),
  };
}

export function sortMatrix(series: MatrixSeries[], budget: Budget): Promise<MatrixSeries[]> {
  return sortPausing(series, (a, b) => Labels.compare(a.labels, b.labels), budget);
}

export function duplicate(): EvaluationError {
  const reason = "vector cannot contain metrics with the same labelset";
  return new EvaluationError("execution", reason);
}

/** Whether rows that differ now still differ when names are dropped: when none is, or all and the name is the same. */
function staysDistinct(vector: Vector): boolean {
  const { rows, labels, dropName, distinct } = vector;
  if (!distinct) return false;
  let dropped = 0;
  for (let row = 0; row < rows; row++) dropped += dropName[row] ?? 0;
  if (dropped === 0) return true;
  const name = labels[0]?.get(METRIC_NAME);
  return (
    dropped === rows &&
    labels.every(
      (one) => one.get(METRIC_NAME) === name && !one.has("__type__") && !one.has("__unit__"),
    )
  );
}

/** Type and unit go with the name, as upstream has it. */
function finalLabels(vector: Vector, row: number): Labels {
  const labels = vector.labels[row] ?? Labels.empty;
  if (vector.dropName[row] !== 1) return labels;
  const { names, values } = labels;
  const plain = names[0] === METRIC_NAME && !labels.has("__type__") && !labels.has("__unit__");
  if (plain) return new Labels(names.slice(1), values.slice(1));
  return labels.without(...METADATA);
}

function joinRows(
  vector: Vector,
  rows: readonly number[],
  labels: Labels,
  allTimes: Float64Array,
): MatrixSeries {
  const { steps, present } = vector;
  const count = samplesOf(vector, rows);
  const [only] = rows;
  if (rows.length === 1 && only !== undefined && count === steps && !vector.histograms) {
    const values = vector.values.subarray(only * steps, (only + 1) * steps);
    return { labels, times: allTimes, values, histograms: undefined };
  }
  const times = new Float64Array(count);
  const values = new Float64Array(count);
  let histograms: (FloatHistogram | undefined)[] | undefined;
  let to = 0;
  for (let step = 0; step < steps; step++) {
    let found = 0;
    for (const row of rows) {
      const at = row * steps + step;
      if (!present[at]) continue;
      if (found++ > 0) throw duplicate();
      times[to] = allTimes[step] ?? 0;
      values[to] = vector.values[at] ?? 0;
      const histogram = vector.histograms?.[at];
      if (histogram) {
        histograms ??= Array.from<FloatHistogram | undefined>({ length: count });
        histograms[to] = histogram;
      }
      to++;
    }
  }
  return { labels, times, values, histograms };
}

function samplesOf({ steps, present }: Vector, rows: readonly number[]): number {
  let count = 0;
  for (const row of rows) {
    for (let i = row * steps; i < (row + 1) * steps; i++) count += present[i] ?? 0;
  }
  return count;
}
