import { describe, expect, it } from "vitest";

import { createHistogram } from "../histogram/index.ts";
import { askOnce, askRange, failureOf } from "../testing/ask.ts";

const big = 9.988465674311579e307;
const histogram = (count: number) =>
  createHistogram({
    count,
    sum: count,
    positiveSpans: [{ offset: 0, length: 1 }],
    positiveBuckets: [count],
  });
const custom = createHistogram({
  schema: -53,
  count: 1,
  sum: 1,
  customValues: [1],
  positiveSpans: [{ offset: 0, length: 1 }],
  positiveBuckets: [1],
});

/** One series per value, at one minute. */
function series(values: readonly number[]): Record<string, number[]> {
  return Object.fromEntries(values.map((value, i) => [`x{i="${i}"}`, [value]]));
}

describe("aggregations of floats", () => {
  it.each([
    ["sum", [1, 1e100, 1, -1e100], 2],
    ["sum", [Infinity, -Infinity], NaN],
    ["sum", [1e308, 1e308, -1e308], Infinity],
    ["sum", [-0], 0],
    ["avg", [2, 8, 1e100, -1e100], 2.5],
    ["avg", [big, big, big, big], big],
    ["avg", [-big, -big, big, big], 0],
    ["avg", [0, -Infinity], -Infinity],
    ["avg", [NaN, 1], NaN],
    ["min", [NaN, 3, 1, 2], 1],
    ["min", [NaN, NaN], NaN],
    ["max", [1, NaN, 3], 3],
    ["max", [NaN], NaN],
    ["count", [NaN, 1, 2], 3],
    ["group", [7, 8], 1],
    ["stdvar", [1, 2, 3, 4], 1.25],
    ["stddev", [5, 5, 5], 0],
    ["stddev", [1, Infinity], NaN],
    ["stdvar", [NaN], NaN],
  ])("%s of %j is %d", async (op, values, expected) => {
    expect((await askOnce(series(values), `${op}(x)`)).rows).toEqual([["{}", expected]]);
  });

  it("go on with other rows where one is missing", async () => {
    const load = {
      'x{i="1"}': [1, undefined, 3, undefined],
      'x{i="2"}': [10, 20, undefined, undefined],
    };
    const at = async (op: string) => (await askRange(load, `${op} x)`)).rows["{}"];
    expect(await at("sum(")).toEqual([11, 20, 3, undefined]);
    expect(await at("avg(")).toEqual([5.5, 20, 3, undefined]);
    expect(await at("count(")).toEqual([2, 1, 1, undefined]);
    expect(await at("min(")).toEqual([1, 20, 3, undefined]);
    expect(await at("stddev(")).toEqual([4.5, 0, 0, undefined]);
    expect(await at("quantile by () (0.5,")).toEqual([5.5, 20, 3, undefined]);
  });
});

describe("groups", () => {
  const load = {
    'x{job="a",i="1"}': [1],
    'y{job="a",i="2"}': [2],
    'x{job="b",i="1"}': [4],
    'x{i="1"}': [8],
  };

  it.each([
    [
      "sum by (job) (x)",
      [
        ['{job="a"}', 1],
        ['{job="b"}', 4],
        ["{}", 8],
      ],
    ],
    [
      'sum by (job) ({i!=""})',
      [
        ['{job="a"}', 3],
        ['{job="b"}', 4],
        ["{}", 8],
      ],
    ],
    [
      'sum by (nothing, job, job) ({i!=""})',
      [
        ['{job="a"}', 3],
        ['{job="b"}', 4],
        ["{}", 8],
      ],
    ],
    [
      'sum without (i) ({i!=""})',
      [
        ['{job="a"}', 3],
        ['{job="b"}', 4],
        ["{}", 8],
      ],
    ],
    [
      'sum without (job) ({i!=""})',
      [
        ['{i="1"}', 13],
        ['{i="2"}', 2],
      ],
    ],
    ['sum ({i!=""})', [["{}", 15]]],
    ['sum by () ({i!=""})', [["{}", 15]]],
    [
      'sum by (__name__) ({i!=""})',
      [
        ["x{}", 13],
        ["y{}", 2],
      ],
    ],
    // One of the summed series loses its name, so that the sum does.
    [
      "sum by (__name__) (x or -y)",
      [
        ["x{}", 13],
        ["{}", -2],
      ],
    ],
  ])("%s", async (text, rows) => {
    expect((await askOnce(load, text)).rows).toEqual(rows);
  });

  it("are empty when nothing is there", async () => {
    expect((await askRange(load, "sum by (job) (nothing)")).rows).toEqual({});
    expect((await askRange(load, "topk(1, nothing)")).rows).toEqual({});
  });
});

describe("quantiles", () => {
  it("may differ from step to step", async () => {
    const load = { 'x{i="1"}': [0, 0, 0], 'x{i="2"}': [10, 10, NaN], q: [0.5, 1, 1] };
    expect((await askRange(load, "quantile(scalar(q), x)")).rows).toEqual({ "{}": [5, 10, 0] });
  });

  it.each([
    ["2", Infinity, "2"],
    ["-1.5", -Infinity, "-1.5"],
    ["NaN", NaN, "NaN"],
    ["(1e7)", Infinity, "1e+07"],
  ])("of %s give a result and a warning", async (q, expected, shown) => {
    const { rows, warnings } = await askOnce(series([1, 2]), `quantile(${q}, x)`);
    expect(rows).toEqual([["{}", expected]]);
    const column = q.startsWith("(") ? 11 : 10;
    expect(warnings).toEqual([
      `PromQL warning: quantile value should be between 0 and 1, got ${shown} (1:${column})`,
    ]);
  });
});

describe("topk and bottomk", () => {
  const values = [3, NaN, 1, 4, 1, 5];

  it.each([
    ["topk(3, x)", [5, 4, 3]],
    ["bottomk(3, x)", [1, 1, 3]],
    ["topk(2.9, x)", [5, 4]],
    ["topk(100, x)", [5, 4, 3, 1, 1, NaN]],
    ["bottomk(100, x)", [1, 1, 3, 4, 5, NaN]],
    ["topk(0, x)", []],
    ["topk(-1, x)", []],
    ["topk(0.9, x)", []],
  ])("%s is ordered", async (text, expected) => {
    const { rows } = await askOnce(series(values), text);
    expect(rows.map(([, value]) => value)).toEqual(expected);
  });

  it("choose anew at every step", async () => {
    const load = {
      'x{i="1"}': [1, 5, undefined],
      'x{i="2"}': [2, 4, 6],
      'x{i="3"}': [3, 3, 7],
      k: [1, 2, 0],
    };
    expect((await askRange(load, "topk(scalar(k), x)")).rows).toEqual({
      'x{i="3"}': [3, undefined, undefined],
      'x{i="1"}': [undefined, 5, undefined],
      'x{i="2"}': [undefined, 4, undefined],
    });
    expect((await askRange(load, "bottomk(1, x)")).rows).toEqual({
      'x{i="1"}': [1, undefined, undefined],
      'x{i="3"}': [undefined, 3, undefined],
      'x{i="2"}': [undefined, undefined, 6],
    });
  });

  it("work within groups, and keep names and dropped names", async () => {
    const load = { 'x{job="a",i="1"}': [1], 'x{job="a",i="2"}': [2], 'x{job="b",i="3"}': [0] };
    expect((await askOnce(load, "topk by (job) (1, x)")).rows).toEqual([
      ['x{i="2", job="a"}', 2],
      ['x{i="3", job="b"}', 0],
    ]);
    expect((await askOnce(load, "topk without (i, job) (1, -x)")).rows).toEqual([
      ['{i="3", job="b"}', -0],
    ]);
  });
});

describe("limitk and limit_ratio", () => {
  it("takes the first of each group at each step", async () => {
    const load = {
      'x{job="a",i="1"}': [1, undefined],
      'x{job="a",i="2"}': [2, 2],
      'x{job="b",i="3"}': [histogram(1), 3],
    };
    expect((await askRange(load, "limitk by (job) (1, x)")).rows).toEqual({
      'x{i="1", job="a"}': [1, undefined],
      'x{i="2", job="a"}': [undefined, 2],
      'x{i="3", job="b"}': ["{count:1, sum:1, (0.5,1]:1}", 3],
    });
  });

  it("split the series into what a ratio and its complement choose", async () => {
    const load = series(Array.from({ length: 200 }, (_, i) => i));
    const names = async (text: string) => (await askOnce(load, text)).rows.map(([name]) => name);
    const some = await names("limit_ratio(0.3, x)");
    const others = await names("limit_ratio(-0.7, x)");
    expect(some.length).toBeGreaterThan(30);
    expect(some.length).toBeLessThan(90);
    expect(new Set([...some, ...others]).size).toBe(200);
    expect(some.length + others.length).toBe(200);
    expect(await names("limit_ratio(1, x)")).toHaveLength(200);
    expect(await names("limit_ratio(0, x)")).toHaveLength(0);
    expect(await names("limit_ratio(-1, x)")).toHaveLength(200);
  });

  it.each([
    ["1.5", "1.5, capping to 1"],
    ["-20", "-20, capping to -1"],
  ])("warns of a ratio of %s", async (ratio, shown) => {
    const { rows, warnings } = await askOnce(series([1, 2]), `limit_ratio(${ratio}, x)`);
    expect(rows).toHaveLength(2);
    expect(warnings).toEqual([
      `PromQL warning: ratio value should be between -1 and 1, got ${shown} (1:13)`,
    ]);
  });
});

describe("parameters that are wrong", () => {
  it.each([
    ["topk(NaN, x)", "Parameter value is NaN"],
    ["limitk(NaN, nothing)", "Parameter value is NaN"],
    ["bottomk(1e19, x)", "Scalar value 1e+19 overflows int64"],
    ["topk(Inf, x)", "Scalar value +Inf overflows int64"],
    ["topk(scalar(k), x)", "Scalar value -1e+20 underflows int64"],
    ["limit_ratio(NaN, x)", "Ratio value is NaN"],
    ['count_values("", x)', 'invalid label name ""'],
    ['count_values("a\\xc5z", x)', 'invalid label name "a\\xc5z"'],
  ])("%s", async (text, message) => {
    expect(await failureOf(askRange({ 'x{i="1"}': [1, 2], k: [-1e20, 1] }, text))).toBe(message);
  });
});

describe("count_values", () => {
  it("writes numbers without exponent", async () => {
    const load = series([1e21, 1e21, 1e-7, -0, 0, NaN, NaN, Infinity, 1.5]);
    const { rows } = await askOnce(load, 'count_values("v", x)');
    expect(rows).toEqual([
      ['{v="1000000000000000000000"}', 2],
      ['{v="0.0000001"}', 1],
      ['{v="-0"}', 1],
      ['{v="0"}', 1],
      ['{v="NaN"}', 2],
      ['{v="+Inf"}', 1],
      ['{v="1.5"}', 1],
    ]);
  });

  it("counts by group and step, and puts its label over others", async () => {
    const load = {
      'x{job="a",i="1"}': [1, 2],
      'x{job="a",i="2"}': [1, 1],
      'x{job="b",i="1"}': [1, histogram(1)],
    };
    expect((await askRange(load, 'count_values by (job) ("v", x)')).rows).toEqual({
      '{job="a", v="1"}': [2, 1],
      '{job="a", v="2"}': [undefined, 1],
      '{job="b", v="1"}': [1, undefined],
      '{job="b", v="{count:1, sum:1, (0.5,1]:1}"}': [undefined, 1],
    });
    expect((await askOnce(load, 'count_values without (i) ("job", x)')).rows).toEqual([
      ['{job="1"}', 3],
    ]);
  });

  it("is bounded where every value is new", async () => {
    const steps = 600;
    const load = { x: Array.from({ length: steps }, (_, i) => i) };
    const text = 'count(count_values("v", x))';
    expect((await askRange(load, text)).rows["{}"]?.[0]).toBe(1);
    expect(await failureOf(askRange(load, text, { maxSamples: 100_000 }))).toContain(
      "too many samples",
    );
  });
});

describe("histograms", () => {
  const load = {
    'h{i="1"}': [histogram(2), histogram(2), 1, histogram(4)],
    'h{i="2"}': [histogram(4), 3, 2, custom],
  };
  const ignored = (op: string) => [
    `PromQL info: ignored histogram in ${op} aggregation (1:${op.length + 2})`,
  ];
  const mixed = "PromQL warning: encountered a mix of histograms and floats for aggregation (1:5)";
  const schemas =
    'PromQL warning: vector contains a mix of histograms with exponential and custom buckets schemas for metric name "h" (1:5)';

  it.each([
    ["sum(h)", ["{count:6, sum:6, (0.5,1]:6}", undefined, 3, undefined], [mixed, schemas], []],
    ["avg(h)", ["{count:3, sum:3, (0.5,1]:3}", undefined, 1.5, undefined], [mixed, schemas], []],
    ["count(h)", [2, 2, 2, 2], [], []],
    ["group(h)", [1, 1, 1, 1], [], []],
    ["max(h)", [undefined, 3, 2, undefined], [], ignored("max")],
    ["min(h)", [undefined, 3, 1, undefined], [], ignored("min")],
    ["stddev(h)", [undefined, 0, 0.5, undefined], [], ignored("stddev")],
    [
      "stdvar((h))",
      [undefined, 0, 0.25, undefined],
      [],
      ["PromQL info: ignored histogram in stdvar aggregation (1:9)"],
    ],
    [
      "quantile(0, h)",
      [undefined, 3, 1, undefined],
      [],
      ["PromQL info: ignored histogram in quantile aggregation (1:13)"],
    ],
    [
      "sum(topk(9, h))",
      [undefined, 3, 3, undefined],
      [],
      ["PromQL info: ignored histogram in topk aggregation (1:5)"],
    ],
    [
      "sum(bottomk(1, h))",
      [undefined, 3, 1, undefined],
      [],
      ["PromQL info: ignored histogram in bottomk aggregation (1:5)"],
    ],
  ])("%s", async (text, row, warnings, infos) => {
    const got = await askRange(load, text);
    expect(got.rows).toEqual({ "{}": row });
    expect(got.warnings.toSorted()).toEqual(warnings);
    expect(got.infos).toEqual(infos);
  });

  it("of which one was reset and one was not are warned of", async () => {
    const hinted = (counterResetHint: "reset" | "not_reset") => ({
      ...histogram(1),
      counterResetHint,
    });
    const { rows, warnings } = await askOnce(
      { 'h{i="1"}': [hinted("reset")], 'h{i="2"}': [hinted("not_reset")] },
      "sum(h)",
    );
    expect(rows).toHaveLength(1);
    expect(warnings).toEqual([
      "PromQL warning: conflicting counter resets during histogram aggregation (1:5)",
    ]);
  });
});
