import { describe, expect, test } from "vitest";

import { addMatcher, countLabels, suggestQuery, suggestWith } from "./suggest.ts";

test.each([
  ["requests_total", "counter", "rate(requests_total[5m])"],
  ["requests", "counter", "rate(requests[5m])"],
  ["queue_total", "gauge", "queue_total"],
  ["unknown_total", "unknown", "rate(unknown_total[5m])"],
  ["temperature", "gauge", "temperature"],
  [
    "latency_seconds_bucket",
    "histogram",
    "histogram_quantile(0.95, sum by (le) (rate(latency_seconds_bucket[5m])))",
  ],
  ["latency_seconds_count", "histogram", "rate(latency_seconds_count[5m])"],
  ["latency_seconds", "histogram", "histogram_quantile(0.95, sum(rate(latency_seconds[5m])))"],
  ["latency_seconds", "summary", "latency_seconds"],
  ["a.b", "gauge", '{"a.b"}'],
] as const)("%s, a %s, is asked as %s", (name, type, expected) => {
  expect(suggestQuery({ name, type })).toBe(expected);
});

test("a fixed label goes into the selector, whatever it is called", () => {
  const up = { name: "up", type: "gauge" } as const;
  expect(suggestWith(up, "job", 'a"b')).toBe('up{job="a\\"b"}');
  expect(suggestWith(up, "k8s.pod", "x")).toBe('up{"k8s.pod"="x"}');
  expect(suggestWith({ name: "a.b", type: "gauge" }, "job", "x")).toBe('{"a.b",job="x"}');
});

describe("a matcher is added to an expression", () => {
  test.each([
    ["up", 'up{job="a"}'],
    ["sum(rate(up[5m]))", 'sum(rate(up{job="a"}[5m]))'],
    ['up{x="1"}', 'up{job="a",x="1"}'],
    ["up{}", 'up{job="a"}'],
    ["up { }", 'up {job="a" }'],
    ['up{job="a"}', 'up{job="a"}'],
    ['up{x="1",job="a"}', 'up{x="1",job="a"}'],
    ["up / up", 'up{job="a"} / up{job="a"}'],
    ['foo{up="up"} + up # up', 'foo{up="up"} + up{job="a"} # up'],
  ])("%s becomes %s", (expression, expected) => {
    expect(addMatcher(expression, "up", "job", "a")).toBe(expected);
  });

  test.each(["", "uptime", 'count({__name__="up"})', "foo{up='1'}"])(
    "not to %j, which does not name the metric",
    (expression) => {
      expect(addMatcher(expression, "up", "job", "a")).toBeNull();
    },
  );
});

test("labels are counted: few values first, frequent values first", () => {
  expect(
    countLabels([
      { __name__: "up", job: "a", instance: "1" },
      { __name__: "up", job: "a", instance: "2" },
      { __name__: "up", job: "b", instance: "3" },
    ]),
  ).toEqual([
    {
      label: "job",
      values: [
        { value: "a", series: 2 },
        { value: "b", series: 1 },
      ],
    },
    {
      label: "instance",
      values: [
        { value: "1", series: 1 },
        { value: "2", series: 1 },
        { value: "3", series: 1 },
      ],
    },
  ]);
});
