import { finestBounds } from "./exponential-bounds.ts";
import { CUSTOM_BUCKETS_SCHEMA } from "./types.ts";

export const MIN_SCHEMA = -4;
export const MAX_SCHEMA = 8;
/** Schemas up to here are known in messages, and their resolution is reduced to {@link MAX_SCHEMA}. */
export const MAX_KNOWN_SCHEMA = 52;
export const MIN_KNOWN_SCHEMA = -9;

/**
 * Upper bound of an exponential bucket, 2^(index * 2^-schema). The last bucket before the one for infinite observations
 * ends at the largest float, as its true bound is none.
 */
export function exponentialBound(index: number, schema: number): number {
  if (schema < 0) return scaled(1, index * 2 ** -schema + 1);
  const perOctave = 2 ** schema;
  const octave = Math.floor(index / perOctave);
  const step = (index - octave * perOctave) * 2 ** (MAX_SCHEMA - schema);
  return scaled((finestBounds[step] ?? 0.5) * 2, octave + 1);
}

/** mantissa * 2^(exponent - 1) with mantissa in [1, 2), rounded once. */
function scaled(mantissa: number, exponent: number): number {
  if (mantissa === 1 && exponent === 1025) return Number.MAX_VALUE;
  if (exponent > 1025) return Infinity;
  if (exponent < -1000) return mantissa * 2 ** -1000 * 2 ** Math.max(exponent + 999, -200);
  return mantissa * 2 ** (exponent - 1);
}

/** Upper bound of a bucket; a custom bucket behind the last bound ends at +Inf, index -1 stands for -Inf. */
export function bucketBound(
  index: number,
  schema: number,
  customValues: readonly number[],
): number {
  if (schema !== CUSTOM_BUCKETS_SCHEMA) return exponentialBound(index, schema);
  if (index < 0) return -Infinity;
  return customValues[index] ?? Infinity;
}

/** Index of the bucket that holds bucket `index` when the resolution is lower by `steps` schemas. */
export function reducedIndex(index: number, steps: number): number {
  return Math.floor((index - 1) / 2 ** steps) + 1;
}

/** Bounds that both ascending lists have. */
export function commonBounds(a: readonly number[], b: readonly number[]): number[] {
  const common: number[] = [];
  let j = 0;
  for (const bound of a) {
    while (j < b.length && (b[j] ?? 0) < bound) j++;
    if (b[j] === bound) common.push(bound);
  }
  return common;
}

export function sameNumbers(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
