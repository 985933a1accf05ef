import { expect, it } from "vitest";

import { SampleRates } from "./rate.ts";

const T0 = 1_000_000;
const outcome = (attempt: () => void): string => {
  try {
    attempt();
    return "taken";
  } catch (error) {
    return (error as { code: string }).code;
  }
};

it("lets a tenant send its rate, after a silence ten seconds' worth at once", () => {
  const rates = new SampleRates();
  const take = (count: number, atMs: number) =>
    outcome(() => rates.take("a", count, 100, T0 + atMs));
  expect(take(1000, 0)).toBe("taken");
  expect(take(1, 0)).toBe("limit_reached");
  expect(take(100, 1000)).toBe("taken");
  expect(take(100, 1500)).toBe("limit_reached");
  expect(take(100, 2000)).toBe("taken");
  expect(take(1000, 60_000)).toBe("taken");
  expect(take(1, 60_000)).toBe("limit_reached");
});

it("lets a request pass that is larger than any burst, and makes the tenant wait for it", () => {
  const rates = new SampleRates();
  const take = (count: number, atMs: number) =>
    outcome(() => rates.take("a", count, 100, T0 + atMs));
  expect(take(5000, 0)).toBe("taken");
  expect(take(100, 40_000)).toBe("limit_reached");
  expect(take(100, 42_000)).toBe("taken");
});

it("knows no limit when it is 0, and keeps tenants apart", () => {
  const rates = new SampleRates();
  expect(outcome(() => rates.take("a", 1e9, 0, T0))).toBe("taken");
  expect(outcome(() => rates.take("a", 1000, 100, T0))).toBe("taken");
  expect(outcome(() => rates.take("a", 1, 100, T0))).toBe("limit_reached");
  expect(outcome(() => rates.take("b", 1000, 100, T0))).toBe("taken");
});

it("gives nothing back when the clock is set back", () => {
  const rates = new SampleRates();
  rates.take("a", 1000, 100, T0);
  expect(outcome(() => rates.take("a", 1, 100, T0 - 60_000))).toBe("limit_reached");
});
