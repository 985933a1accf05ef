import { describe, expect, it } from "vitest";

import { DueHeap, hashText, nextDueMs } from "./schedule.ts";

describe("DueHeap", () => {
  it("gives entries in the order in which they are due", () => {
    const heap = new DueHeap<number>();
    const times = Array.from({ length: 500 }, (_, at) => (at * 7919) % 997);
    for (const [at, time] of times.entries()) heap.push(time, at);
    expect(heap.peek()?.dueMs).toBe(0);
    const popped: number[] = [];
    for (let top = heap.pop(); top; top = heap.pop()) {
      expect(times[top.item]).toBe(top.dueMs);
      popped.push(top.dueMs);
    }
    expect(popped).toEqual(times.toSorted((a, b) => a - b));
    expect(heap.size).toBe(0);
  });
});

describe("nextDueMs", () => {
  it("is the first moment of the target's grid that is later", () => {
    for (const id of ["a", "b", "service-1", "service-2"]) {
      const hash = hashText(id);
      const first = nextDueMs(1_700_000_000_000, 15_000, hash);
      expect(first).toBeGreaterThan(1_700_000_000_000);
      expect(first).toBeLessThanOrEqual(1_700_000_015_000);
      expect(nextDueMs(first, 15_000, hash)).toBe(first + 15_000);
      expect(nextDueMs(first - 1, 15_000, hash)).toBe(first);
    }
  });

  it("spreads a fleet over the interval", () => {
    const perTenth = Array.from({ length: 10 }, () => 0);
    for (let at = 0; at < 1000; at++) {
      const offset = nextDueMs(0, 10_000, hashText(`default\u0000service-${at}`)) % 10_000;
      perTenth[Math.floor(offset / 1000)]! += 1;
    }
    expect(Math.min(...perTenth)).toBeGreaterThan(60);
    expect(Math.max(...perTenth)).toBeLessThan(150);
  });
});
