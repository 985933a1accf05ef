import { RulePreview } from "@fleetlight/contract";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { createBench, ruleInput, type Bench } from "./fixture.ts";

const T0 = Date.UTC(2026, 10, 21, 7);
const MINUTE = 60_000;

let bench: Bench;

beforeEach(async () => {
  vi.useFakeTimers({ now: T0 });
  bench = await createBench();
});
afterEach(async () => {
  await bench.close();
  vi.useRealTimers();
});

/** One sample a minute; what the query needs of later turns is done meanwhile. */
async function record(values: readonly number[], labels: Record<string, string> = {}) {
  for (const [minute, value] of values.entries()) {
    vi.setSystemTime(T0 + minute * MINUTE);
    await bench.sample(value, labels);
  }
}

const preview = async (
  rule: ReturnType<typeof ruleInput>,
  minutes: number,
  stepMs: number | null = MINUTE,
) => {
  const answer = bench.rules.preview("default", {
    rule,
    startMs: T0,
    endMs: T0 + minutes * MINUTE,
    stepMs: stepMs ?? undefined,
  });
  answer.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(100);
  return answer;
};

const at = (minute: number): string => new Date(T0 + minute * MINUTE).toISOString();

describe("a preview", () => {
  it("tells when a rule would have been pending and firing, and shows what it compares", async () => {
    await record([1, 11, 12, 13, 14, 1, 11, 1, 20, 20, 20, 20]);
    const answer = await preview(ruleInput({ for_duration: 120 }), 11);
    expect(RulePreview.parse(answer)).toEqual(answer);
    expect(answer).toMatchObject({
      query: "queue_length > 10",
      condition: ">",
      threshold: 10,
      firings: 2,
      matched: 1,
      truncated: false,
    });
    expect(answer.alerts).toEqual([
      {
        labels: { service: "api" },
        firings: 2,
        intervals: [
          { state: "pending", start: at(1), end: at(3) },
          { state: "firing", start: at(3), end: at(5) },
          { state: "pending", start: at(6), end: at(7) },
          { state: "pending", start: at(8), end: at(10) },
          { state: "firing", start: at(10), end: null },
        ],
      },
    ]);
    expect(answer.series).toEqual([
      {
        labels: { __name__: "queue_length", service: "api" },
        times: Array.from({ length: 12 }, (_, minute) => T0 / 1000 + minute * 60),
        values: [1, 11, 12, 13, 14, 1, 11, 1, 20, 20, 20, 20],
      },
    ]);
  });

  it("keeps series apart and draws those that fire first", async () => {
    await record([1, 1, 1], { service: "a" });
    await record([1, 20, 1], { service: "b" });
    const answer = await preview(ruleInput(), 2);
    expect(answer.alerts.map(({ labels }) => labels)).toEqual([{ service: "b" }]);
    expect(answer.series.map(({ labels }) => labels["service"])).toEqual(["b", "a"]);
  });

  it("takes any form of a rule, with its active time and keep_firing_for", async () => {
    await record([20, 1, 1, 1, 20, 1]);
    const { metric: _, condition: __, threshold: ___, ...rest } = ruleInput();
    const kept = await preview(
      { ...rest, expr: "max(queue_length) > 10", keep_firing_for: 120 },
      5,
    );
    expect(kept.alerts[0]?.intervals).toEqual([
      { state: "firing", start: at(0), end: at(3) },
      { state: "firing", start: at(4), end: null },
    ]);
    const never = { weekdays: ["sun" as const], times: [], zone: "UTC" };
    expect(await preview(ruleInput({ active_time: never }), 4)).toMatchObject({ firings: 0 });
  });

  it("chooses a step for the length, and refuses too many", async () => {
    await record([20]);
    expect(await preview(ruleInput(), 60, null)).toMatchObject({ step_seconds: 8 });
    await expect(preview(ruleInput(), 12_000, 60_000)).rejects.toMatchObject({
      code: "bad_request",
      details: [{ path: "step" }],
    });
    await expect(preview(ruleInput(), -1)).rejects.toMatchObject({ code: "bad_request" });
  });

  it("says what is wrong with the rule or its evaluation", async () => {
    await record([20], { i: "1" });
    await record([20], { i: "2" });
    const { metric: _, condition: __, threshold: ___, ...rest } = ruleInput();
    await expect(preview({ ...rest, expr: "sum(" }, 1)).rejects.toMatchObject({
      details: [{ path: "expr" }],
    });
    await expect(
      preview({ ...rest, expr: "queue_length * on () queue_length" }, 1),
    ).rejects.toMatchObject({ code: "rule_failed", status: 422 });
  });
});
