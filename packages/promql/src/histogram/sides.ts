import { reducedIndex } from "./bounds.ts";
import type { BucketSpan } from "./types.ts";

/** The buckets of one sign, sparse: indices ascending, one count for each. Arithmetic works on this form. */
export interface Side {
  indices: number[];
  counts: number[];
}

/** Reads spans. Of a histogram whose spans and buckets disagree, what both have. */
export function readSide(spans: readonly BucketSpan[], buckets: readonly number[]): Side {
  const indices: number[] = [];
  let index = 0;
  for (const span of spans) {
    index += span.offset;
    const end = Math.min(span.length, buckets.length - indices.length);
    for (let i = 0; i < end; i++) indices.push(index + i);
    index += span.length;
  }
  const counts =
    indices.length === buckets.length ? buckets.slice() : buckets.slice(0, indices.length);
  return { indices, counts };
}

/** Spans for ascending indices, as few as possible. */
export function spansOf(indices: readonly number[]): BucketSpan[] {
  const spans: BucketSpan[] = [];
  let next = 0;
  for (const index of indices) {
    const last = spans[spans.length - 1];
    if (last !== undefined && index === next) last.length++;
    else spans.push({ offset: index - next, length: 1 });
    next = index + 1;
  }
  return spans;
}

/** Merges the buckets that fall together when the schema is lower by `steps`. */
export function reduceSide(side: Side, steps: number): Side {
  if (steps === 0) return side;
  const indices: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < side.indices.length; i++) {
    const index = reducedIndex(side.indices[i] ?? 0, steps);
    const count = side.counts[i] ?? 0;
    const last = indices.length - 1;
    if (indices[last] === index) counts[last] = (counts[last] ?? 0) + count;
    else {
      indices.push(index);
      counts.push(count);
    }
  }
  return { indices, counts };
}

/** a + sign * b; buckets that only one has are kept, empty ones too. */
export function mergeSides(a: Side, b: Side, sign: 1 | -1): Side {
  if (b.indices.length === 0) return a;
  const indices: number[] = [];
  const counts: number[] = [];
  let i = 0;
  let j = 0;
  while (i < a.indices.length || j < b.indices.length) {
    const left = a.indices[i] ?? Infinity;
    const right = b.indices[j] ?? Infinity;
    indices.push(Math.min(left, right));
    if (left < right) counts.push(a.counts[i++] ?? 0);
    else if (right < left) counts.push(sign * (b.counts[j++] ?? 0));
    else counts.push((a.counts[i++] ?? 0) + sign * (b.counts[j++] ?? 0));
  }
  return { indices, counts };
}

/** Leaves out empty buckets. */
export function compactSide(side: Side): Side {
  if (!side.counts.includes(0)) return side;
  return {
    indices: side.indices.filter((_, i) => side.counts[i] !== 0),
    counts: side.counts.filter((count) => count !== 0),
  };
}

/** The custom bucket, under the bounds `to`, that takes what is in each bucket under the bounds `from`. */
export function customMapping(from: readonly number[], to: readonly number[]): number[] {
  let target = 0;
  const mapping = from.map((bound) => {
    while (target < to.length && (to[target] ?? 0) < bound) target++;
    return target;
  });
  mapping.push(to.length);
  return mapping;
}

/** The same observations under fewer custom bounds. */
export function mapCustomSide(side: Side, from: readonly number[], to: readonly number[]): Side {
  const mapping = customMapping(from, to);
  const totals = new Map<number, number>();
  for (let i = 0; i < side.indices.length; i++) {
    const target = mapping[side.indices[i] ?? 0] ?? to.length;
    totals.set(target, (totals.get(target) ?? 0) + (side.counts[i] ?? 0));
  }
  const indices = [...totals.keys()].sort((a, b) => a - b);
  return { indices, counts: indices.map((index) => totals.get(index) ?? 0) };
}
