import { describe, expect, it } from "vitest";

import { Annotations } from "../annotations.ts";
import { Budget } from "../engine/budget.ts";
import { Plan } from "../engine/plan.ts";
import { createHistogram } from "../histogram/index.ts";
import { Labels } from "../labels.ts";
import { memoryStorage } from "../memory-storage.ts";
import { functions } from "../syntax/functions.ts";
import { parsePromQL } from "../syntax/parse.ts";
import { rangeFunctions, specialFunctions, vectorFunctions } from "./index.ts";
import type { RangeCall, RangeFunction, RangeWindow } from "./types.ts";

const COUNT = 60;
/** Made by the evaluator itself. */
const ofTheEvaluator = ["absent_over_time"];

function callOf(name: string): RangeCall {
  const scalars: Record<string, string> = {
    predict_linear: "m[1m], 60",
    quantile_over_time: "0.7, m[1m]",
    double_exponential_smoothing: "m[1m], 0.3, 0.6",
  };
  const text = `${name}(${scalars[name] ?? "m[1m]"})`;
  const expr = parsePromQL(text);
  if (expr.kind !== "call") throw new Error(`${text} is no call`);
  const bounds = { startMs: 0, endMs: 0, stepMs: 0 };
  const { signal } = new AbortController();
  const ctx = {
    storage: memoryStorage([]),
    startMs: 0,
    endMs: 0,
    stepMs: 0,
    steps: 1,
    lookbackMs: 300_000,
    plan: new Plan(expr, bounds, 60_000),
    annotations: new Annotations(text),
    budget: new Budget({ maxSamples: 1000, timeoutMs: 60_000, signal }),
    trace: undefined,
  };
  const values = expr.args.map((arg) =>
    arg.kind === "number" ? Float64Array.of(arg.value) : undefined,
  );
  return { expr, ctx, scalars: values };
}

/** A counter with resets, gaps and a NaN, the same at every run. */
function windowOf(from: number, to: number): RangeWindow {
  const times = Float64Array.from({ length: COUNT }, (_, i) => i * 10_000 + ((i * 37) % 11) * 100);
  const values = Float64Array.from({ length: COUNT }, (_, i) =>
    i === 41 ? NaN : (i % 17) * 1.37 + ((i * 7919) % 5),
  );
  const endMs = (times[to - 1] ?? 0) + 3000;
  return {
    labels: Labels.fromObject({ __name__: "m" }),
    times,
    values,
    histograms: undefined,
    startTimes: undefined,
    from,
    to,
    extendedFrom: from,
    extendedTo: to,
    startMs: (times[from] ?? 0) - 4000,
    endMs,
    evalMs: endMs,
    step: 0,
    value: 0,
    histogram: undefined,
  };
}

function answer(fn: RangeFunction, window: RangeWindow, call: RangeCall): number | undefined {
  return fn.run(window, call) ? window.value : undefined;
}

describe.each([...rangeFunctions])("%s", (name, fn) => {
  it("does not depend on columns that say nothing, nor on samples outside of the window", () => {
    const call = callOf(name);
    for (let from = 0; from < COUNT - 1; from++) {
      const to = Math.min(COUNT, from + 1 + (from % 23));
      const plain = answer(fn, windowOf(from, to), call);
      const sparse = { ...windowOf(from, to), histograms: [] };
      expect(answer(fn, sparse, call), `sparse ${from}-${to}`).toBe(plain);
      const unknown = { ...windowOf(from, to), startTimes: new Float64Array(COUNT) };
      expect(answer(fn, unknown, call), `unknown start ${from}-${to}`).toBe(plain);
      const others = windowOf(from, to);
      others.values.fill(1e9, 0, from);
      others.values.fill(-1e9, to);
      expect(answer(fn, others, call), `others ${from}-${to}`).toBe(plain);
    }
  });

  it("gives the same for all windows at once as for each", () => {
    if (fn.floats === undefined) return;
    const call = callOf(name);
    const { times, values } = windowOf(0, COUNT);
    for (const [stepMs, rangeMs] of [
      [10_000, 60_000],
      [7000, 15_000],
      [45_000, 400_000],
      [0, 90_000],
    ] as const) {
      const steps = 90;
      const grid = { endMs: -20_000, stepMs, rangeMs, steps };
      const row = {
        values: new Float64Array(steps + 1),
        present: new Uint8Array(steps + 1),
        from: 1,
      };
      const expected: (number | undefined)[] = [];
      for (let step = 0; step < steps; step++) {
        const endMs = grid.endMs + step * stepMs;
        const startMs = endMs - rangeMs;
        const from = times.filter((time) => time <= startMs).length;
        const to = times.filter((time) => time <= endMs).length;
        const window = { ...windowOf(0, 1), from, to, startMs, endMs };
        expected.push(from === to ? undefined : answer(fn, window, call));
      }
      const found = fn.floats({ times, values }, grid, row);
      const given = expected.map((_, step) =>
        row.present[step + 1] === 1 ? row.values[step + 1] : undefined,
      );
      expect(given).toEqual(expected);
      expect(found).toBe(expected.filter((one) => one !== undefined).length);
    }
  });

  it("leaves the samples as they are", () => {
    const call = callOf(name);
    const window = windowOf(3, 30);
    const histogram = createHistogram({ count: 1, sum: 1 });
    window.histograms = Array.from({ length: 8 }, (_, i) => (i === 7 ? histogram : undefined));
    const before = [...window.values, ...window.times];
    fn.run(window, call);
    expect([...window.values, ...window.times]).toEqual(before);
  });
});

describe("the maps", () => {
  it("have every function of the language", () => {
    const known = new Set([
      ...rangeFunctions.keys(),
      ...vectorFunctions.keys(),
      ...specialFunctions.keys(),
      ...ofTheEvaluator,
    ]);
    expect([...known].toSorted()).toEqual([...functions.keys()].toSorted());
  });
});
