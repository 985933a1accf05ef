import { describe, expect, it } from "vitest";

import { periodEndMs, periodStartMs } from "./periods.ts";

// A Saturday.
const AT = Date.parse("2026-11-21T16:30:12.345Z");

describe("a budget's period", () => {
  it.each([
    ["hour", "2026-11-21T16:00:00Z", "2026-11-21T17:00:00Z"],
    ["day", "2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"],
    ["week", "2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"],
    ["month", "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"],
  ] as const)("of one %s goes from %s to %s", (period, start, end) => {
    const startMs = periodStartMs(period, AT);
    expect(startMs).toBe(Date.parse(start));
    expect(periodEndMs(period, startMs)).toBe(Date.parse(end));
    // The first moment belongs to it, the one before does not.
    expect(periodStartMs(period, startMs)).toBe(startMs);
    expect(periodStartMs(period, startMs - 1)).toBeLessThan(startMs);
  });

  it("ends with the year, and begins in leap Februaries", () => {
    expect(periodEndMs("month", Date.parse("2026-12-01T00:00:00Z"))).toBe(Date.parse("2027-01-01"));
    expect(periodEndMs("month", Date.parse("2028-02-01T00:00:00Z"))).toBe(Date.parse("2028-03-01"));
  });

  it("without an end is always the same one", () => {
    expect(periodStartMs("total", AT)).toBe(0);
    expect(periodEndMs("total", 0)).toBeNull();
  });
});
