import type { Turns } from "./turns.ts";

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
