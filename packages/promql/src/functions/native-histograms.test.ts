import { describe, expect, it } from "vitest";

import { Engine } from "../engine/engine.ts";
import type { InstantSample } from "../engine/types.ts";
import { createHistogram, type FloatHistogram } from "../histogram/index.ts";
import { memoryStorage } from "../memory-storage.ts";

/** A histogram of as many observations of the value 1. */
function ones(count: number, hint: FloatHistogram["counterResetHint"] = "unknown"): FloatHistogram {
  return createHistogram({
    count,
    sum: count,
    counterResetHint: hint,
    positiveSpans: [{ offset: 0, length: 1 }],
    positiveBuckets: [count],
  });
}

const custom = createHistogram({
  schema: -53,
  count: 3,
  sum: 3,
  positiveSpans: [{ offset: 0, length: 1 }],
  positiveBuckets: [3],
  customValues: [5],
});

type Sample = number | FloatHistogram;

/** Samples every ten seconds from 1970 on. */
async function ask(
  text: string,
  values: readonly Sample[],
  atMs = (values.length - 1) * 10_000,
  startTimes?: readonly number[],
): Promise<{ samples: InstantSample[]; warnings: string[]; infos: string[] }> {
  const samples = values.map((value, i): [number, Sample] => [i * 10_000, value]);
  const series = { labels: { __name__: "h" }, samples, ...(startTimes && { startTimes }) };
  const { data, warnings, infos } = await new Engine().instant(memoryStorage([series]), text, atMs);
  if (data.kind !== "vector") throw new Error(`${text} gave a ${data.kind}`);
  return { samples: data.samples, warnings, infos };
}

async function count(...given: Parameters<typeof ask>): Promise<number | undefined> {
  const { samples } = await ask(...given);
  return samples[0]?.histogram?.count ?? samples[0]?.value;
}

describe("rates of native histograms", () => {
  it.each([
    ["increase(h[30s])", [ones(0), ones(10), ones(20), ones(30)], 30],
    ["rate(h[30s])", [ones(0), ones(10), ones(20), ones(30)], 1],
    ["increase(h[30s])", [ones(0), ones(10), ones(3), ones(5)], 7.5],
    ["irate(h[30s])", [ones(10), ones(30)], 2],
    ["irate(h[30s])", [ones(10), ones(5)], 0.5],
    ["increase(h[20s] anchored)", [ones(0), ones(10), ones(20), ones(30)], 20],
    ["increase(h[20s] anchored)", [ones(9), ones(10), ones(2), ones(5)], 5],
    ["rate(h[20s] anchored)", [ones(0), ones(10), ones(20), ones(30)], 1],
  ] as [string, Sample[], number][])("%s #%#", async (text, values, expected) => {
    expect(await count(text, values)).toBeCloseTo(expected, 12);
  });

  it.each([
    [25_000, [ones(0), ones(10), ones(20), ones(30)], 10],
    // A reset between the samples around the start, and one between those around the end.
    [15_000, [ones(10), ones(4), ones(20)], 10],
    [25_000, [ones(0), ones(10), ones(4), ones(8)], 4],
    [15_000, [ones(0), ones(10), ones(4)], 7],
  ] as [number, Sample[], number][])("smoothed at %d ms #%#", async (atMs, values, expected) => {
    expect(await count("increase(h[10s] smoothed)", values, atMs)).toBeCloseTo(expected, 12);
  });

  it("warn of gauges under rate, and of counters under delta", async () => {
    const gauges = [ones(1, "gauge"), ones(2, "gauge")];
    expect((await ask("rate(h[30s])", gauges)).warnings).toEqual([
      'PromQL warning: this native histogram metric is not a counter: "h" (1:6)',
    ]);
    expect((await ask("delta(h[30s])", gauges)).warnings).toEqual([]);
    expect((await ask("delta(h[30s] anchored)", [ones(1), ones(2)])).warnings).toEqual([
      'PromQL warning: this native histogram metric is not a gauge: "h" (1:7)',
    ]);
  });

  it.each(["rate(h[30s])", "rate(h[30s] anchored)", "irate(h[30s])", "sum_over_time(h[30s])"])(
    "%s of floats among them is nothing, with a warning",
    async (text) => {
      const { samples, warnings } = await ask(text, [1, 2, ones(3)]);
      expect(samples).toEqual([]);
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain('a mix of histograms and floats for metric name "h"');
    },
  );

  it.each(["rate(h[30s])", "rate(h[30s] smoothed)", "idelta(h[30s])", "avg_over_time(h[30s])"])(
    "%s of custom buckets among them is nothing, with a warning",
    async (text) => {
      const { samples, warnings } = await ask(text, [ones(3), custom, ones(3)]);
      expect(samples).toEqual([]);
      expect(warnings.join()).toContain("exponential and custom buckets");
    },
  );
});

describe("start times", () => {
  it("make deltas of samples that each begin where the one before ends", async () => {
    const starts = [0, 0, 10_000, 20_000, 30_000];
    expect(await count("resets(h[50s])", [0, 5, 5, 5, 5], 40_000, starts)).toBe(2);
    expect(
      await count("resets(h[50s])", [ones(0), ones(5), ones(5), ones(5)], 30_000, starts),
    ).toBe(1);
  });

  it("tell where a counter began, so that one sample is enough", async () => {
    expect(await count("increase(h[1m])", [7], 20_000, [0])).toBeUndefined();
    const began = [-5000, -5000];
    expect(await count("increase(h[1m])", [7], 20_000, began.slice(0, 1))).toBe(7);
    expect(await count("increase(h[1m])", [ones(7)], 20_000, began.slice(0, 1))).toBe(7);
    expect(await count("increase(h[1m])", [ones(7), ones(9)], 10_000, began)).toBe(9);
  });

  it("that overlap are warned of", async () => {
    const { warnings } = await ask("rate(h[1m])", [1, 2, 3], 20_000, [-9000, -8000, -7000]);
    expect(warnings).toEqual([
      'PromQL warning: sample has start time that overlaps with previous sample timestamp for metric "h" (1:6)',
    ]);
  });
});

describe("functions of one histogram", () => {
  it("leave floats out", async () => {
    expect(await count("histogram_count(h)", [ones(4)])).toBe(4);
    expect(await count("histogram_avg(h)", [ones(4)])).toBe(1);
    expect((await ask("histogram_sum(h)", [5])).samples).toEqual([]);
    expect((await ask("abs(h)", [ones(4)])).samples).toEqual([]);
    expect(await count("timestamp(h)", [ones(4)], 5000)).toBe(0);
  });

  it("take quantiles and fractions", async () => {
    expect(await count("histogram_quantile(1, h)", [ones(4)])).toBe(1);
    expect(await count("histogram_fraction(0, 2, h)", [ones(4)])).toBe(1);
    const nan = { ...ones(4), sum: NaN, count: 5 };
    const { samples, infos } = await ask("histogram_quantile(1, h)", [nan]);
    expect(samples[0]?.value).toBeNaN();
    expect(infos).toEqual([
      'PromQL info: input to histogram_quantile has NaN observations, result is NaN for metric name "h" (1:23)',
    ]);
  });
});

describe("changes and resets", () => {
  it.each([
    ["changes(h[1m])", [ones(1), ones(1), ones(2), 2, 2, ones(2)], 3],
    ["resets(h[1m])", [ones(1), ones(2), ones(1), 2, 1, ones(2)], 4],
    ["resets(h[1m])", [ones(1), ones(2, "reset"), ones(3)], 1],
  ] as [string, Sample[], number][])("%s #%#", async (text, values, expected) => {
    expect(await count(text, values)).toBe(expected);
  });
});

describe("floats among histograms", () => {
  it.each(["max_over_time", "stddev_over_time", "deriv", "mad_over_time", "ts_of_max_over_time"])(
    "are what %s looks at, with an info",
    async (name) => {
      const { samples, infos } = await ask(`${name}(h[1m])`, [1, 2, ones(5)]);
      expect(samples).toHaveLength(1);
      expect(infos).toEqual([
        `PromQL info: ignored histograms in a range containing both floats and histograms for metric name "h" (1:${name.length + 2})`,
      ]);
      expect((await ask(`${name}(h[1m])`, [ones(1), ones(2)])).samples).toEqual([]);
    },
  );
});
