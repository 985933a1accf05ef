import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createMemoryTelemetry, type LogLine, type TelemetryStore } from "#store";

import { createLogQueries, stepOf, type LogQueries } from "./queries.ts";
import { cursorOf, severityOfLevel } from "./views.ts";

const NOW_MS = 1_780_315_260_000;
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const hour = { startMs: NOW_MS - 3_600_000, endMs: NOW_MS };

let telemetry: TelemetryStore;
let queries: LogQueries;
beforeEach(async () => {
  telemetry = await createMemoryTelemetry({ now: () => NOW_MS });
  queries = createLogQueries(telemetry.logs, telemetry.spans);
});
afterEach(() => telemetry.close());

const line = (secondsAgo: number, more: Partial<LogLine> = {}): LogLine => ({
  timeNs: `${NOW_MS - secondsAgo * 1000}000000`,
  service: "fleet",
  scope: "",
  severity: 9,
  severityText: "",
  event: "",
  body: "ready",
  traceId: "",
  spanId: "",
  agent: "",
  workflow: "",
  task: "",
  conversation: "",
  attributes: {},
  resource: {},
  ...more,
});

describe("a list", () => {
  it("goes page by page to its end, and back", async () => {
    const lines = Array.from({ length: 5 }, (_, i) => line(50 - i * 10, { body: `line ${i}` }));
    await telemetry.logs.append("default", lines);
    const first = await queries.list("default", { ...hour, limit: 2 });
    expect(first.lines.map(({ body }) => body)).toEqual(["line 4", "line 3"]);
    const before = cursorOf(first.next ?? "", "before");
    const second = await queries.list("default", { ...hour, limit: 3, before });
    expect(second).toMatchObject({ count: 3, next: null });
    expect(second.lines.map(({ body }) => body)).toEqual(["line 2", "line 1", "line 0"]);
    const after = cursorOf(second.lines[1]?.id ?? "", "after");
    const back = await queries.list("default", { ...hour, limit: 2, after });
    expect(back.lines.map(({ body }) => body)).toEqual(["line 3", "line 2"]);
  });

  it.each(["", "x", "1", "1.2.3", "-1.2", `${"9".repeat(30)}.1`])("%j is no place", (text) => {
    expect(() => cursorOf(text, "before")).toThrow(/id of a line/);
  });
});

it("a histogram has every bucket of the range, and sums by level", async () => {
  const lines = [line(5), line(5, { severity: 17 }), line(65, { severity: 18 })];
  await telemetry.logs.append("default", lines);
  const { step_seconds, total, levels, buckets } = await queries.histogram("default", {
    startMs: NOW_MS - 120_000,
    endMs: NOW_MS,
  });
  expect({ step_seconds, total, levels }).toEqual({
    step_seconds: 1,
    total: 3,
    levels: { info: 1, error: 2 },
  });
  expect(buckets).toHaveLength(121);
  expect(buckets.filter(({ counts }) => Object.keys(counts).length > 0)).toEqual([
    { start: new Date(NOW_MS - 65_000).toISOString(), counts: { error: 1 } },
    { start: new Date(NOW_MS - 5000).toISOString(), counts: { info: 1, error: 1 } },
  ]);
});

it.each([
  [1000, 1000],
  [3_600_000, 30_000],
  [86_400_000, 900_000],
  [400 * 86_400_000, 4 * 86_400_000],
])("a range of %d ms has steps of %d ms", (range, step) => {
  expect(stepOf(0, range)).toBe(step);
});

it("lines of a trace come in their order", async () => {
  const lines = [line(1, { body: "b" }), line(9, { body: "a" })].map((one) => ({
    ...one,
    traceId: TRACE,
  }));
  await telemetry.logs.append("default", [...lines, line(5)]);
  expect((await queries.ofTrace("default", TRACE)).map(({ body }) => body)).toEqual(["a", "b"]);
  expect(await queries.ofTrace("other", TRACE)).toEqual([]);
});

it("patterns have their count, times, levels, services and newest line", async () => {
  const lines = Array.from({ length: 2500 }, (_, i) =>
    line(2500 - i, {
      body: `request ${i} took ${i}ms`,
      severity: i % 5 === 0 ? 17 : 9,
      service: i % 2 === 0 ? "a" : "b",
    }),
  );
  await telemetry.logs.append("default", [
    ...lines,
    line(3, { body: "<script>alert(1)</script>" }),
  ]);
  const found = await queries.patterns("default", hour);
  expect(found).toMatchObject({ lines: 2501, truncated: false, others: 0 });
  expect(found.patterns).toHaveLength(2);
  expect(found.patterns[0]).toMatchObject({
    pattern: "request <num> took <num>ms",
    count: 2500,
    share: 2500 / 2501,
    levels: { info: 2000, error: 500 },
    first_seen: new Date(NOW_MS - 2_500_000).toISOString(),
    last_seen: new Date(NOW_MS - 1000).toISOString(),
    sample: { body: "request 2499 took 2499ms" },
  });
  expect(found.patterns[0]?.services.toSorted()).toEqual(["a", "b"]);
});

it("levels are asked for by their least severity", () => {
  expect((["unspecified", "trace", "info", "fatal"] as const).map(severityOfLevel)).toEqual([
    0, 1, 9, 21,
  ]);
});
