import type { Overview, SeriesRange } from "@fleetlight/contract";

import type { Columns } from "../../charts/data.ts";
import { combine, rate } from "../../charts/data.ts";

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);

const counters = (range: SeriesRange | undefined): Columns[] =>
  (range?.series ?? [])
    .filter(({ timestamps }) => timestamps.length > 1)
    .map((series) => rate(series));

/** Share of the processors in use, percent, from the idle seconds of each. */
export const cpuHistory = (idle: SeriesRange | undefined): Columns =>
  combine(counters(idle), (values) => {
    const busy = 1 - sum(values) / values.length;
    return Math.min(100, Math.max(0, busy * 100));
  });

/** Share of the memory in use, percent, from what is available and what there is. */
export const memoryHistory = (
  available: SeriesRange | undefined,
  total: SeriesRange | undefined,
): Columns => {
  const first = available?.series[0];
  const whole = total?.series[0]?.values.findLast((value) => value !== null) ?? null;
  if (first === undefined || whole === null || whole === 0) return { timestamps: [], values: [] };
  return {
    timestamps: first.timestamps,
    values: first.values.map((value) => (value === null ? null : (1 - value / whole) * 100)),
  };
};

/** Bytes per second over all devices. */
export const trafficHistory = (bytes: SeriesRange | undefined): Columns =>
  combine(counters(bytes), sum);

/** What the store remembers up to where the live readings begin, then the readings. */
export const joinReadings = (
  past: Columns,
  readings: Overview[],
  pick: (reading: Overview) => number | null,
): Columns => {
  const live: Columns = {
    timestamps: readings.map(({ timestamp }) => Date.parse(timestamp)),
    values: readings.map(pick),
  };
  const begin = live.timestamps[0] ?? Infinity;
  const cut = past.timestamps.findIndex((at) => at >= begin);
  const end = cut === -1 ? past.timestamps.length : cut;
  return {
    timestamps: [...past.timestamps.slice(0, end), ...live.timestamps],
    values: [...past.values.slice(0, end), ...live.values],
  };
};
