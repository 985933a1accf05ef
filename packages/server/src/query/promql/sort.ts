import { setImmediate as nextTurn } from "node:timers/promises";

/** Entries that are sorted, or merged, before others get their turn: a few milliseconds of work. */
const RUN = 4096;

/** Merges two runs that lie side by side; gives way in between. */
async function merge<T>(
  source: readonly T[],
  target: T[],
  [from, middle, to]: readonly [number, number, number],
  compare: (a: T, b: T) => number,
): Promise<void> {
  let [left, right] = [from, middle];
  for (let at = from; at < to; at++) {
    if ((at - from) % RUN === RUN - 1) await nextTurn();
    const takeLeft =
      right >= to || (left < middle && compare(source[left] as T, source[right] as T) <= 0);
    target[at] = source[takeLeft ? left++ : right++] as T;
  }
}

/** Sorts as `toSorted` does, stable, but lets others have their turn. */
export async function sortInTurns<T>(
  entries: readonly T[],
  compare: (a: T, b: T) => number,
): Promise<T[]> {
  if (entries.length <= RUN) return entries.toSorted(compare);
  let sorted: T[] = [];
  for (let from = 0; from < entries.length; from += RUN) {
    for (const entry of entries.slice(from, from + RUN).toSorted(compare)) sorted.push(entry);
    await nextTurn();
  }
  for (let width = RUN; width < entries.length; width *= 2) {
    const target: T[] = Array.from({ length: entries.length });
    for (let from = 0; from < entries.length; from += 2 * width) {
      const middle = Math.min(from + width, entries.length);
      const to = Math.min(from + 2 * width, entries.length);
      await merge(sorted, target, [from, middle, to], compare);
    }
    sorted = target;
  }
  return sorted;
}
