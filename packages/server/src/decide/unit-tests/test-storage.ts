import {
  compileMatcher,
  setStale,
  STALE,
  type FloatHistogram,
  type Labels,
  type SelectRequest,
  type Storage,
  type StoredSeries,
} from "@fleetlight/promql";

import type { GivenValue } from "./notation.ts";
import type { GivenSeries } from "./types.ts";

type Value = number | typeof STALE | FloatHistogram;

/** Samples of one series, by time. */
interface Column {
  labels: Labels;
  times: number[];
  values: Value[];
}

const SERIES_PER_BATCH = 256;

/**
 * The series of a test, and what its rules write. What is given becomes visible as the test's clock goes on, so that no
 * rule can look ahead.
 */
export class TestStorage implements Storage {
  /** Unix milliseconds; given samples after it are not there yet. */
  nowMs = -Infinity;
  private readonly given = new Map<string, Column>();
  private readonly written = new Map<string, Column>();

  constructor(series: readonly GivenSeries[], startMs: number, intervalMs: number) {
    // Of two series with the same labels the later counts, as upstream.
    for (const { labels, values } of series)
      this.given.set(labels.key, givenColumn(labels, values, startMs, intervalMs));
  }

  /**
   * Adds a sample of a rule. @returns why it is not taken, in upstream's words; undefined when it is, or when the series has
   * the very same one.
   */
  write(labels: Labels, timeMs: number, value: Value): string | undefined {
    const given = this.given.get(labels.key);
    const at = given?.times.indexOf(timeMs) ?? -1;
    const column = columnOf(this.written, labels);
    const lastMs = column.times.at(-1) ?? -Infinity;
    const known =
      at >= 0 ? given?.values[at] : lastMs === timeMs ? column.values.at(-1) : undefined;
    if (known !== undefined)
      return Object.is(known, value) ? undefined : "duplicate sample for timestamp";
    if (lastMs > timeMs) return "out of order sample";
    column.times.push(timeMs);
    column.values.push(value);
    return undefined;
  }

  async *select(request: SelectRequest): AsyncGenerator<readonly StoredSeries[]> {
    const tests = request.matchers.map((one) => ({ name: one.name, passes: compileMatcher(one) }));
    let batch: StoredSeries[] = [];
    for (const key of new Set([...this.given.keys(), ...this.written.keys()])) {
      const column = this.column(key);
      if (!tests.every(({ name, passes }) => passes(column.labels.get(name) ?? ""))) continue;
      const part = cut(column, request.startMs, request.endMs);
      if (part) batch.push(part);
      if (batch.length < SERIES_PER_BATCH) continue;
      yield batch;
      batch = [];
    }
    if (batch.length > 0) yield batch;
  }

  /** What is given so far, and what a rule wrote into the same series. */
  private column(key: string): Column {
    const given = this.given.get(key);
    const written = this.written.get(key);
    if (given === undefined) return written as Column;
    const count = firstAfter(given.times, this.nowMs);
    const visible =
      count === given.times.length
        ? given
        : { ...given, times: given.times.slice(0, count), values: given.values.slice(0, count) };
    if (written === undefined) return visible;
    const known = new Set(visible.times);
    const added = written.times.flatMap((timeMs, at) => (known.has(timeMs) ? [] : [at]));
    return inOrder({
      labels: given.labels,
      times: [...visible.times, ...added.map((at) => written.times[at] ?? 0)],
      values: [...visible.values, ...added.map((at) => written.values[at] ?? 0)],
    });
  }
}

function givenColumn(
  labels: Labels,
  values: readonly GivenValue[],
  startMs: number,
  intervalMs: number,
): Column {
  const column: Column = { labels, times: [], values: [] };
  for (const [index, value] of values.entries()) {
    if (value === undefined) continue;
    column.times.push(startMs + index * intervalMs);
    column.values.push(value);
  }
  return column;
}

function columnOf(columns: Map<string, Column>, labels: Labels): Column {
  const known = columns.get(labels.key);
  if (known !== undefined) return known;
  const made: Column = { labels, times: [], values: [] };
  columns.set(labels.key, made);
  return made;
}

function inOrder({ labels, times, values }: Column): Column {
  const isSorted = times.every((timeMs, at) => at === 0 || (times[at - 1] ?? 0) < timeMs);
  if (isSorted) return { labels, times, values };
  const order = times.map((_, at) => at).toSorted((a, b) => (times[a] ?? 0) - (times[b] ?? 0));
  return {
    labels,
    times: order.map((at) => times[at] ?? 0),
    values: order.map((at) => values[at] ?? 0),
  };
}

function cut(
  { labels, times, values }: Column,
  startMs: number,
  endMs: number,
): StoredSeries | undefined {
  const from = firstAfter(times, startMs);
  const to = firstAfter(times, endMs);
  if (from >= to) return undefined;
  const floats = new Float64Array(to - from);
  let histograms: (FloatHistogram | undefined)[] | undefined;
  for (let at = from; at < to; at++) {
    const value = values[at];
    if (value === STALE) setStale(floats, at - from);
    else if (typeof value === "object")
      (histograms ??= Array.from<FloatHistogram | undefined>({ length: to - from }))[at - from] =
        value;
    else floats[at - from] = value as number;
  }
  return {
    labels,
    times: Float64Array.from(times.slice(from, to)),
    values: floats,
    ...(histograms && { histograms }),
  };
}

/** The place of the first time after this one. */
function firstAfter(times: readonly number[], timeMs: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] ?? 0) <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}
