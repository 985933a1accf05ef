import type { Budget } from "./budget.ts";

/** Elements that are sorted or merged without asking whether the event loop waits. */
const RUN = 2048;

/** Sorts stably, and gives way to the event loop between its parts. */
export async function sortPausing<T>(
  list: T[],
  compare: (a: T, b: T) => number,
  budget: Budget,
): Promise<T[]> {
  if (list.length <= RUN) return list.sort(compare);
  let runs: T[][] = [];
  for (let at = 0; at < list.length; at += RUN) {
    runs.push(list.slice(at, at + RUN).sort(compare));
    if (budget.due) await budget.pause();
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let i = 0; i < runs.length; i += 2) {
      merged.push(await merge(runs[i] ?? [], runs[i + 1] ?? [], compare, budget));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

async function merge<T>(
  left: readonly T[],
  right: readonly T[],
  compare: (a: T, b: T) => number,
  budget: Budget,
): Promise<T[]> {
  const [last, first] = [left.at(-1), right[0]];
  const inOrder = last === undefined || first === undefined || compare(last, first) <= 0;
  if (inOrder) return left.concat(right);
  const out: T[] = [];
  let [l, r] = [0, 0];
  while (l < left.length && r < right.length) {
    const [a, b] = [left[l] as T, right[r] as T];
    if (compare(a, b) <= 0) {
      out.push(a);
      l++;
    } else {
      out.push(b);
      r++;
    }
    if (out.length % RUN === 0 && budget.due) await budget.pause();
  }
  while (l < left.length) out.push(left[l++] as T);
  while (r < right.length) out.push(right[r++] as T);
  return out;
}
