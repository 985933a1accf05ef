import { describe, expect, it } from "vitest";

import { Head } from "./head.ts";

const fill = (head: Head, ref: number, from: number, count: number) => {
  for (let i = 0; i < count; i++) head.append(ref, from + i, from + i, false);
};

describe("head", () => {
  it("answers any part of a series that spans several chunks", () => {
    const head = new Head(1 << 20);
    head.open(0, -Infinity);
    fill(head, 0, 0, 100);
    expect([...head.read(0, 30, 34).times]).toEqual([30, 31, 32, 33, 34]);
    expect(head.read(0, -10, 1000).values).toHaveLength(100);
    expect(head.read(0, 200, 300).times).toHaveLength(0);
    expect(head.isCompleteFrom(0, 0)).toBe(true);
  });

  it("stays within its bytes by giving up the oldest chunk, and says from when on it is complete", () => {
    const head = new Head(16 * 512);
    head.open(0, -Infinity);
    head.open(1, -Infinity);
    fill(head, 0, 0, 32);
    fill(head, 1, 0, 32 * 20);
    expect(head.bytes).toBeLessThanOrEqual(512 * 512);
    expect(head.latest(0, 0)).toBeUndefined();
    expect(head.isCompleteFrom(0, 0)).toBe(false);
    expect(head.isCompleteFrom(0, 32)).toBe(true);
    expect(head.evictedSamples).toBe(32 + 32 * 4);
    expect(head.isCompleteFrom(1, 32 * 4 + 1)).toBe(true);
    expect([...head.read(1, 0, Infinity).times]).toEqual(
      Array.from({ length: 32 * 16 }, (_, i) => 32 * 4 + i),
    );
  });

  it("takes a sample again after all its series' chunks were given up", () => {
    const head = new Head(16 * 512);
    head.open(0, -Infinity);
    head.open(1, -Infinity);
    fill(head, 0, 0, 5);
    fill(head, 1, 0, 32 * 16);
    fill(head, 0, 1000, 2);
    expect([...head.read(0, 0, Infinity).times]).toEqual([1000, 1001]);
    expect(head.latest(0, 0)?.value).toBe(1001);
  });

  it("refuses equal and older times, and is complete only from after an older one", () => {
    const head = new Head(1 << 20);
    head.open(0, -Infinity);
    expect(head.append(0, 10, 1, false)).toBe(true);
    expect(head.append(0, 10, 2, false)).toBe(false);
    expect(head.isCompleteFrom(0, 0)).toBe(true);
    expect(head.append(0, 4, 2, false)).toBe(false);
    expect(head.isCompleteFrom(0, 4)).toBe(false);
    expect(head.isCompleteFrom(0, 5)).toBe(true);
    expect(head.latest(0, 0)?.value).toBe(1);
  });

  it("forgets chunks past the window, also behind a slow series", () => {
    const head = new Head(1 << 20);
    head.open(0, -Infinity);
    head.open(1, -Infinity);
    fill(head, 1, 0, 1);
    fill(head, 0, 0, 64);
    fill(head, 1, 500, 1);
    head.expire(100);
    expect(head.read(0, 0, Infinity).times).toHaveLength(0);
    expect([...head.read(1, 0, Infinity).times]).toEqual([0, 500]);
    expect(head.evictedSamples).toBe(0);
  });
});
