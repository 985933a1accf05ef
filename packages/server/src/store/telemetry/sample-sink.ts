import { viewsOf, type ValueColumn } from "./head-values.ts";
import type { Columns } from "./join.ts";

/**
 * Room that many series' samples are read into, one after the other: two allocations for thousands of series. What was taken
 * stays valid; the memory goes when nobody holds any of it.
 */
export class SampleSink {
  private readonly capacity: number;
  times = new Float64Array(0);
  column: ValueColumn = viewsOf(new Float64Array(0));
  used = 0;

  /** @param capacity samples that are allocated at once; a longer series gets its own room. */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Makes room for that many samples after `used`. */
  reserve(samples: number): void {
    if (this.used + samples <= this.times.length) return;
    const capacity = Math.max(samples, this.capacity);
    this.times = new Float64Array(capacity);
    this.column = viewsOf(new Float64Array(capacity));
    this.used = 0;
  }

  /** Nobody needs what was taken any more: its room is used again. */
  rewind(): void {
    this.used = 0;
  }

  /** The samples from `used` to `end`, which become used. */
  take(end: number): Columns {
    const columns = {
      times: this.times.subarray(this.used, end),
      values: this.column.values.subarray(this.used, end),
    };
    this.used = end;
    return columns;
  }
}

/** Copies those of the samples that lie in the range. @returns where the next sample goes. */
export function copyPart(
  times: Float64Array,
  { words }: ValueColumn,
  first: number,
  end: number,
  startMs: number,
  endMs: number,
  sink: SampleSink,
  to: number,
): number {
  let at = first;
  let target = to;
  while (at < end && (times[at] as number) < startMs) at++;
  for (; at < end && (times[at] as number) <= endMs; at++, target++) {
    sink.times[target] = times[at] as number;
    // As words: a NaN keeps its bits.
    sink.column.words[target * 2] = words[at * 2] as number;
    sink.column.words[target * 2 + 1] = words[at * 2 + 1] as number;
  }
  return target;
}
