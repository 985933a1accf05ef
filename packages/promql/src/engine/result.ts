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

/** A vector of one step as samples, in the order of its rows, with the names dropped that had to be. */
export async function toSamples(vector: Vector, budget: Budget): Promise<InstantSample[]> {
  const samples: InstantSample[] = [];
  const seen = new Set<string>();
  for (let row = 0; row < vector.rows; row++) {
    if (row % AT_ONCE === 0 && budget.due) await budget.pause();
    if (!vector.present[row]) continue;
    const labels = finalLabels(vector, row);
    if (seen.size === seen.add(labels.key).size) throw duplicate();
    samples.push({ labels, value: vector.values[row] ?? 0, histogram: vector.histograms?.[row] });
  }
  return samples;
}

/**
 * A vector as a matrix, sorted by labels. Rows that have the same labels once their names are dropped become one series
 * when no step has samples of both.
 */
export async function toMatrix(
  vector: Vector,
  startMs: number,
  stepMs: number,
  budget: Budget,
): Promise<MatrixSeries[]> {
  const rowsByKey = new Map<string, number[]>();
  const labelsOf: Labels[] = [];
  for (let row = 0; row < vector.rows; row++) {
    if (row % AT_ONCE === 0 && budget.due) await budget.pause();
    const labels = (labelsOf[row] = finalLabels(vector, row));
    const rows = rowsByKey.get(labels.key);
    if (rows) rows.push(row);
    else rowsByKey.set(labels.key, [row]);
  }
  const series: MatrixSeries[] = [];
  for (const rows of rowsByKey.values()) {
    if (budget.due) await budget.pause();
    const one = joinRows(vector, rows, labelsOf[rows[0] ?? 0] ?? Labels.empty, startMs, stepMs);
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

/** Type and unit go with the name, as upstream has it. */
function finalLabels(vector: Vector, row: number): Labels {
  const labels = vector.labels[row] ?? Labels.empty;
  return vector.dropName[row] ? labels.without(METRIC_NAME, "__type__", "__unit__") : labels;
}

function joinRows(
  vector: Vector,
  rows: readonly number[],
  labels: Labels,
  startMs: number,
  stepMs: number,
): MatrixSeries {
  const { steps, present } = vector;
  let count = 0;
  for (const row of rows) {
    for (let i = row * steps; i < (row + 1) * steps; i++) count += present[i] ?? 0;
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
      times[to] = startMs + step * stepMs;
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
