import { compareBytes } from "../labels.ts";

const MAX_INT64 = 9_223_372_036_854_775_807n;

/** A text in runs of digits and of anything else. */
export interface NaturalKey {
  chunks: readonly string[];
  /** By the same index; undefined where a chunk is no number, or one that has no place in 64 bits. */
  numbers: readonly (bigint | number | undefined)[];
}

export function naturalKey(text: string): NaturalKey {
  const chunks: readonly string[] = text.match(/[0-9]+|[^0-9]+/g) ?? [];
  return { chunks, numbers: chunks.map(integer) };
}

function integer(chunk: string): bigint | number | undefined {
  if (!/^[0-9]/.test(chunk)) return undefined;
  if (chunk.length < 16) return Number(chunk);
  // No longer number can be that small, and reading it would take long.
  if (chunk.replace(/^0+/, "").length > 19) return undefined;
  const value = BigInt(chunk);
  return value <= MAX_INT64 ? value : undefined;
}

/**
 * Whether a comes before b when runs of digits count as numbers: the order of github.com/facette/natsort, which upstream
 * uses. It is no strict order: of `01` and `1` each comes before the other.
 */
export function naturallyBefore(a: NaturalKey, b: NaturalKey): boolean {
  const [left, right] = [a.chunks, b.chunks];
  for (let i = 0; i < left.length; i++) {
    if (i >= right.length) return false;
    const x = left[i] ?? "";
    const y = right[i] ?? "";
    const m = a.numbers[i];
    const n = b.numbers[i];
    const numbers = m !== undefined && n !== undefined;
    // oxlint-disable-next-line eqeqeq -- a number and a bigint may be equal, though never strictly.
    if (numbers ? m != n : x !== y) return numbers ? m < n : compareBytes(x, y) < 0;
    if (i === left.length - 1) return true;
    if (i === right.length - 1) return false;
  }
  return false;
}
