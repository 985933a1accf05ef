import { Labels, type MatrixSeries } from "@fleetlight/promql";
import { beforeEach, describe, expect, it } from "vitest";

import {
  cutSeries,
  joinSeries,
  RangeCache,
  type CachedRange,
  type RangeKey,
} from "./range-cache.ts";

const STEP = 10;
const series = (name: string, ...times: number[]): MatrixSeries => ({
  labels: Labels.fromObject({ __name__: name }),
  times: Float64Array.from(times),
  values: Float64Array.from(times, (time) => time * 2),
  histograms: undefined,
});
const shown = (found: readonly MatrixSeries[]) =>
  found.map(({ labels, times, values }) => [labels.get("__name__"), [...times], [...values]]);
const key = (startMs: number, more: Partial<RangeKey> = {}): RangeKey => ({
  tenant: "t",
  text: "a",
  startMs,
  stepMs: STEP,
  lookbackMs: 300_000,
  subqueryStepMs: 60_000,
  ...more,
});
const range = (fromMs: number, toMs: number, ...found: MatrixSeries[]): CachedRange => ({
  fromMs,
  toMs,
  series: found,
  warnings: [],
  infos: [],
});

let cache: RangeCache;
let maxBytes: number;
let evicted: number;
beforeEach(() => {
  maxBytes = 1 << 20;
  evicted = 0;
  cache = new RangeCache(
    () => maxBytes,
    () => evicted++,
  );
});
const put = (found: CachedRange, more: Partial<RangeKey> = {}, untilMs = Infinity) =>
  cache.put(key(found.fromMs, more), cache.begin(more.tenant ?? "t"), found, untilMs);

describe("columns", () => {
  it("are cut at both ends, both included, and series without points are left out", () => {
    const all = [series("a", 0, 10, 20, 30), series("b", 0, 40)];
    expect(shown(cutSeries(all, 10, 20))).toEqual([["a", [10, 20], [20, 40]]]);
    expect(cutSeries(all, 0, 40)).toEqual(all);
    expect(cutSeries(all, 41, 50)).toEqual([]);
  });

  it("are joined in the order of labels, also where only one side has a series", () => {
    const joined = joinSeries(
      [series("a", 0), series("c", 0)],
      [series("b", 10), series("c", 10), series("d", 10)],
    );
    expect(shown(joined)).toEqual([
      ["a", [0], [0]],
      ["b", [10], [20]],
      ["c", [0, 10], [0, 20]],
      ["d", [10], [20]],
    ]);
  });
});

describe("the cache", () => {
  it("finds an answer from any of its steps on, for the same question only", () => {
    put(range(0, 30, series("a", 0, 10, 20, 30)));
    for (const startMs of [0, 10, 30]) expect(cache.get(key(startMs))?.toMs).toBe(30);
    for (const other of [
      key(5),
      key(40),
      key(-10),
      key(0, { tenant: "u" }),
      key(0, { text: "b" }),
      key(0, { stepMs: 20 }),
      key(0, { lookbackMs: 1 }),
      key(0, { subqueryStepMs: 1 }),
    ])
      expect(cache.get(other)).toBeUndefined();
  });

  it("keeps nothing beyond the time it was told, and ends on a step", () => {
    put(range(0, 50, series("a", 0, 10, 20, 30, 40, 50)), {}, 39);
    const found = cache.get(key(0));
    expect(found?.toMs).toBe(30);
    expect(shown(found?.series ?? [])).toEqual([["a", [0, 10, 20, 30], [0, 20, 40, 60]]]);
    put(range(0, 50), { text: "b" }, -1);
    expect(cache.get(key(0, { text: "b" }))).toBeUndefined();
  });

  it("forgets what is not before a sample that was written, of that tenant only", () => {
    put(range(0, 50));
    put(range(0, 50), { tenant: "u" });
    cache.invalidate("t", 25);
    expect(cache.get(key(0))?.toMs).toBe(24);
    expect(cache.get(key(0, { tenant: "u" }))?.toMs).toBe(50);
    cache.invalidate("t", 60);
    expect(cache.get(key(0))?.toMs).toBe(24);
    cache.invalidate("t", 0);
    expect(cache.get(key(0))).toBeUndefined();
    expect(cache.size).toBe(1);
  });

  it("does not keep what may lack a sample that was written while it was evaluated", () => {
    const pending = cache.begin("t");
    const other = cache.begin("u");
    cache.invalidate("t", 20);
    cache.put(key(0), pending, range(0, 50, series("a", 0, 10, 20, 30)), Infinity);
    cache.put(key(0, { tenant: "u" }), other, range(0, 50), Infinity);
    expect(cache.get(key(0))?.toMs).toBe(10);
    expect(cache.get(key(0, { tenant: "u" }))?.toMs).toBe(50);
  });

  it("drops what was used least recently when it is full, and takes nothing that fills it alone", () => {
    maxBytes = 10_000;
    for (let i = 0; i < 12; i++) {
      put(range(0, 50, series("a", ...Array.from({ length: 20 }, (_, at) => at))), {
        text: `q${i}`,
      });
      expect(cache.get(key(0, { text: "q0" }))).toBeDefined();
    }
    expect(cache.bytes).toBeLessThanOrEqual(maxBytes);
    expect(evicted).toBe(12 - cache.size);
    expect(evicted).toBeGreaterThan(0);
    expect(cache.get(key(0, { text: "q1" }))).toBeUndefined();
    put(range(0, 50_000, series("a", ...Array.from({ length: 5000 }, (_, i) => i))), {
      text: "big",
    });
    expect(cache.get(key(0, { text: "big" }))).toBeUndefined();
  });

  it("counts bytes down to none", () => {
    put(range(0, 50, series("a", 0, 10)));
    expect(cache.bytes).toBeGreaterThan(0);
    cache.invalidate("t", 0);
    expect(cache.bytes).toBe(0);
  });
});
