import type { Turns } from "./tree.ts";

/** Pieces that are sorted at once. */
const PIECE = 4096;

/** Sorts in turns, by merging pieces: a million places do not hold up anybody. Equal ones stay in their order. */
export async function sortInTurns(
  places: readonly number[] | Int32Array,
  compare: (a: number, b: number) => number,
  turns: Turns,
): Promise<Int32Array> {
  let from = Int32Array.from(places);
  for (let start = 0; start < from.length; start += PIECE) {
    from.subarray(start, start + PIECE).sort(compare);
    if (turns.isLong) await turns.next();
  }
  let to = new Int32Array(from.length);
  for (let width = PIECE; width < from.length; width *= 2) {
    for (let start = 0; start < from.length; start += 2 * width) {
      const middle = Math.min(start + width, from.length);
      const end = Math.min(start + 2 * width, from.length);
      let [left, right] = [start, middle];
      for (let at = start; at < end; at++) {
        const isLeft =
          left < middle && (right >= end || compare(from[left] ?? 0, from[right] ?? 0) <= 0);
        to[at] = (isLeft ? from[left++] : from[right++]) ?? 0;
        if (at % PIECE === 0 && turns.isLong) await turns.next();
      }
    }
    [from, to] = [to, from];
  }
  return from;
}

/** The places with the largest values, the largest first; none with 0. */
export async function largestOf(
  values: Float64Array,
  limit: number,
  turns: Turns,
): Promise<number[]> {
  let best: number[] = [];
  let least = 0;
  const cut = () => {
    best = best.toSorted((a, b) => (values[b] ?? 0) - (values[a] ?? 0)).slice(0, limit);
    if (best.length === limit) least = values[best.at(-1) ?? 0] ?? 0;
  };
  for (const [place, value] of values.entries()) {
    if (value > least) best.push(place);
    if (best.length >= 2 * limit) cut();
    if (place % PIECE === 0 && turns.isLong) await turns.next();
  }
  cut();
  return best;
}
