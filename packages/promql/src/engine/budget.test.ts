import { describe, expect, it } from "vitest";

import { Budget, TIMEOUT } from "./budget.ts";
import { EvaluationError } from "./errors.ts";

const make = (maxSamples: number, signal = new AbortController().signal) =>
  new Budget({ maxSamples, timeoutMs: 60_000, signal });

describe("samples", () => {
  it("may be held up to the limit, and again after others are released", () => {
    const budget = make(10);
    budget.hold(10);
    budget.release(4);
    budget.hold(4);
    expect(() => budget.hold(1)).toThrow("too many samples");
    expect(budget.peakSamples).toBe(10);
  });

  it("of a node are what it gives once it is done", () => {
    const budget = make(10);
    budget.hold(2);
    const before = budget.heldSamples;
    budget.hold(8);
    budget.settle(before, 3);
    expect(budget.heldSamples).toBe(5);
    budget.hold(5);
    expect(() => budget.settle(before, 9)).toThrow(EvaluationError);
  });

  it("are counted when they are read", () => {
    const budget = make(1);
    budget.read(5);
    budget.read(6);
    expect(budget.totalSamples).toBe(11);
  });

  it.each([
    [10, true],
    [11, false],
    [NaN, false],
    [Infinity, false],
  ])("for %d steps: %s", (steps, fits) => {
    const check = () => make(10).checkSteps(steps);
    if (fits) check();
    expect(fits || isThrown(check)).toBe(true);
  });
});

function isThrown(run: () => void): boolean {
  try {
    run();
    return false;
  } catch (error) {
    return error instanceof EvaluationError;
  }
}

describe("the end", () => {
  it("is a timeout when the engine's own clock rang", () => {
    const controller = new AbortController();
    const budget = make(1, controller.signal);
    controller.abort(TIMEOUT);
    expect(() => budget.check()).toThrow("query timed out in expression evaluation");
  });

  it("is a timeout when the deadline has passed, whoever noticed", () => {
    const { signal } = new AbortController();
    const budget = new Budget({ maxSamples: 1, timeoutMs: -1, signal });
    expect(() => budget.check()).toThrow("timed out");
  });

  it("comes to those who wait for somebody else", async () => {
    const controller = new AbortController();
    const budget = make(1, controller.signal);
    const waits = [
      budget.wait(new Promise(() => undefined)),
      budget.wait(new Promise(() => undefined)),
    ];
    controller.abort();
    const outcomes = await Promise.allSettled(waits);
    expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  });

  it("leaves the result of somebody else as it is before", async () => {
    expect(await make(1).wait(Promise.resolve(5))).toBe(5);
    await expect(make(1).wait(Promise.reject(new Error("theirs")))).rejects.toThrow("theirs");
  });
});

describe("giving way", () => {
  it("lets others run", async () => {
    const budget = make(1);
    let ran = false;
    setImmediate(() => (ran = true));
    await budget.pause();
    expect(ran).toBe(true);
  });
});
