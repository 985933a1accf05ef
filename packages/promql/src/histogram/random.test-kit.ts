import { exponentialBound } from "./bounds.ts";
import { createHistogram } from "./shape.ts";
import { spansOf } from "./sides.ts";
import { CUSTOM_BUCKETS_SCHEMA, type FloatHistogram } from "./types.ts";

/** Numbers in [0, 1) that a seed determines (mulberry32): for property tests that always test the same. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 4294967296;
  };
}

/** A valid exponential histogram whose count is that of its buckets. */
export function randomHistogram(random: () => number): FloatHistogram {
  const integer = (below: number): number => Math.floor(random() * below);
  const schema = integer(8) - 2;
  const zeroThreshold = random() < 0.5 ? 0 : 2 ** -integer(20);
  const side = (): { indices: number[]; counts: number[] } => {
    const indices: number[] = [];
    let index = integer(40) - 20;
    // What is closer to zero is in the zero bucket.
    while (exponentialBound(index - 1, schema) < zeroThreshold) index++;
    for (let left = integer(12); left > 0; left--) {
      indices.push(index);
      index += 1 + (random() < 0.3 ? integer(6) : 0);
    }
    return { indices, counts: indices.map(() => integer(1000)) };
  };
  const positive = side();
  const negative = side();
  const zeroCount = integer(50);
  const counts = [...positive.counts, ...negative.counts, zeroCount];
  return createHistogram({
    schema,
    zeroThreshold,
    zeroCount,
    count: counts.reduce((sum, count) => sum + count, 0),
    sum: random() * 1000 - 300,
    counterResetHint:
      (["unknown", "reset", "not_reset", "gauge"] as const)[integer(4)] ?? "unknown",
    positiveSpans: spansOf(positive.indices),
    positiveBuckets: positive.counts,
    negativeSpans: spansOf(negative.indices),
    negativeBuckets: negative.counts,
  });
}

/** A valid histogram with custom buckets between whole numbers. */
export function randomCustom(random: () => number): FloatHistogram {
  const bounds: number[] = [];
  for (let bound = -3; bound < 12; bound++) if (random() < 0.6) bounds.push(bound);
  const counts = [...bounds, Infinity].map(() => Math.floor(random() * 100));
  return createHistogram({
    schema: CUSTOM_BUCKETS_SCHEMA,
    count: counts.reduce((sum, count) => sum + count, 0),
    sum: random() * 100,
    positiveSpans: spansOf([...counts.keys()]),
    positiveBuckets: counts,
    customValues: bounds,
  });
}
