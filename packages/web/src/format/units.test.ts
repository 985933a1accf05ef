import { describe, expect, test } from "vitest";

import { formatCount, formatValue, MISSING, plural, rateUnit, unitOf } from "./units.ts";
import type { Unit } from "./units.ts";

const cases: [number | null, Unit, string][] = [
  [0, "none", "0"],
  [12, "none", "12"],
  [1234, "none", "1.23k"],
  [5_600_000, "none", "5.6M"],
  [0.000_12, "none", "0.00012"],
  [1e-9, "none", "1.0e-9"],
  [-1500, "none", "-1.5k"],
  [2190, "count", "2,190"],
  [3_400_000, "count", "3.4M"],
  [1023, "bytes", "1023 B"],
  [1536, "bytes", "1.5 KiB"],
  [3 * 1024 ** 3, "bytes", "3 GiB"],
  [1024 ** 2, "bytes_per_second", "1 MiB/s"],
  [0, "seconds", "0 s"],
  [0.000_25, "seconds", "250 µs"],
  [0.0342, "seconds", "34.2 ms"],
  [1.5, "seconds", "1.5 s"],
  [300, "seconds", "5 min"],
  [7200, "seconds", "2 h"],
  [864_000, "seconds", "10 d"],
  [62.14, "percent", "62.1%"],
  [0.5, "ratio", "50%"],
  [318.4, "per_second", "318/s"],
  [4200, "per_second", "4.2k/s"],
  [41, "celsius", "41 °C"],
  [250, "watts", "250 W"],
  [0, "timestamp", "1970-01-01 00:00:00 UTC"],
  [1e18, "timestamp", "1000000000000000000 s"],
  [null, "bytes", `${MISSING} `],
  [Number.NaN, "per_second", MISSING],
  [Infinity, "seconds", "∞ "],
];

describe("a number with its unit", () => {
  test.each(cases)("%s as %s reads %s", (value, unit, text) => {
    expect(formatValue(value, unit).replaceAll("\u00a0", " ").trim()).toBe(text.trim());
  });

  test("number and unit do not part at the end of a line", () => {
    expect(formatValue(1.5, "seconds")).toBe("1.5\u00a0s");
  });
});

describe("the unit of a metric", () => {
  test.each<[string, string, Unit]>([
    ["process_resident_memory_bytes", "", "bytes"],
    ["node_network_receive_bytes_total", "", "bytes"],
    ["probe_duration_seconds", "", "seconds"],
    ["process_cpu_seconds_total", "", "seconds"],
    ["cache_hit_ratio", "", "ratio"],
    ["cpu_usage_percent", "", "percent"],
    ["node_hwmon_temp_celsius", "", "celsius"],
    ["process_start_time_seconds", "seconds", "timestamp"],
    ["queue_depth", "", "none"],
    ["latency", "seconds", "seconds"],
    ["latency", "furlongs", "none"],
    ["latency", "constructor", "none"],
  ])("of %s declared %j is %s", (name, declared, unit) => {
    expect(unitOf(name, declared)).toBe(unit);
  });

  test("of a rate follows from what is counted", () => {
    expect(rateUnit("bytes")).toBe("bytes_per_second");
    expect(rateUnit("seconds")).toBe("ratio");
    expect(rateUnit("none")).toBe("per_second");
  });
});

test("counts have their thousands apart and their noun in the right number", () => {
  expect(formatCount(1_234_567)).toBe("1,234,567");
  expect(formatCount(undefined)).toBe(MISSING);
  expect(plural(1, "service")).toBe("1 service");
  expect(plural(0, "service")).toBe("0 services");
  expect(plural(2, "series", "series")).toBe("2 series");
});
