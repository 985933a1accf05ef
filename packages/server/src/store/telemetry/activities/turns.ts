import { setImmediate as nextTurn } from "node:timers/promises";

/** Items that are looked at in one turn of the event loop. */
const SLICE = 2000;

/** Calls `visit` with each item of a list that nobody changes, and pauses for other work in between. */
export async function inTurns<T>(
  items: readonly T[],
  visit: (item: T) => void,
  slice = SLICE,
): Promise<void> {
  for (let at = 0; at < items.length; at += slice) {
    if (at > 0) await nextTurn();
    for (const item of items.slice(at, at + slice)) visit(item);
  }
}
