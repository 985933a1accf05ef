import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { createBench, ruleInput, type Bench } from "../rules/fixture.ts";

const T0 = Date.UTC(2026, 10, 21, 7);

let bench: Bench;
beforeEach(async () => {
  vi.useFakeTimers({ now: T0 });
  bench = await createBench({ config: { alerting: { builtin_rules: false } } });
  await bench.rules.start();
});
afterEach(async () => {
  await bench.close();
  vi.useRealTimers();
});

function mulberry(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const VALUES = [0, -0, 9, 10, 10.5, 12, -1e300, Infinity, -Infinity, Number.NaN, "stale"] as const;

/** Series that the rule says are alerting, with their values. */
const alerting = (name: string): string[] =>
  bench.rules
    .alerts("default")
    .filter(({ labels }) => labels["alertname"] === name)
    .map(({ labels, value }) => `${labels["service"]} ${value}`)
    .toSorted();

describe("an answer from single series", () => {
  it.each([">", ">=", "<", "<=", "==", "!="] as const)(
    "is that of the query, whatever comes (%s)",
    async (condition) => {
      const random = mulberry(condition.codePointAt(0) ?? 0);
      const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
      const common = { condition, threshold: 10 };
      await bench.rules.create("default", ruleInput({ id: "series", name: "series", ...common }));
      // Two unions are no single selector, and select the same.
      await bench.rules.create(
        "default",
        ruleInput({
          id: "query",
          name: "query",
          ...common,
          metric: undefined,
          expr: "queue_length or queue_length",
        }),
      );
      for (let step = 0; step < 120; step++) {
        await bench.sample(pick(VALUES), { service: pick(["a", "b", "c", "d"]) });
        await vi.advanceTimersByTimeAsync(pick([20, 50, 1000, 15_000, 200_000]));
        expect(alerting("series"), `step ${step}`).toEqual(alerting("query"));
      }
    },
  );
});
