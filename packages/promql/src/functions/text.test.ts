import { describe, expect, it } from "vitest";

import { Labels } from "../labels.ts";
import { forMetric, formatOpenMetrics, metricName, quotedName } from "./text.ts";

describe("a quantile as a label", () => {
  it.each([
    [0, "0.0"],
    [-0, "0.0"],
    [1, "1.0"],
    [-1, "-1.0"],
    [0.5, "0.5"],
    [0.00001, "1e-05"],
    [1e6, "1e+06"],
    [123456, "123456.0"],
    [NaN, "NaN"],
    [Infinity, "+Inf"],
    [-Infinity, "-Inf"],
  ])("%d is written %s", (value, text) => {
    expect(formatOpenMetrics(value)).toBe(text);
  });
});

describe("names in remarks", () => {
  it("are quoted as Go quotes them", () => {
    expect(quotedName(Labels.fromObject({ __name__: 'a"b\n' }))).toBe('"a\\"b\\n"');
  });

  it("are empty, or left out, where a series has none", () => {
    expect(metricName(Labels.empty)).toBe("");
    expect(forMetric("odd", "")).toBe("odd");
    expect(forMetric("odd", "up")).toBe('odd for metric name "up"');
  });
});
