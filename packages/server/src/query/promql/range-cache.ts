import { Labels, type MatrixSeries } from "@fleetlight/promql";

import type { Remark } from "./remarks.ts";

/** What an entry costs beside its columns, and each of its series. */
const ENTRY_BYTES = 512;
const SERIES_BYTES = 256;
const HISTOGRAM_BYTES = 1024;
/** No answer may take more than this share of the memory. */
const LARGEST_SHARE = 4;

/** The values of an expression at the steps fromMs, fromMs + stepMs, … toMs. */
export interface CachedRange {
  fromMs: number;
  toMs: number;
  /** In the order of labels. */
  series: readonly MatrixSeries[];
  warnings: readonly Remark[];
  infos: readonly Remark[];
}

interface Entry extends CachedRange {
  tenant: string;
  bytes: number;
}

/** An evaluation that is under way: what is written meanwhile may be missing in its answer. */
interface Pending {
  tenant: string;
  earliestMs: number;
}

export interface RangeKey {
  tenant: string;
  /** The expression as it was asked: warnings and infos of an answer name places in it. */
  text: string;
  startMs: number;
  stepMs: number;
  lookbackMs: number;
  /** Step of subqueries that name none. */
  subqueryStepMs: number;
}

const keyOf = ({ tenant, text, startMs, stepMs, lookbackMs, subqueryStepMs }: RangeKey): string =>
  [tenant, stepMs, startMs % stepMs, lookbackMs, subqueryStepMs, text].join("\n");

/** Index of the first time that is not before the limit. */
function lowerBound(times: Float64Array, limitMs: number): number {
  let [low, high] = [0, times.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((times[middle] as number) < limitMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The part of each series in fromMs <= time <= toMs; the columns are shared, not copied. */
export function cutSeries(
  series: readonly MatrixSeries[],
  fromMs: number,
  toMs: number,
): MatrixSeries[] {
  const found: MatrixSeries[] = [];
  for (const one of series) {
    const from = lowerBound(one.times, fromMs);
    const to = lowerBound(one.times, toMs + 0.5);
    if (from === to) continue;
    if (from === 0 && to === one.times.length) found.push(one);
    else
      found.push({
        labels: one.labels,
        times: one.times.subarray(from, to),
        values: one.values.subarray(from, to),
        histograms: one.histograms?.slice(from, to),
      });
  }
  return found;
}

function joinOne(before: MatrixSeries, after: MatrixSeries): MatrixSeries {
  const at = before.times.length;
  const times = new Float64Array(at + after.times.length);
  const values = new Float64Array(times.length);
  times.set(before.times);
  times.set(after.times, at);
  values.set(before.values);
  values.set(after.values, at);
  if (before.histograms === undefined && after.histograms === undefined)
    return { labels: before.labels, times, values, histograms: undefined };
  const histograms = Array.from({ length: times.length }, (_, i) =>
    i < at ? before.histograms?.[i] : after.histograms?.[i - at],
  );
  return { labels: before.labels, times, values, histograms };
}

/** Series of two answers to the same question, of which one ends before the other begins, in the order of labels. */
export function joinSeries(
  before: readonly MatrixSeries[],
  after: readonly MatrixSeries[],
): MatrixSeries[] {
  const joined: MatrixSeries[] = [];
  let i = 0;
  let j = 0;
  while (i < before.length || j < after.length) {
    const [left, right] = [before[i], after[j]];
    const order =
      left === undefined ? 1 : right === undefined ? -1 : Labels.compare(left.labels, right.labels);
    if (order === 0 && left !== undefined && right !== undefined) joined.push(joinOne(left, right));
    else if (order < 0 && left !== undefined) joined.push(left);
    else if (right !== undefined) joined.push(right);
    if (order <= 0) i++;
    if (order >= 0) j++;
  }
  return joined;
}

const bytesOf = ({ series }: CachedRange): number =>
  series.reduce(
    (sum, { times, histograms }) =>
      sum + SERIES_BYTES + times.length * (16 + (histograms === undefined ? 0 : HISTOGRAM_BYTES)),
    ENTRY_BYTES,
  );

/**
 * Answers of range queries, for whoever asks the same again over a later range. An entry ends before the first sample
 * that was written after its evaluation began, so that it never is stale; bounded in bytes, the least recently used go
 * first.
 */
export class RangeCache {
  private readonly maxBytes: () => number;
  private readonly onEvict: () => void;
  /** In the order of their latest use. */
  private readonly entries = new Map<string, Entry>();
  private readonly pending = new Set<Pending>();
  bytes = 0;

  constructor(maxBytes: () => number, onEvict: () => void) {
    this.maxBytes = maxBytes;
    this.onEvict = onEvict;
  }

  get size(): number {
    return this.entries.size;
  }

  /** What is known from `key.startMs` on; undefined when nothing is. */
  get(key: RangeKey): CachedRange | undefined {
    const id = keyOf(key);
    const entry = this.entries.get(id);
    if (entry === undefined || entry.fromMs > key.startMs || entry.toMs < key.startMs)
      return undefined;
    this.entries.delete(id);
    this.entries.set(id, entry);
    return entry;
  }

  /** Tells that an evaluation begins; its answer is handed to {@link put} with what this answers. */
  begin(tenant: string): Pending {
    const pending = { tenant, earliestMs: Infinity };
    this.pending.add(pending);
    return pending;
  }

  /** The evaluation failed, or its answer is not to be kept. */
  drop(pending: Pending): void {
    this.pending.delete(pending);
  }

  /** Keeps an answer, as far as nothing was written into it since it began and not beyond `untilMs`. */
  put(key: RangeKey, pending: Pending, range: CachedRange, untilMs: number): void {
    this.pending.delete(pending);
    const id = keyOf(key);
    this.remove(id);
    const toMs = lastStep(range, key.stepMs, Math.min(range.toMs, untilMs, pending.earliestMs - 1));
    if (toMs < range.fromMs) return;
    const kept = { ...range, toMs, series: cutSeries(range.series, range.fromMs, toMs) };
    const bytes = bytesOf(kept) + 2 * id.length;
    if (bytes * LARGEST_SHARE > this.maxBytes()) return;
    this.entries.set(id, { ...kept, tenant: key.tenant, bytes });
    this.bytes += bytes;
    for (const [oldest] of this.entries) {
      if (this.bytes <= this.maxBytes()) break;
      this.remove(oldest);
      this.onEvict();
    }
  }

  /** Samples from `earliestMs` on were written: what was answered from there on may be otherwise now. */
  invalidate(tenant: string, earliestMs: number): void {
    for (const one of this.pending)
      if (one.tenant === tenant) one.earliestMs = Math.min(one.earliestMs, earliestMs);
    for (const [id, entry] of this.entries) {
      if (entry.tenant !== tenant || entry.toMs < earliestMs) continue;
      // Whoever reads takes no step beyond `toMs`; the columns stay until the entry is extended or dropped.
      entry.toMs = earliestMs - 1;
      if (entry.toMs < entry.fromMs) this.remove(id);
    }
  }

  private remove(id: string): void {
    const entry = this.entries.get(id);
    if (entry === undefined) return;
    this.entries.delete(id);
    this.bytes -= entry.bytes;
  }
}

/** The last step of a range's grid that is not after the limit. */
const lastStep = ({ fromMs }: CachedRange, stepMs: number, limitMs: number): number =>
  fromMs + Math.floor((limitMs - fromMs) / stepMs) * stepMs;
