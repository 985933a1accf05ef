import { describe, expect, it } from "vitest";

import { DueHeap, hashText, LONGEST_SLOT_MS, nextDueMs, slotMsOf } from "./schedule.ts";

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
      const first = nextDueMs(1_700_000_000_000, 15_000, hash, 1);
      expect(first).toBeGreaterThan(1_700_000_000_000);
      expect(first).toBeLessThanOrEqual(1_700_000_015_000);
      expect(nextDueMs(first, 15_000, hash, 1)).toBe(first + 15_000);
      expect(nextDueMs(first - 1, 15_000, hash, 1)).toBe(first);
    }
  });

  it("spreads a fleet over the interval", () => {
    const perTenth = Array.from({ length: 10 }, () => 0);
    for (let at = 0; at < 1000; at++) {
      const offset = nextDueMs(0, 10_000, hashText(`default\u0000service-${at}`), 64) % 10_000;
      perTenth[Math.floor(offset / 1000)]! += 1;
    }
    expect(Math.min(...perTenth)).toBeGreaterThan(60);
    expect(Math.max(...perTenth)).toBeLessThan(150);
  });
});

describe("slots", () => {
  const fleet = (targets: number, intervalMs: number) =>
    slotMsOf(Array.from({ length: targets }, () => intervalMs));

  it.each([
    [0, 15_000, 512],
    [1, 15_000, 512],
    [50, 5000, 512],
    [1000, 15_000, 64],
    [10_000, 15_000, 8],
    [100_000, 1000, 1],
  ])("of %i targets every %i ms are %i ms", (targets, intervalMs, slotMs) => {
    expect(fleet(targets, intervalMs)).toBe(slotMs);
  });

  it("let a few targets share a moment, and leave the load even", () => {
    const slotMs = fleet(300, 15_000);
    const moments = new Map<number, number>();
    for (let at = 0; at < 300; at++) {
      const dueMs = nextDueMs(0, 15_000, hashText(`service-${at}`), slotMs);
      moments.set(dueMs, (moments.get(dueMs) ?? 0) + 1);
    }
    expect(moments.size).toBeLessThan(120);
    expect(Math.max(...moments.values())).toBeLessThan(15);
  });

  it("do not bring targets of short intervals together", () => {
    const dues = Array.from({ length: 100 }, (_, at) =>
      nextDueMs(0, 1000, hashText(`service-${at}`), 512),
    );
    expect(new Set(dues).size).toBe(8);
  });

  it("move a target by less than the longest one when they change", () => {
    for (let at = 0; at < 500; at++) {
      const hash = hashText(`service-${at}`);
      const former = nextDueMs(1_700_000_000_000, 15_000, hash, 512);
      const moved = nextDueMs(former - LONGEST_SLOT_MS, 15_000, hash, 32);
      expect(Math.abs(moved - former)).toBeLessThan(LONGEST_SLOT_MS);
    }
  });
});
