import type { ServiceStatus } from "@fleetlight/contract";
import { describe, expect, it } from "vitest";

import { newStreak, nextStatus, type Verdict } from "./status.ts";

const LETTERS: Record<string, Verdict> = { h: "healthy", d: "degraded", u: "unhealthy" };

/** Statuses after each of the verdicts, one letter each. */
function run(
  start: ServiceStatus,
  verdicts: string,
  thresholds = { failures: 3, successes: 2 },
): string {
  const streak = { ...newStreak(), undecided: start === "unknown" };
  let status = start;
  let result = "";
  for (const letter of verdicts) {
    status = nextStatus(status, streak, LETTERS[letter] ?? "healthy", thresholds);
    result += status[0];
  }
  return result;
}

describe("the status of a service", () => {
  it.each([
    ["is decided by the first result: good", "unknown", "h", "h"],
    ["is decided by the first result: bad", "unknown", "u", "u"],
    ["falls after three failures in a row", "healthy", "uuuu", "hhuu"],
    ["forgets failures at a success", "healthy", "uuhuuh", "hhhhhh"],
    ["rises after two successes in a row", "unhealthy", "hhh", "uhh"],
    ["forgets successes at a failure", "unhealthy", "huhuhh", "uuuuuh"],
    ["is degraded and well again at once", "healthy", "dhdd", "dhdd"],
    ["rises from unhealthy to degraded like to healthy", "unhealthy", "dd", "ud"],
    ["falls from degraded like from healthy", "degraded", "uuu", "ddu"],
    ["stays through flapping", "healthy", "uhuhuhuh", "hhhhhhhh"],
    ["stays unhealthy through flapping", "unhealthy", "huhuhuhu", "uuuuuuuu"],
  ] as const)("%s", (_name, start, verdicts, expected) => {
    expect(run(start, verdicts)).toBe(expected);
  });

  it("changes with every result when nothing is damped", () => {
    expect(run("healthy", "uhuh", { failures: 1, successes: 1 })).toBe("uhuh");
  });

  it("is decided anew by one result after the service was changed", () => {
    const streak = newStreak();
    expect(nextStatus("unhealthy", streak, "healthy", { failures: 3, successes: 3 })).toBe(
      "healthy",
    );
    expect(nextStatus("healthy", streak, "unhealthy", { failures: 3, successes: 3 })).toBe(
      "healthy",
    );
  });
});
