import type { SampleColumns } from "./tables.ts";

/** Samples of one series. */
export interface Columns {
  times: Float64Array;
  values: Float64Array;
}

/** Whether the first `length` times ascend without doubles. */
export function strictlyAscending(times: Float64Array, length = times.length): boolean {
  for (let i = 1; i < length; i++)
    if ((times[i] as number) <= (times[i - 1] as number)) return false;
  return true;
}

/** Index of the first time that is not before `timeMs`. */
export function lowerBound(times: Float64Array, timeMs: number): number {
  let [from, to] = [0, times.length];
  while (from < to) {
    const middle = (from + to) >>> 1;
    if ((times[middle] as number) < timeMs) from = middle + 1;
    else to = middle;
  }
  return from;
}

/**
 * Joins the table's part of a series (ascending, doubles possible) with the head's (ascending, no doubles). At an equal
 * time the head's sample counts, then the first of the table's. Values are moved as words, so that
 * stale markers keep their bits.
 */
export function joinColumns(stored: Columns, recent: Columns): Columns {
  const firstRecent = recent.times[0] ?? Infinity;
  const lastStored = stored.times.at(-1) ?? -Infinity;
  if (lastStored < firstRecent && strictlyAscending(stored.times)) {
    if (recent.times.length === 0) return stored;
    return concat(stored, recent);
  }
  return merge(stored, recent);
}

function concat(a: Columns, b: Columns): Columns {
  const times = new Float64Array(a.times.length + b.times.length);
  const values = new Float64Array(times.length);
  times.set(a.times);
  times.set(b.times, a.times.length);
  values.set(a.values);
  values.set(b.values, a.values.length);
  return { times, values };
}

/** Columns one after the other; nothing when there are none. Alone they are not copied. */
export function concatColumns(parts: readonly Columns[]): Columns | undefined {
  if (parts.length <= 1) return parts[0];
  const length = parts.reduce((sum, { times }) => sum + times.length, 0);
  const all = { times: new Float64Array(length), values: new Float64Array(length) };
  let at = 0;
  for (const { times, values } of parts) {
    all.times.set(times, at);
    all.values.set(values, at);
    at += times.length;
  }
  return all;
}

const wordsOf = ({ values }: Columns): Uint32Array =>
  new Uint32Array(values.buffer, values.byteOffset, values.length * 2);

function merge(stored: Columns, recent: Columns): Columns {
  const times = new Float64Array(stored.times.length + recent.times.length);
  const values = new Float64Array(times.length);
  const merged = { times, values };
  const [into, fromStored, fromRecent] = [wordsOf(merged), wordsOf(stored), wordsOf(recent)];
  let length = 0;
  const take = (from: Columns, words: Uint32Array, at: number) => {
    times[length] = from.times[at] as number;
    into[length * 2] = words[at * 2] as number;
    into[length * 2 + 1] = words[at * 2 + 1] as number;
    length++;
  };
  let [s, r] = [0, 0];
  while (s < stored.times.length || r < recent.times.length) {
    const storedTime = s < stored.times.length ? (stored.times[s] as number) : Infinity;
    const recentTime = r < recent.times.length ? (recent.times[r] as number) : Infinity;
    const timeMs = Math.min(storedTime, recentTime);
    if (recentTime === timeMs) take(recent, fromRecent, r++);
    else take(stored, fromStored, s);
    while (s < stored.times.length && stored.times[s] === timeMs) s++;
  }
  if (length === times.length) return merged;
  return { times: times.subarray(0, length), values: values.subarray(0, length) };
}

/** Views of each series' part of an answer that is ordered by id. */
export function sliceById(samples: SampleColumns): Map<bigint, Columns> {
  const parts = new Map<bigint, Columns>();
  const { ids } = samples;
  for (let from = 0; from < ids.length;) {
    const id = ids[from] ?? 0n;
    let to = from + 1;
    while (to < ids.length && ids[to] === id) to++;
    parts.set(id, {
      times: samples.times.subarray(from, to),
      values: samples.values.subarray(from, to),
    });
    from = to;
  }
  return parts;
}

/** The samples of these series in batches that are in no order, each series' by time; the first of equal times is first. */
export function gatherById(
  batches: readonly SampleColumns[],
  wanted: ReadonlySet<bigint>,
  startMs: number,
  endMs: number,
): Map<bigint, Columns> {
  const places = new Map<bigint, { batch: SampleColumns; at: number }[]>();
  for (const batch of batches) {
    for (const [at, id] of batch.ids.entries()) {
      const timeMs = batch.times[at] ?? 0;
      if (!wanted.has(id) || timeMs < startMs || timeMs > endMs) continue;
      const found = places.get(id);
      if (found === undefined) places.set(id, [{ batch, at }]);
      else found.push({ batch, at });
    }
  }
  const gathered = new Map<bigint, Columns>();
  for (const [id, found] of places) {
    found.sort((a, b) => (a.batch.times[a.at] ?? 0) - (b.batch.times[b.at] ?? 0));
    const columns = {
      times: new Float64Array(found.length),
      values: new Float64Array(found.length),
    };
    for (const [i, { batch, at }] of found.entries()) {
      columns.times[i] = batch.times[at] ?? 0;
      columns.values.set(batch.values.subarray(at, at + 1), i);
    }
    gathered.set(id, columns);
  }
  return gathered;
}
