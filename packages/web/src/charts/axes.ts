import type uPlot from "uplot";

import type { Unit } from "../format/units.ts";
import { formatValue } from "../format/units.ts";
import { formatClock } from "../format/time.ts";
import { tokenColour } from "./colours.ts";

const BINARY_UNITS = new Set<Unit>(["bytes", "bytes_per_second"]);
/** Steps of an axis in bytes: powers of two, so that ticks read 256 MiB and not 286 MiB. */
const BINARY_STEPS = Array.from({ length: 51 }, (_, power) => 2 ** power);
const FONT = "11px Inter Variable, system-ui, sans-serif";
const DAY_SECONDS = 86_400;

const timeLabels = (times: number[], step: number): string[] =>
  times.map((at) => {
    const date = new Date(at * 1000);
    if (step >= DAY_SECONDS || (date.getHours() === 0 && date.getMinutes() === 0)) {
      return `${date.getMonth() + 1}/${date.getDate()}`;
    }
    return formatClock(at * 1000, step < 60);
  });

const grid = (): uPlot.Axis.Grid => ({ stroke: tokenColour("--fl-line"), width: 1 });

/** Time below, values left, in the colours of the theme in force. */
export const axes = (unit: Unit): uPlot.Axis[] => {
  const stroke = tokenColour("--fl-faint");
  const values: uPlot.Axis = {
    stroke,
    font: FONT,
    grid: grid(),
    ticks: { show: false },
    gap: 6,
    space: 34,
    size: (_, labels) => Math.max(40, ...(labels ?? []).map((label) => label.length * 6.4 + 14)),
    values: (_, splits) => splits.map((value) => formatValue(value, unit)),
  };
  if (BINARY_UNITS.has(unit)) values.incrs = BINARY_STEPS;
  const times: uPlot.Axis = {
    stroke,
    font: FONT,
    grid: { show: false },
    ticks: { ...grid(), size: 4 },
    gap: 4,
    size: 26,
    space: 72,
    values: (_, splits, _axis, _space, step) => timeLabels(splits, step),
  };
  return [times, values];
};

/** Limits of the value axis: room above, zero below when asked for, and the threshold always in sight. */
export const valueRange = (
  least: number | null,
  greatest: number | null,
  options: { zeroBased: boolean; include: number[] },
): [number, number] => {
  const candidates = [least, greatest, ...options.include].filter(
    (value): value is number => value !== null && Number.isFinite(value),
  );
  if (candidates.length === 0) return [0, 1];
  let low = Math.min(...candidates);
  let high = Math.max(...candidates);
  if (options.zeroBased) {
    low = Math.min(0, low);
    high = Math.max(0, high);
  }
  const spread = high - low || Math.abs(high) * 0.2 || 1;
  const flat = high === low;
  return [
    low === 0 && options.zeroBased ? 0 : low - spread * (flat ? 0.5 : 0.06),
    high + spread * (flat ? 0.5 : 0.1),
  ];
};

/** Limits of a logarithmic axis: whole powers of ten around what is drawn. */
export const logRange = (extent: [number, number] | null, include: number[]): [number, number] => {
  const all = [...(extent ?? []), ...include.filter((value) => value > 0)];
  if (all.length === 0) return [1, 10];
  const low = 10 ** Math.floor(Math.log10(Math.min(...all)));
  const high = 10 ** Math.ceil(Math.log10(Math.max(...all)));
  return [low, high > low ? high : low * 10];
};
