import { expect, test } from "vitest";

import { filtered, tailOf } from "./MetricBrowser.tsx";

const metric = (name: string, help: string) => ({
  name,
  help,
  type: "gauge" as const,
  unit: "",
  series: 1,
});

test.each([
  ["", ["http_requests_total", "up"]],
  ["HTTP total", ["http_requests_total"]],
  ["answered", ["http_requests_total"]],
  ["target up", ["up"]],
  ["nothing", []],
])("%j finds %j", (words, expected) => {
  const metrics = [
    metric("http_requests_total", "Requests answered."),
    metric("up", "Whether the target was scraped."),
  ];
  expect(filtered(metrics, words).map(({ name }) => name)).toEqual(expected);
});

test("the likeliest metric comes first", () => {
  const metrics = [
    metric("agent_uptime_seconds", ""),
    metric("jobs", "Jobs that are up to date."),
    metric("up_down", ""),
    metric("up", ""),
  ];
  expect(filtered(metrics, "Up ").map(({ name }) => name)).toEqual([
    "up",
    "up_down",
    "agent_uptime_seconds",
    "jobs",
  ]);
});

test.each([
  ["up", "up"],
  ["requests_total", "requests_total"],
  ["agent_task_duration_seconds_bucket", "_seconds_bucket"],
  ["averyveryveryverylongnamewithoutwords", "thoutwords"],
])("the end of %s is %s", (name, expected) => {
  expect(name.slice(tailOf(name))).toBe(expected);
});
