import { describe, expect, it } from "vitest";

import { isStartReset, rangeSeconds, startsOverlap } from "./start-time.ts";

describe("a start time", () => {
  it.each([
    ["is unknown", 50, 100, 0, 200, false],
    ["lies after its sample", 50, 100, 300, 200, false],
    ["is that of its sample", 50, 100, 200, 200, false],
    ["stays the same", 50, 100, 50, 200, false],
    ["lies between the samples", 50, 100, 150, 200, true],
    ["is that of the sample before, as of deltas", 50, 100, 100, 200, true],
    ["is that of the sample before, whose own is unknown", 0, 100, 100, 200, false],
    ["is that of the sample before, whose own is wrong", 150, 100, 100, 200, false],
    ["is that of the sample before, whose own is the same", 100, 100, 100, 200, false],
  ])("that %s", (_, previousStart, previous, start, time, reset) => {
    expect(isStartReset(previousStart, previous, start, time)).toBe(reset);
  });

  it.each([
    [50, 100, 0, false],
    [50, 100, 50, false],
    [50, 100, 100, false],
    [50, 100, 60, true],
  ])("overlaps: %d, %d, %d: %s", (previousStart, previous, start, overlaps) => {
    expect(startsOverlap(previousStart, previous, start)).toBe(overlaps);
  });
});

describe("the length of a range", () => {
  it("is rounded as Go rounds it", () => {
    expect(rangeSeconds({ startMs: 0, endMs: 300_000 })).toBe(300);
    expect(rangeSeconds({ startMs: 0, endMs: 86_400_123 })).toBe(86_400 + 0.123);
  });
});
