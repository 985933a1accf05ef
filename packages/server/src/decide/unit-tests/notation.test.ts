import { formatHistogram, STALE } from "@fleetlight/promql";
import { describe, expect, it } from "vitest";

import { readHistogram } from "./histogram-notation.ts";
import { readMetric, readValues } from "./notation.ts";

describe("values of a series", () => {
  it.each<[string, unknown[]]>([
    ["", []],
    ["1", [1]],
    ["1 2.5 -3 +4 1e2 .5", [1, 2.5, -3, 4, 100, 0.5]],
    ["NaN Inf -Inf", [NaN, Infinity, -Infinity]],
    ["_ 1 _x2 2", [undefined, 1, undefined, undefined, 2]],
    ["1x2", [1, 1, 1]],
    ["1+2x3", [1, 3, 5, 7]],
    ["5-2x2", [5, 3, 1]],
    ["-1+2x1", [-1, 1]],
    ["0x2", [0, 0, 0]],
    ["stale 1 stale", [STALE, 1, STALE]],
    ["1\n 2\t3", [1, 2, 3]],
    ["1_000", [1000]],
  ])("%j", (text, expected) => {
    expect(readValues(text)).toEqual(expected);
  });

  it.each([
    ["1 x", "column 3"],
    ["1+x2", "is no value"],
    ["stalex", "is no value"],
    ["0x1F", "is no value"],
    ["{{schema:1", "is no value"],
    ["1x2000000", "at most 1000000 samples"],
    ["1x999999 1x999999", "at most 1000000 samples"],
    ["{{buckets:[1]}}+{{custom_values:[5] buckets:[1]}}x2", "different kinds"],
  ])("refuses %j", (text, reason) => {
    expect(() => readValues(text)).toThrow(reason);
  });

  it("adds and subtracts histograms", () => {
    const shown = (text: string) =>
      readValues(text).map((value) => (typeof value === "object" ? formatHistogram(value) : value));
    const one = "{count:1, sum:2, (0.5,1]:1}";
    expect(shown("{{count:1 sum:2 buckets:[1]}}x1")).toEqual([one, one]);
    expect(shown("{{count:1 sum:2 buckets:[1]}}+{{count:1 sum:2 buckets:[1]}}x1")).toEqual([
      one,
      "{count:2, sum:4, (0.5,1]:2}",
    ]);
    expect(shown("{{count:3 sum:6 buckets:[3]}}-{{count:1 sum:2 buckets:[1]}}x2 _")).toEqual([
      "{count:3, sum:6, (0.5,1]:3}",
      "{count:2, sum:4, (0.5,1]:2}",
      one,
      undefined,
    ]);
  });
});

describe("histograms", () => {
  it("have every field", () => {
    const text =
      "{{schema:1 sum:-0.3 count:3.1 z_bucket:7.1 z_bucket_w:0.05 buckets:[5.1 10 7] offset:-3 n_buckets:[4.1 5] n_offset:-5 counter_reset_hint:gauge}}";
    expect(readHistogram(text)).toMatchObject({
      schema: 1,
      sum: -0.3,
      count: 3.1,
      zeroCount: 7.1,
      zeroThreshold: 0.05,
      positiveSpans: [{ offset: -3, length: 3 }],
      positiveBuckets: [5.1, 10, 7],
      negativeSpans: [{ offset: -5, length: 2 }],
      negativeBuckets: [4.1, 5],
      counterResetHint: "gauge",
    });
  });

  it("may have bounds of their own", () => {
    const text = "{{schema:-53 count:5 custom_values:[5 10] buckets:[1 4]}}";
    expect(readHistogram(text)).toMatchObject({ schema: -53, customValues: [5, 10], zeroCount: 0 });
  });

  it.each([
    ["{{nope:1}}", "no field nope"],
    ["{{sum:x}}", "is a number"],
    ["{{sum:1 sum:2}}", "stands twice"],
    ["{{buckets:1}}", "is a list"],
    ["{{sum:[1]}}", "is no list"],
    ["{{counter_reset_hint:maybe}}", "is one of"],
    ["{{sum}}", "has fields such as"],
    [`{{buckets:[${"1 ".repeat(20_000)}]}}`, "at most 10000 buckets"],
  ])("refuse %j", (text, reason) => {
    expect(() => readHistogram(text)).toThrow(reason);
  });
});

describe("series", () => {
  it.each([
    ["up", { __name__: "up" }],
    [`up{a="b",c='d'}`, { __name__: "up", a: "b", c: "d" }],
    ["{}", {}],
    [" { } ", {}],
    [`{"my.metric","l.x"="1"}`, { __name__: "my.metric", "l.x": "1" }],
    [`up{a=""}`, { __name__: "up" }],
  ])("%s", (text, expected) => {
    expect(readMetric(text).toObject()).toEqual(expected);
  });

  it.each(["", "up{", "up[5m]", "sum(up)", "up offset 5m", `up{a=~"b"}`, `up{a!="b"}`, "1"])(
    "%j is none",
    (text) => {
      expect(() => readMetric(text)).toThrow(/series/);
    },
  );
});
