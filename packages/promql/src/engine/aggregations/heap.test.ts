import { describe, expect, it } from "vitest";

import { BestRows } from "./heap.ts";

/** A small generator of numbers, the same ones every time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 2 ** 32;
  };
}

function best(kind: "largest" | "smallest", values: readonly number[], k: number): number[] {
  const heap = new BestRows(kind, k);
  let size = 0;
  values.forEach((value, row) => {
    heap.open(0, size);
    size = heap.offer(row, value, k);
  });
  heap.open(0, size);
  return heap.ordered();
}

describe("the best rows", () => {
  it("are those that sorting gives, best first and NaN last", () => {
    const next = random(7);
    for (let round = 0; round < 500; round++) {
      const values = Array.from({ length: 1 + Math.floor(next() * 40) }, () =>
        next() < 0.1 ? NaN : Math.round(next() * 1e6),
      );
      const k = 1 + Math.floor(next() * 12);
      const kind = next() < 0.5 ? "largest" : "smallest";
      const numbers = values.filter((value) => !Number.isNaN(value));
      numbers.sort((a, b) => (kind === "largest" ? b - a : a - b));
      const sorted = [...numbers, ...values.filter(Number.isNaN)].slice(0, k);
      expect(best(kind, values, k).map((row) => values[row])).toEqual(sorted);
    }
  });

  it("of equal values are the first ones", () => {
    expect(best("largest", [1, 1, 1, 1], 2).toSorted()).toEqual([0, 1]);
    expect(best("smallest", [1, 1, 1, 1], 2).toSorted()).toEqual([0, 1]);
  });

  it("of several heaps in one column stay apart", () => {
    const heap = new BestRows("largest", 4);
    heap.open(0, 0);
    let first = heap.offer(1, 10, 2);
    heap.open(2, 0);
    const second = heap.offer(2, 99, 2);
    heap.open(0, first);
    first = heap.offer(3, 20, 2);
    heap.open(0, first);
    expect(heap.ordered()).toEqual([3, 1]);
    heap.open(2, second);
    const rows: number[] = [];
    heap.forEach((row) => rows.push(row));
    expect(rows).toEqual([2]);
  });
});
