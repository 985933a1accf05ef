import { describe, expect, it } from "vitest";

import { ask, askOne, query, rounded } from "./ask.test-kit.ts";

describe("rates", () => {
  it.each([
    // Both ends of the range are less than 1.1 intervals away.
    ["increase(c_total[1m])", [10, 20, 30, 40, 50, 60, 70], 60],
    ["rate(c_total[1m])", [10, 20, 30, 40, 50, 60, 70], 1],
    ["delta(c_total[1m])", [70, 60, 50, 40, 30, 20, 10], -60],
    // A reset in the middle.
    ["increase(c_total[1m])", [0, 10, 20, 30, 5, 15, 25], 54],
    // Counters do not go below zero: the first value is reached a second before.
    ["increase(c_total[10m])", [1, 11], 11],
    // Half an interval on either side otherwise.
    ["increase(c_total[10m])", [1000, 1010], 15],
    ["delta(c_total[10m])", [1, 11], 15],
    ["irate(c_total[1m])", [1, 2, 3, 50], 4.7],
    ["irate(c_total[1m])", [1, 2, 30, 5], 0.5],
    ["idelta(c_total[1m])", [1, 2, 30, 5], -25],
  ])("%s of %j is %d", async (text, values, expected) => {
    expect(await askOne(text, { c_total: values })).toBeCloseTo(expected, 10);
  });

  it.each(["rate", "increase", "delta", "irate", "idelta", "deriv"])(
    "%s needs two samples",
    async (name) => {
      expect(await ask(`${name}(c_total[1m])`, { c_total: [5] })).toEqual([]);
    },
  );

  it("remark on names that are no counters, once for a name, and only when there is an answer", async () => {
    const given = { 'up{a="1"}': [1, 2], 'up{a="2"}': [1, 2], gone: ["_", 1] } as const;
    const { infos } = await query('rate({__name__=~"up|gone"}[1m])', given);
    expect(infos).toEqual([
      'PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: "up" (1:6)',
    ]);
    expect((await query("delta(up[1m])", given)).infos).toEqual([]);
  });
});

describe("anchored and smoothed ranges", () => {
  const values = [1, 2, 3, 4, 9, 10];
  it.each([
    ["increase(m[20s] anchored)", 50_000, 6],
    ["increase(m[25s] anchored)", 50_000, 7],
    ["rate(m[20s] anchored)", 50_000, 0.3],
    ["delta(m[20s] smoothed)", 45_000, 6],
    ["increase(m[10s] smoothed)", 35_000, 3],
    ["changes(m[20s] anchored)", 50_000, 2],
    ["resets(m[20s] anchored)", 50_000, 0],
  ])("%s at %d ms is %d", async (text, atMs, expected) => {
    expect(await askOne(text, { m: values }, atMs)).toBeCloseTo(expected, 12);
  });

  it("have no answer where nothing lies after the start", async () => {
    expect(await ask("increase(m[10s] anchored)", { m: [1, 2] }, 30_000)).toEqual([]);
    expect(await ask("increase(m[10s] smoothed)", { m: [1, 2] }, 30_000)).toEqual([]);
  });
});

describe("functions over time", () => {
  it.each([
    ["sum_over_time(m[2m])", [1, 1e100, 1, -1e100], 2],
    ["sum_over_time(m[2m])", [Infinity, 1], Infinity],
    ["avg_over_time(m[2m])", [9.988465674311579e307, 9.988465674311579e307], 9.988465674311579e307],
    ["avg_over_time(m[2m])", [1e10, 1e-6, 1e-6, 1e-6, 1e-6, 1e-6], 1.6666666666666675e9],
    ["avg_over_time(m[2m])", [-Infinity, Infinity], NaN],
    ["min_over_time(m[2m])", [NaN, 3, 2, NaN], 2],
    ["max_over_time(m[2m])", [NaN, 3, 2, NaN], 3],
    ["max_over_time(m[2m])", [NaN, NaN], NaN],
    ["count_over_time(m[2m])", [1, NaN, 3], 3],
    ["present_over_time(m[2m])", [NaN], 1],
    ["first_over_time(m[2m])", [4, 5, 6], 4],
    ["last_over_time(m[2m])", [4, 5, 6], 6],
    ["ts_of_first_over_time(m[2m])", ["_", 4, 5], 10],
    ["ts_of_last_over_time(m[2m])", [4, 5, 6], 20],
    ["ts_of_max_over_time(m[2m])", [NaN, 5, 5, 4], 20],
    ["ts_of_min_over_time(m[2m])", [NaN, 4, 5, 4], 30],
    ["stdvar_over_time(m[2m])", [0, 8, 8, 2, 3], 10.56],
    ["stddev_over_time(m[2m])", [0, 8, 8, 2, 3], Math.sqrt(10.56)],
    ["stdvar_over_time(m[2m])", [1.5990505637277868, 1.5990505637277868], 0],
    ["quantile_over_time(0.75, m[2m])", [0, 1, 4], 2.5],
    ["quantile_over_time(0.75, m[2m])", [1, NaN, 0], 0.5],
    ["quantile_over_time(2, m[2m])", [1, 0], Infinity],
    ["mad_over_time(m[2m])", [4, 6, 2, 1, 999, 1, 2], 1],
    ["changes(m[2m])", [1, 1, NaN, NaN, 2, 1], 3],
    ["resets(m[2m])", [1, 2, 0, NaN, 3, 1], 2],
    ["deriv(m[2m])", [0, 10, 20, 30], 1],
    ["deriv(m[2m])", [Infinity, Infinity], NaN],
    ["deriv(m[2m])", [7, 7, 7], 0],
    ["predict_linear(m[2m], 60)", [0, 10, 20, 30], 90],
    ["double_exponential_smoothing(m[2m], 0.5, 0.5)", [1, 2, 3, 4], 4],
  ] as [string, (number | "_")[], number][])("%s of %j is %d", async (text, values, expected) => {
    const value = await askOne(text, { m: values });
    expect(rounded(value)).toBe(rounded(expected));
  });

  it("keep the name only where the sample is one of the series", async () => {
    const given = { m: [1, 2] };
    expect(await ask("last_over_time(m[1m])", given)).toEqual([["m{}", 2]]);
    expect(await ask("first_over_time(m[1m])", given)).toEqual([["m{}", 1]]);
    expect(await ask("max_over_time(m[1m])", given)).toEqual([["{}", 2]]);
  });

  it.each([
    [
      "double_exponential_smoothing(m[1m], 1, 0.5)",
      "invalid smoothing factor. Expected: 0 < sf < 1, got: 1.000000",
    ],
    [
      "double_exponential_smoothing(m[1m], 0.5, -Inf)",
      "invalid trend factor. Expected: 0 < tf < 1, got: -Inf",
    ],
  ])("%s is refused", async (text, message) => {
    await expect(query(text, { m: [1] })).rejects.toThrow(message);
  });
});

describe("info", () => {
  const given = {
    'm{instance="a",job="j"}': [5],
    'm{instance="b",job="j"}': [6],
    'target_info{instance="a",job="j",version="1"}': [1],
    'build_info{instance="a",job="j",build="x"}': [1],
  };
  it.each([
    ["info(m)", ['m{instance="a",job="j",version="1"}', 'm{instance="b",job="j"}']],
    ['info(m, {version=~".+"})', ['m{instance="a",job="j",version="1"}']],
    ['info(m, {build=""})', ['m{instance="a",job="j"}', 'm{instance="b",job="j"}']],
    [
      'info(m, {__name__="build_info"})',
      ['m{build="x",instance="a",job="j"}', 'm{instance="b",job="j"}'],
    ],
    [
      'info(m, {__name__!="target_info"})',
      ['m{build="x",instance="a",job="j"}', 'm{instance="b",job="j"}'],
    ],
    ["info(target_info)", ['target_info{instance="a",job="j",version="1"}']],
  ])("%s", async (text, labels) => {
    expect((await ask(text, given)).map(([own]) => own)).toEqual(labels);
  });

  it("takes the newest of several info series, and refuses two of the same age", async () => {
    const twice = (a: readonly (number | "_")[], b: readonly (number | "_")[]) => ({
      'm{job="j"}': [1, 2],
      'target_info{job="j",v="1"}': a,
      'target_info{job="j",v="2"}': b,
    });
    expect(await ask("info(m)", twice([1, "_"], ["_", 1]))).toEqual([['m{job="j",v="2"}', 2]]);
    await expect(query("info(m)", twice([1, 1], [1, 1]))).rejects.toThrow(
      'found duplicate series for info metric: existing {__name__="target_info", job="j", v="1"} @ 10000, new {__name__="target_info", job="j", v="2"} @ 10000',
    );
  });

  it("joins by hand where there are too many instances to ask for", async () => {
    const many: Record<string, number[]> = {};
    for (let i = 0; i < 300; i++) {
      many[`m{instance="${i}.x"}`] = [i];
      many[`target_info{instance="${i}.x",n="${i}"}`] = [1];
    }
    const answer = await ask("info(m)", many);
    expect(answer).toHaveLength(300);
    for (const [labels, value] of answer) expect(labels).toContain(`n="${value}"`);
  });
});
