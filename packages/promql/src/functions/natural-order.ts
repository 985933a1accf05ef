import { compareBytes } from "../labels.ts";

const MAX_INT64 = 9_223_372_036_854_775_807n;

function chunks(text: string): string[] {
  return text.match(/[0-9]+|[^0-9]+/g) ?? [];
}

/** A chunk as a number, undefined where it is none or has no place in 64 bits. */
function integer(chunk: string | undefined): bigint | number | undefined {
  if (chunk === undefined || !/^[0-9]/.test(chunk)) return undefined;
  if (chunk.length < 16) return Number(chunk);
  const value = BigInt(chunk);
  return value <= MAX_INT64 ? value : undefined;
}

/**
 * Whether a comes before b when runs of digits count as numbers: the order of github.com/facette/natsort, which upstream
 * uses. It is no strict order: of `01` and `1` each comes before the other.
 */
export function naturallyBefore(a: string, b: string): boolean {
  const left = chunks(a);
  const right = chunks(b);
  for (let i = 0; i < left.length; i++) {
    if (i >= right.length) return false;
    const x = left[i] ?? "";
    const y = right[i] ?? "";
    const m = integer(x);
    const n = integer(y);
    const numbers = m !== undefined && n !== undefined;
    // oxlint-disable-next-line eqeqeq -- a number and a bigint may be equal, though never strictly.
    if (numbers ? m != n : x !== y) return numbers ? m < n : compareBytes(x, y) < 0;
    if (i === left.length - 1) return true;
    if (i === right.length - 1) return false;
  }
  return false;
}
