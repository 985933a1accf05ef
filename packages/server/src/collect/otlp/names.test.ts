import { describe, expect, it } from "vitest";

import { emptyMetric, type OtlpMetric } from "./model.ts";
import { labelName, metricName, type TranslationStrategy } from "./names.ts";
import { boundText } from "./translate.ts";

const metric = (name: string, unit: string, more: Partial<OtlpMetric> = {}): OtlpMetric => ({
  ...emptyMetric(),
  kind: "gauge",
  name,
  unit,
  ...more,
});
const counter = { kind: "sum", monotonic: true } as const;

describe("a metric's name", () => {
  it.each<[OtlpMetric, string, string, string]>([
    [
      metric("system.cpu.time", "s", counter),
      "system_cpu_time_seconds_total",
      "system_cpu_time",
      "system.cpu.time_seconds_total",
    ],
    [
      metric("http.server.duration", "ms"),
      "http_server_duration_milliseconds",
      "http_server_duration",
      "http.server.duration_milliseconds",
    ],
    [
      metric("process.uptime_seconds", "s"),
      "process_uptime_seconds",
      "process_uptime_seconds",
      "process.uptime_seconds",
    ],
    [metric("disk.io", "By/s"), "disk_io_bytes_per_second", "disk_io", "disk.io_bytes_per_second"],
    [metric("requests", "{request}", counter), "requests_total", "requests", "requests_total"],
    [
      metric("requests.total.ok", "1", counter),
      "requests_ok_total",
      "requests_total_ok",
      "requests.total.ok_total",
    ],
    [
      metric("memory.utilization", "1"),
      "memory_utilization_ratio",
      "memory_utilization",
      "memory.utilization_ratio",
    ],
    [metric("pending", "1", { kind: "sum" }), "pending_ratio", "pending", "pending_ratio"],
    [metric("4xx.errors", "", counter), "_4xx_errors_total", "_4xx_errors", "4xx.errors_total"],
    [metric("a--b__c", "Cel"), "a_b_c_celsius", "a_b_c", "a--b__c_celsius"],
    [metric("speed", "furlong/mo"), "speed_furlong_per_month", "speed", "speed_furlong_per_month"],
    [metric("weird", "constructor"), "weird_constructor", "weird", "weird_constructor"],
  ])("%o", (one, withSuffixes, withoutSuffixes, utf8) => {
    const names = (
      [
        "UnderscoreEscapingWithSuffixes",
        "UnderscoreEscapingWithoutSuffixes",
        "NoUTF8EscapingWithSuffixes",
        "NoTranslation",
      ] as const
    ).map((strategy: TranslationStrategy) => metricName(one, strategy));
    expect(names).toEqual([withSuffixes, withoutSuffixes, utf8, one.name]);
  });
});

it.each([
  ["http.method", "http_method"],
  ["1st", "key_1st"],
  ["_private", "key_private"],
  ["__reserved", "__reserved"],
  ["naïve💡", "na_ve_"],
])("the attribute %s is the label %s, or stays as it is", (key, escaped) => {
  expect(labelName(key, "UnderscoreEscapingWithSuffixes")).toBe(escaped);
  expect(labelName(key, "NoTranslation")).toBe(key);
});

it.each([
  [0.005, "0.005"],
  [10, "10"],
  [Infinity, "+Inf"],
  [1.5e-7, "0.00000015"],
  [-1e-7, "-0.0000001"],
  [1.25e21, "1250000000000000000000"],
])("the bound %d is written %s", (bound, text) => {
  expect(boundText(bound)).toBe(text);
});
