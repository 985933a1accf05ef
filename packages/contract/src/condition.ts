import type { Condition } from "./alerts.ts";

/**
 * Compares as PromQL does: NaN is not equal to anything, so it satisfies `!=` and nothing else. Infinities are
 * ordinary values. A module of its own, so that the console gets it without the schemas.
 */
export function satisfies(value: number, condition: Condition, threshold: number): boolean {
  switch (condition) {
    case ">":
      return value > threshold;
    case ">=":
      return value >= threshold;
    case "<":
      return value < threshold;
    case "<=":
      return value <= threshold;
    case "==":
      return value === threshold;
    case "!=":
      return value !== threshold;
  }
}
