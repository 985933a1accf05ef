import type { AgentReport } from "@fleetlight/contract";
import { describe, expect, it } from "vitest";

import { NO_FIGURES, type Cell } from "#store";

import { businessFigures, observedMs } from "./business.ts";
import { reportAsCsv } from "./csv.ts";
import { messagesIn } from "./messages.ts";
import { heatMapOf, namedOf, responseTimesOf, seriesOf, stepsOf } from "./performance.ts";

const HOUR_MS = 3_600_000;
const thresholds = {
  task_throughput: { warning: 5, critical: 2, target: 10 },
  conflict_resolution: { warning: 0.7, critical: 0.5, target: 0.9 },
};
const anHour = { agentMs: HOUR_MS, rangeMs: HOUR_MS, perAgent: true };

const figures = (given: Partial<typeof NO_FIGURES>, context = anHour) =>
  businessFigures({ ...NO_FIGURES, lastUs: 1, ...given }, context, thresholds);

describe("business figures", () => {
  it.each([
    [1, "critical"],
    [2, "warning"],
    [4, "warning"],
    [5, "good"],
    [9, "good"],
    [10, "excellent"],
  ])("%i tasks per hour are %s", (ended, band) => {
    expect(figures({ ended }).bands.throughput).toBe(band);
  });

  it.each([
    [4, "critical"],
    [5, "warning"],
    [7, "good"],
    [9, "excellent"],
  ])("%i of ten conflicts resolved are %s", (resolved, band) => {
    expect(figures({ ended: 10, conflicts: 10, resolved }).bands).toEqual({
      throughput: "excellent",
      conflict_resolution: band,
      overall: band,
    });
  });

  it("judge nobody who did nothing, and no fleet by what one agent should do", () => {
    expect(figures({ lastUs: 0 }).bands).toEqual({
      throughput: null,
      conflict_resolution: null,
      overall: null,
    });
    expect(figures({ ended: 1 }, { ...anHour, perAgent: false }).bands.throughput).toBeNull();
  });

  it.each([
    [{}, null],
    [{ ended: 4 }, 1],
    [{ ended: 4, failed: 1 }, 0.75],
    [{ ended: 4, conflicts: 2, roundsSum: 20 }, 0.5],
    [{ ended: 4, coordinationUs: 30, engagedUs: 100 }, 0.7],
    [{ ended: 4, failed: 2, conflicts: 1, roundsSum: 10, coordinationUs: 1, engagedUs: 2 }, 0.125],
  ])("collaboration of %o is %s", (given, expected) => {
    const { collaboration_efficiency: found } = figures(given);
    expect(found === null ? null : Math.round(found * 1e9) / 1e9).toBe(expected);
  });

  it("begin when the agent was heard of for the first time, and last five minutes at least", () => {
    const range = { startMs: 0, endMs: HOUR_MS };
    expect(observedMs(range, undefined)).toBe(HOUR_MS);
    expect(observedMs(range, -5)).toBe(HOUR_MS);
    expect(observedMs(range, HOUR_MS / 2)).toBe(HOUR_MS / 2);
    expect(observedMs(range, HOUR_MS - 1000)).toBe(300_000);
    expect(observedMs({ startMs: 0, endMs: 60_000 }, 59_000)).toBe(60_000);
  });

  it("know a cost of nothing from one that nobody knows", () => {
    expect(figures({ costUsd: 0, priced: 1 }).cost_usd).toBe(0);
    expect(figures({ costUsd: 0, priced: 0 }).cost_usd).toBeNull();
  });
});

const cell = (given: Partial<Cell> = {}): Cell => ({
  timeMs: 0,
  kind: "task",
  type: "",
  durationClass: 160,
  count: 1,
  failed: 0,
  durationSumUs: 1e6,
  inputTokens: 0,
  outputTokens: 0,
  costUsd: 0,
  priced: 0,
  ...given,
});

describe("the performance of an agent", () => {
  it.each([
    [HOUR_MS, 60_000, 60_000],
    [6 * HOUR_MS, 900_000, 900_000],
    [24 * HOUR_MS, HOUR_MS, HOUR_MS],
    [7 * 24 * HOUR_MS, HOUR_MS, 3 * HOUR_MS],
    [365 * 24 * HOUR_MS, HOUR_MS, 7 * 24 * HOUR_MS],
  ])("of %i ms is told in cells of %i and steps of %i", (range, cellMs, stepMs) => {
    expect(stepsOf(range)).toEqual({ cellMs, stepMs });
  });

  it("has a point for every step, also for those without anything", () => {
    const series = seriesOf(
      [cell({ count: 4, failed: 1 }), cell({ timeMs: 120_000, kind: "tool", failed: 1 })],
      {
        startMs: 0,
        endMs: 180_000,
        stepMs: 60_000,
      },
    );
    expect(series).toMatchObject([
      { completed: 3, failed: 1, success_rate: 0.75, errors: 1 },
      { completed: 0, success_rate: null, duration_p95_seconds: null },
      { completed: 0, failed: 0, errors: 1 },
    ]);
    // The middle of its class: 2^(160.5 / 8) microseconds.
    expect(series[0]?.duration_p95_seconds).toBeCloseTo(1.095, 3);
  });

  it("has its durations in classes of 1, 2, 5, without holes", () => {
    expect(responseTimesOf([cell(), cell({ durationClass: 187, count: 2 })])).toEqual([
      { from_seconds: 1, to_seconds: 2, count: 1 },
      { from_seconds: 2, to_seconds: 5, count: 0 },
      { from_seconds: 5, to_seconds: 10, count: 0 },
      { from_seconds: 10, to_seconds: 20, count: 2 },
    ]);
    expect(responseTimesOf([])).toEqual([]);
  });

  it.each([
    [0, { weekday: 4, hour: 0 }],
    [-60, { weekday: 3, hour: 23 }],
    [330, { weekday: 4, hour: 5 }],
  ])("has its week by the reader's clock, %i minutes from UTC", (offset, expected) => {
    expect(heatMapOf([cell()], offset)).toEqual([{ ...expected, completed: 1, failed: 0 }]);
  });

  it("names what was used most first", () => {
    const named = namedOf([
      cell({ type: "a" }),
      cell({ type: "b", count: 3, failed: 1, priced: 1, costUsd: 2 }),
    ]);
    expect(named).toMatchObject([
      { name: "b", count: 3, errors: 1, cost_usd: 2 },
      { name: "a", count: 1, cost_usd: null },
    ]);
  });
});

describe("messages", () => {
  it.each([
    ["hello", [{ role: "user", text: "hello" }]],
    ['"hello"', [{ role: "user", text: "hello" }]],
    ["  ", []],
    ['[{"role":"assistant","content":"x"}]', [{ role: "assistant", text: "x" }]],
    ['[{"type":"human","content":[{"type":"text","text":"x"}]}]', [{ role: "user", text: "x" }]],
    [
      '{"messages":[{"lc":1,"id":["langchain","AIMessage"],"type":"constructor","kwargs":{"content":"x"}}]}',
      [{ role: "assistant", text: "x" }],
    ],
    [
      '[{"role":"user","content":"cut o',
      [{ role: "user", text: '[{"role":"user","content":"cut o' }],
    ],
    [`${"[".repeat(50)}${"]".repeat(50)}`, []],
  ])("of %s", (text, expected) => {
    expect(messagesIn(text, "user")).toEqual(expected);
  });
});

describe("a report as CSV", () => {
  it.each(["=1+1", "+1", "-1", "@a", "\tx"])("has no formula for %j", (id) => {
    const agent = {
      id,
      status: "idle",
      active_tasks: 0,
      first_seen: "",
      last_seen: "",
      figures: figures({}),
    };
    const overall = { ...figures({}), agents: 1, active_tasks: 0, active_conflicts: 0 };
    const report = {
      start: "",
      end: "",
      period_hours: 1,
      thresholds,
      overall,
      agents: [agent],
      findings: [],
    };
    expect(reportAsCsv(report as AgentReport).split("\r\n")[1]).toMatch(/^'/);
  });
});
