import type { BudgetPeriod } from "@fleetlight/contract";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** 1970 began on a Thursday; the first Monday was the fifth of January. */
const FIRST_MONDAY_MS = 4 * DAY_MS;

const floorTo = (ms: number, step: number, from = 0): number =>
  Math.floor((ms - from) / step) * step + from;

/** When the period that holds a moment began, in UTC; 0 of the one that never ends. */
export function periodStartMs(period: BudgetPeriod, atMs: number): number {
  if (period === "hour") return floorTo(atMs, HOUR_MS);
  if (period === "day") return floorTo(atMs, DAY_MS);
  if (period === "week") return floorTo(atMs, 7 * DAY_MS, FIRST_MONDAY_MS);
  if (period === "total") return 0;
  const date = new Date(atMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
}

/** When the next period begins; null when there is none. */
export function periodEndMs(period: BudgetPeriod, startMs: number): number | null {
  if (period === "hour") return startMs + HOUR_MS;
  if (period === "day") return startMs + DAY_MS;
  if (period === "week") return startMs + 7 * DAY_MS;
  if (period === "total") return null;
  const date = new Date(startMs);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1);
}
