import { describe, expect, it } from "vitest";
import { Engine } from "../engine/engine.ts";
import type { InstantSample, QueryResult } from "../engine/types.ts";
import { Labels } from "../labels.ts";
import type { Storage, StoredSeries } from "../storage.ts";
import { createHistogram } from "./shape.ts";
import { CUSTOM_BUCKETS_SCHEMA, type CounterResetHint, type FloatHistogram } from "./types.ts";

const STEP_MS = 10_000;

/** One series `h`, a histogram every ten seconds from 0 on. */
function storageOf(histograms: readonly FloatHistogram[], startTimes?: readonly number[]): Storage {
  const series: StoredSeries = {
    labels: Labels.fromObject({ __name__: "h" }),
    times: Float64Array.from(histograms, (_, i) => i * STEP_MS),
    values: new Float64Array(histograms.length),
    histograms,
    ...(startTimes && { startTimes: Float64Array.from(startTimes) }),
  };
  return {
    async *select({ startMs, endMs }) {
      const inside = [...series.times.keys()].filter((i) => {
        const time = series.times[i] ?? 0;
        return time > startMs && time <= endMs;
      });
      yield [
        {
          labels: series.labels,
          times: Float64Array.from(inside, (i) => series.times[i] ?? 0),
          values: new Float64Array(inside.length),
          histograms: inside.map((i) => histograms[i]),
          ...(startTimes && { startTimes: Float64Array.from(inside, (i) => startTimes[i] ?? 0) }),
        },
      ];
    },
  };
}

function exponential(
  first: number,
  second: number,
  hint: CounterResetHint = "unknown",
): FloatHistogram {
  return createHistogram({
    count: first + second,
    sum: first + 2 * second,
    counterResetHint: hint,
    positiveSpans: [{ offset: 0, length: 2 }],
    positiveBuckets: [first, second],
  });
}

function custom(bounds: readonly number[], counts: readonly number[]): FloatHistogram {
  return createHistogram({
    schema: CUSTOM_BUCKETS_SCHEMA,
    count: counts.reduce((sum, count) => sum + count, 0),
    sum: 1,
    positiveSpans: [{ offset: 0, length: counts.length }],
    positiveBuckets: counts,
    customValues: bounds,
  });
}

/** Asks at the time of the last sample, over a range that begins just before the first. */
async function ask(
  template: string,
  histograms: readonly FloatHistogram[],
  startTimes?: readonly number[],
): Promise<QueryResult & { histogram: FloatHistogram | undefined; samples: InstantSample[] }> {
  const lastMs = (histograms.length - 1) * STEP_MS;
  const range = `${histograms.length * (STEP_MS / 1000)}s`;
  const text = template.replace("RANGE", range);
  const result = await new Engine().instant(storageOf(histograms, startTimes), text, lastMs);
  const samples = result.data.kind === "vector" ? result.data.samples : [];
  return { ...result, samples, histogram: samples[0]?.histogram };
}

describe("rate, increase and delta of histograms", () => {
  it("extrapolate every bucket as the count", async () => {
    const { histogram, warnings } = await ask("increase(h[RANGE])", [
      exponential(10, 20),
      exponential(11, 22),
      exponential(12, 26),
    ]);
    // Two intervals of ten seconds were seen, the range has three.
    expect(histogram?.positiveBuckets).toEqual([3, 9]);
    expect(histogram).toMatchObject({ count: 12, counterResetHint: "gauge" });
    expect(warnings).toEqual([]);
  });

  it("add what was counted before each reset", async () => {
    const { histogram } = await ask("increase(h[RANGE])", [
      exponential(10, 10),
      exponential(12, 12),
      exponential(1, 1),
      exponential(2, 0),
      exponential(4, 4),
    ]);
    // 2 before the first reset, 1 before the second, which only the second bucket shows, and 4; over 5/4 of what was seen.
    expect(histogram?.positiveBuckets).toEqual([8.75, 8.75]);
  });

  it("see resets that only start times tell", async () => {
    const samples = [exponential(10, 10), exponential(20, 20), exponential(30, 30)];
    const plain = await ask("increase(h[RANGE])", samples);
    const told = await ask("increase(h[RANGE])", samples, [1, 10_500, 10_500]);
    expect(plain.histogram?.positiveBuckets[0]).toBe(30);
    expect(told.histogram?.positiveBuckets[0]).toBeGreaterThan(30);
  });

  it("do not mind other buckets before a reset", async () => {
    const { histogram, warnings } = await ask("increase(h[RANGE])", [
      custom([1], [50, 50]),
      exponential(1, 1),
      exponential(3, 1),
    ]);
    expect(histogram?.positiveBuckets).toEqual([4.5, 1.5]);
    expect(warnings).toEqual([]);
  });

  it.each([
    ["at the end", [exponential(1, 1), exponential(1, 1), custom([1], [9, 9])]],
    ["in the middle", [exponential(1, 1), custom([1], [9, 9]), exponential(20, 20)]],
  ])("give nothing but a warning for other buckets %s", async (_, samples) => {
    const { samples: result, warnings } = await ask("rate(h[RANGE])", samples);
    expect(result).toEqual([]);
    expect(warnings).toEqual([
      'PromQL warning: vector contains a mix of histograms with exponential and custom buckets schemas for metric name "h" (1:6)',
    ]);
  });

  it("reconcile custom bounds and tell it", async () => {
    const { histogram, infos } = await ask("increase(h[RANGE])", [
      custom([1, 2, 3], [1, 1, 1, 1]),
      custom([2, 3], [4, 2, 2]),
    ]);
    expect(histogram?.customValues).toEqual([2, 3]);
    expect(histogram?.positiveBuckets).toEqual([4, 2, 2]);
    expect(infos).toEqual([
      "PromQL info: mismatched custom buckets were reconciled during subtraction (1:10)",
    ]);
  });

  it.each([
    ["rate", "gauge", "counter"],
    ["increase", "gauge", "counter"],
    ["irate", "gauge", "counter"],
    ["delta", "unknown", "gauge"],
    ["idelta", "unknown", "gauge"],
  ] as const)("warn when %s is used on a %s", async (name, hint, missing) => {
    const samples = [exponential(1, 1, hint), exponential(2, 2, hint), exponential(3, 3, hint)];
    const { warnings, samples: result } = await ask(`${name}(h[RANGE])`, samples);
    const place = name.length + 2;
    expect(result).toHaveLength(1);
    expect(warnings).toEqual([
      `PromQL warning: this native histogram metric is not a ${missing}: "h" (1:${place})`,
    ]);
  });

  it("take the last step alone for irate and idelta", async () => {
    const samples = [exponential(1, 1), exponential(2, 2), exponential(7, 4)];
    expect((await ask("irate(h[RANGE])", samples)).histogram?.positiveBuckets).toEqual([0.5, 0.2]);
    const gauges = samples.map((h): FloatHistogram => ({ ...h, counterResetHint: "gauge" }));
    expect((await ask("idelta(h[RANGE])", gauges)).histogram?.positiveBuckets).toEqual([5, 2]);
    const reset = [exponential(9, 9), exponential(4, 2)];
    expect((await ask("irate(h[RANGE])", reset)).histogram?.positiveBuckets).toEqual([0.4, 0.2]);
  });
});

describe("sums over time", () => {
  it("add and average every bucket", async () => {
    const samples = [exponential(1, 2), exponential(3, 2), exponential(5, 8)];
    expect((await ask("sum_over_time(h[RANGE])", samples)).histogram?.positiveBuckets).toEqual([
      9, 12,
    ]);
    expect((await ask("avg_over_time(h[RANGE])", samples)).histogram).toMatchObject({
      count: 7,
      positiveBuckets: [3, 4],
    });
  });

  it("warn of conflicting hints", async () => {
    const samples = [exponential(1, 2, "reset"), exponential(3, 2, "not_reset")];
    expect((await ask("sum_over_time(h[RANGE])", samples)).warnings).toEqual([
      "PromQL warning: conflicting counter resets during histogram aggregation (1:15)",
    ]);
  });

  it("work hints out only where totals are wanted, as upstream", async () => {
    const samples = [exponential(5, 5), exponential(1, 1), exponential(2, 2)];
    const buckets = await ask("sum_over_time(h[RANGE])", samples);
    expect(buckets.warnings).toEqual([]);
    const totals = await ask("histogram_count(sum_over_time(h[RANGE]))", samples);
    expect(totals.samples[0]?.value).toBe(16);
    expect(totals.warnings).toEqual([
      "PromQL warning: conflicting counter resets during histogram aggregation (1:31)",
    ]);
    const quantile = await ask("histogram_quantile(0.5, sum_over_time(h[RANGE]))", samples);
    expect(quantile.warnings).toEqual([]);
  });
});
