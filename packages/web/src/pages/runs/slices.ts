/** Work that can be put down and taken up again: each `yield` is a place to stop at. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** A frame has 16 ms, and the browser needs some of them. */
const SLICE_MS = 8;

const nextTurn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

interface SliceOptions {
  signal?: AbortSignal;
  now?: () => number;
  rest?: () => Promise<void>;
}

/** Does work in slices, between which the page answers; undefined when nobody waits for it any more. */
export async function inSlices<T>(
  steps: Steps<T>,
  { signal, now = () => performance.now(), rest = nextTurn }: SliceOptions = {},
): Promise<T | undefined> {
  let began = now();
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (now() - began < SLICE_MS) continue;
    await rest();
    if (signal?.aborted === true) return undefined;
    began = now();
  }
}

/** Does all of it at once; for little work. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

/** Elements between two places to stop at. */
export const STRIDE = 4096;

/** Indexes in the order of their keys, equal ones as they were; merging can be stopped, `Array.sort` cannot. */
export function* sortedBy(keys: Float64Array): Steps<Int32Array<ArrayBuffer>> {
  let from = new Int32Array(keys.length);
  let isSorted = true;
  for (let at = 0; at < keys.length; at++) {
    from[at] = at;
    if (at > 0 && (keys[at] ?? 0) < (keys[at - 1] ?? 0)) isSorted = false;
    if (at % STRIDE === 0) yield;
  }
  if (isSorted) return from;
  let into = new Int32Array(from.length);
  for (let width = 1; width < from.length; width *= 2) {
    for (let start = 0; start < from.length; start += 2 * width) {
      const middle = Math.min(start + width, from.length);
      yield* merge(keys, from, into, start, middle, Math.min(start + 2 * width, from.length));
    }
    [from, into] = [into, from];
  }
  return from;
}

function* merge(
  keys: Float64Array,
  from: Int32Array,
  into: Int32Array,
  start: number,
  middle: number,
  end: number,
): Steps<void> {
  let left = start;
  let right = middle;
  for (let at = start; at < end; at++) {
    const a = from[left] ?? 0;
    const b = from[right] ?? 0;
    const takeLeft = left < middle && (right >= end || (keys[a] ?? 0) <= (keys[b] ?? 0));
    into[at] = takeLeft ? a : b;
    if (takeLeft) left++;
    else right++;
    if (at % STRIDE === 0) yield;
  }
}
