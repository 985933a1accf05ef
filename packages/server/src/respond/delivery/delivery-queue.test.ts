import { describe, expect, it } from "vitest";

import { backoffMs } from "./backoff.ts";
import { DueQueue } from "./due-queue.ts";

describe("backoffMs", () => {
  const middle = { random: () => 0.5, retryAfterMs: null };

  it.each([
    [1, 250],
    [2, 500],
    [3, 1000],
    [9, 64_000],
    [12, 300_000],
    [5000, 300_000],
  ])("after %d failures waits %d ms", (failures, expected) => {
    expect(backoffMs(failures, middle)).toBe(expected);
  });

  it("spreads by a fifth to either side", () => {
    expect(backoffMs(1, { ...middle, random: () => 0 })).toBe(200);
    expect(backoffMs(1, { ...middle, random: () => 0.999_999 })).toBe(300);
  });

  it("is never shorter than Retry-After, and never patient without limit", () => {
    expect(backoffMs(1, { ...middle, retryAfterMs: 30_000 })).toBe(30_000);
    expect(backoffMs(12, { ...middle, retryAfterMs: 1 })).toBe(300_000);
    expect(backoffMs(1, { ...middle, retryAfterMs: 1e12 })).toBe(3_600_000);
  });
});

describe("DueQueue", () => {
  it("hands out what is due, the earliest first", () => {
    const queue = new DueQueue<number>();
    const times = Array.from({ length: 500 }, (_, index) => (index * 7919) % 1009);
    for (const time of times) queue.push(time, time);
    const popped: number[] = [];
    for (let item = queue.pop(600); item !== undefined; item = queue.pop(600)) popped.push(item);
    const expected = times.filter((time) => time <= 600).toSorted((a, b) => a - b);
    expect(popped).toEqual(expected);
    expect(queue.size).toBe(500 - expected.length);
    expect(queue.nextMs).toBeGreaterThan(600);
  });

  it("is never due when it is empty", () => {
    const queue = new DueQueue<string>();
    expect(queue.nextMs).toBe(Infinity);
    expect(queue.pop(Infinity)).toBeUndefined();
  });
});
