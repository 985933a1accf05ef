import { formatFloat, Labels, type MatrixSeries, type ResultData } from "@fleetlight/promql";
import { describe, expect, it } from "vitest";

import { JsonBytes } from "./json-bytes.ts";
import { labelsJson, ResultWriter } from "./result-json.ts";

const NO_REMARKS = { warnings: [], infos: [] };
const text = (data: ResultData, extras: Partial<Parameters<ResultWriter["write"]>[1]> = {}) => {
  let all = "";
  for (const piece of new ResultWriter().write(data, { ...NO_REMARKS, ...extras }))
    all += piece.toString();
  return all;
};
const labels = Labels.fromObject({ __name__: "a", l: 'q"\n ü \u{1f600}' });

describe("numbers", () => {
  const number = (write: (out: JsonBytes) => void) => {
    const out = new JsonBytes();
    write(out);
    return out.take().toString();
  };

  it.each([
    [0, '"0"'],
    [-0, '"-0"'],
    [7, '"7"'],
    [-120, '"-120"'],
    [2_147_483_648, '"2147483648"'],
    [-9_007_199_254_740_991, '"-9007199254740991"'],
    [9_007_199_254_740_992, '"9007199254740992"'],
    [0.1, '"0.1"'],
    [1e-7, '"1e-07"'],
    [1e21, '"1e+21"'],
    [Number.NaN, '"NaN"'],
    [Infinity, '"+Inf"'],
    [-Infinity, '"-Inf"'],
  ])("%d is written %s", (value, written) =>
    expect(number((out) => out.value(value))).toBe(written),
  );

  it.each([
    [0, "0"],
    [1_767_225_600_000, "1767225600"],
    [1_767_225_600_500, "1767225600.500"],
    [1_767_225_600_007, "1767225600.007"],
    [-500, "-0.500"],
    [-1500, "-1.500"],
  ])("time %d is written %s", (timeMs, written) =>
    expect(number((out) => out.seconds(timeMs))).toBe(written),
  );
});

it("decimals are written as formatFloat writes them", () => {
  const out = new JsonBytes();
  let state = 1;
  for (let i = 0; i < 20_000; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const value = ((state % 2 === 0 ? 1 : -1) * state) / 10 ** (i % 14);
    out.value(value);
    expect(out.take().toString()).toBe(`"${formatFloat(value)}"`);
  }
  for (const value of [
    0.0001,
    0.00012,
    99_999_999_999.9999,
    1e11 + 0.5,
    0.1 + 0.2,
    1.005,
    2.5e-5,
  ]) {
    out.value(value);
    expect(out.take().toString()).toBe(`"${formatFloat(value)}"`);
  }
});

describe("a result", () => {
  it.each<[string, ResultData, unknown]>([
    ["scalar", { kind: "scalar", timeMs: 1000, value: Number.NaN }, [1, "NaN"]],
    ["string", { kind: "string", timeMs: 1000, value: 'a"b' }, [1, 'a"b']],
    [
      "vector",
      { kind: "vector", timeMs: 1500, samples: [{ labels, value: -0, histogram: undefined }] },
      [{ metric: labels.toObject(), value: [1.5, "-0"] }],
    ],
    ["vector", { kind: "vector", timeMs: 1500, samples: [] }, []],
    ["matrix", { kind: "matrix", series: [] }, []],
  ])("that is a %s is in upstream's shape", (resultType, data, result) =>
    expect(JSON.parse(text(data))).toEqual({ status: "success", data: { resultType, result } }),
  );

  it("has what stands beside the data only when there is something", () => {
    const data: ResultData = { kind: "scalar", timeMs: 0, value: 1 };
    const extras = { warnings: ["w"], infos: ["i"], stats: '{"x":1}', plan: "[2]" };
    expect(JSON.parse(text(data, extras))).toEqual({
      status: "success",
      data: { resultType: "scalar", result: [0, "1"], stats: { x: 1 } },
      warnings: ["w"],
      infos: ["i"],
      plan: [2],
    });
  });

  it("keeps floats and histograms of one series apart", () => {
    const histogram = {
      schema: 0,
      zeroThreshold: 0,
      zeroCount: 0,
      count: 2,
      sum: 3,
      counterResetHint: "unknown" as const,
      positiveSpans: [{ offset: 0, length: 1 }],
      positiveBuckets: [2],
      negativeSpans: [],
      negativeBuckets: [],
      customValues: [],
    };
    const series: MatrixSeries = {
      labels,
      times: Float64Array.of(1000, 2000, 3000),
      values: Float64Array.of(1, 0, 3),
      histograms: [undefined, histogram, undefined],
    };
    const [only] = JSON.parse(text({ kind: "matrix", series: [series] })).data.result;
    expect(only.values).toEqual([
      [1, "1"],
      [3, "3"],
    ]);
    expect(only.histograms).toEqual([
      [2, { count: "2", sum: "3", buckets: [[0, "0.5", "1", "2"]] }],
    ]);
  });

  it("of any length comes in bounded pieces that make one text", () => {
    const times = Float64Array.from({ length: 11_000 }, (_, i) => i * 15_000);
    const one: MatrixSeries = {
      labels,
      times,
      values: times.map((time) => time / 7),
      histograms: undefined,
    };
    const data: ResultData = { kind: "matrix", series: Array.from({ length: 40 }, () => one) };
    let longest = 0;
    let all = "";
    for (const piece of new ResultWriter().write(data, NO_REMARKS)) {
      longest = Math.max(longest, piece.length);
      all += piece.toString();
    }
    expect(longest).toBeLessThan(128 * 1024);
    const { result } = JSON.parse(all).data;
    expect(result).toHaveLength(40);
    for (const { values } of result) {
      expect(values).toHaveLength(11_000);
      expect(values.at(-1)).toEqual([164_985, String((10_999 * 15_000) / 7)]);
    }
  });
});

describe("labels", () => {
  it.each([
    {},
    { __name__: "a" },
    { __name__: "a", job: "b c!~#[]" },
    { __name__: "a", job: 'quo"te', path: String.raw`C:\x`, tab: "\t" },
    { __name__: "b", job: "ü", half: "\ud800", "dotted.name": "\u007f", 'odd"name': "{}" },
    { __name__: "b", job: "same names", half: "other values", "dotted.name": "1", 'odd"name': "2" },
  ])("%j are written as JSON.stringify writes them", (object) => {
    const set = Labels.fromObject(object);
    expect(labelsJson(set)).toBe(JSON.stringify(set.toObject()));
    expect(labelsJson(set)).toBe(labelsJson(Labels.fromObject(object)));
  });
});

it("an answer that is given up in the middle leaves nothing behind in the next one", () => {
  const times = Float64Array.from({ length: 20_000 }, (_, i) => i * 1000);
  const series = [{ labels, times, values: times, histograms: undefined }];
  const pieces = new ResultWriter().write({ kind: "matrix", series }, NO_REMARKS);
  expect(pieces.next().value?.length).toBeGreaterThan(60_000);
  pieces.return(undefined);
  expect(text({ kind: "scalar", timeMs: 1000, value: 2 })).toBe(
    '{"status":"success","data":{"resultType":"scalar","result":[1,"2"]}}',
  );
});
