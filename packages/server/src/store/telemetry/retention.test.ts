import { beforeEach, describe, expect, it } from "vitest";

import { MemoryTables } from "./memory-tables.ts";
import { Retention, type RetentionLimits } from "./retention.ts";

const DAY_MS = 86_400_000;
const T0 = Date.UTC(2026, 5, 10, 12);

let tables: MemoryTables;
let limits: RetentionLimits;
let now = T0;
const retention = () =>
  new Retention(tables, { retention: () => limits, now: () => now, onError: () => {} });

const insert = (...ages: number[]) =>
  tables.insertSamples(
    "default",
    [
      {
        ids: new BigUint64Array(ages.length).fill(1n),
        times: Float64Array.from(ages, (age) => T0 - age),
        values: new Float64Array(ages.length),
      },
    ],
    crypto.randomUUID(),
  );
const ages = async () => {
  const [found] = await tables.readSamples("default", [1n], 0, Infinity);
  return [...(found?.times ?? [])].map((time) => T0 - time).toSorted((a, b) => a - b);
};

beforeEach(() => {
  tables = new MemoryTables();
  limits = { metricsMs: 5 * DAY_MS, eventsMs: DAY_MS, tracesMs: DAY_MS, maxBytes: undefined };
  now = T0;
});

describe("retention", () => {
  it("drops days that are past it and keeps those that are not", async () => {
    await insert(0, 3 * DAY_MS, 7 * DAY_MS, 40 * DAY_MS);
    await retention().enforce();
    expect(await ages()).toEqual([0, 3 * DAY_MS]);
  });

  it("deletes rows of today when it is shorter than two days, but not in every round", async () => {
    limits.metricsMs = 600_000;
    await insert(0, 300_000, 900_000);
    const keeper = retention();
    await keeper.enforce();
    expect(await ages()).toEqual([0, 300_000]);
    now += 30_000;
    await insert(800_000);
    await keeper.enforce();
    expect(await ages()).toEqual([0, 300_000, 800_000]);
    now += 60_000;
    await keeper.enforce();
    expect(await ages()).toEqual([0, 300_000]);
  });

  it("keeps contents no longer than their spans", () => {
    const cutoff = (contentsMs?: number) => {
      limits = { ...limits, contentsMs };
      return T0 - retention().cutoffMs("contents");
    };
    expect([cutoff(), cutoff(3_600_000), cutoff(9 * DAY_MS)]).toEqual([DAY_MS, 3_600_000, DAY_MS]);
  });

  it("drops the oldest days until the rest fits, never the one that is written now", async () => {
    limits.maxBytes = 24 * 2;
    await insert(0, DAY_MS, 2 * DAY_MS, 3 * DAY_MS);
    const keeper = retention();
    await keeper.enforce();
    expect(await ages()).toEqual([0, DAY_MS]);
    expect(keeper.storeBytes).toBe(48);
    limits.maxBytes = 1;
    await keeper.enforce();
    expect(await ages()).toEqual([0]);
  });

  it("forgets series a day after their last sample is past it", async () => {
    const series = (id: bigint, ageMs: number) => ({
      tenant: "default",
      id,
      labels: { __name__: "m" },
      firstSeenMs: 0,
      lastSeenMs: T0 - ageMs,
    });
    await tables.insertSeries(
      [series(1n, 0), series(2n, 5.5 * DAY_MS), series(3n, 7 * DAY_MS)],
      "a",
    );
    await retention().enforce();
    expect((await tables.loadSeries(0, 10)).map(({ id }) => id)).toEqual([1n, 2n]);
  });

  it("obeys limits that a reload changed", async () => {
    await insert(0, 3 * DAY_MS);
    const keeper = retention();
    await keeper.enforce();
    limits = { ...limits, metricsMs: 2 * DAY_MS };
    await keeper.enforce();
    expect(await ages()).toEqual([0]);
    expect(keeper.cutoffMs("metrics")).toBe(T0 - 2 * DAY_MS);
  });
});
