import type { AgentPerformance } from "@fleetlight/contract";

import { isoTime } from "#lib";
import { durationOfClass, type ActivityKind, type Cell } from "#store";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** Points of a series. */
const MAX_POINTS = 60;
/** Steps in which cells are asked for: an hour at most, for the heat map. */
const CELL_STEPS_MS = [MINUTE_MS, 5 * MINUTE_MS, 15 * MINUTE_MS, HOUR_MS] as const;
const MULTIPLES = [1, 2, 3, 6, 12, 24, 48, 7 * 24, 30 * 24, 365 * 24];
/** Bars of a distribution have these many bounds per factor of ten. */
const BOUNDS = [1, 2, 5] as const;
/** Tools, models and types that are listed. */
const MAX_NAMES = 50;

type Names = AgentPerformance["tools"];

/** Steps of the cells, and of the series that are made of them. */
export function stepsOf(rangeMs: number): { cellMs: number; stepMs: number } {
  const cellMs = CELL_STEPS_MS.find((step) => rangeMs / step <= MAX_POINTS) ?? HOUR_MS;
  const multiple = MULTIPLES.find((one) => rangeMs / (cellMs * one) <= MAX_POINTS) ?? 365 * 24;
  return { cellMs, stepMs: cellMs * multiple };
}

/** Durations of many cells: those in one class are all taken for its middle. */
function quantile(cells: readonly Cell[], share: number): number | null {
  const total = cells.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) return null;
  let seen = 0;
  for (const { durationClass, count } of cells.toSorted(
    (a, b) => a.durationClass - b.durationClass,
  )) {
    seen += count;
    if (seen >= share * total) return durationOfClass(durationClass) / 1e6;
  }
  return null;
}

const sumOf = (cells: readonly Cell[], pick: (cell: Cell) => number): number =>
  cells.reduce((sum, cell) => sum + pick(cell), 0);

/** Cells of tasks, or of runs where there are no tasks. */
export const tasksOf = (cells: readonly Cell[]): Cell[] => {
  const kind: ActivityKind = cells.some((cell) => cell.kind === "task") ? "task" : "run";
  return cells.filter((cell) => cell.kind === kind);
};

function grouped<K>(cells: readonly Cell[], keyOf: (cell: Cell) => K): Map<K, Cell[]> {
  const groups = new Map<K, Cell[]>();
  for (const cell of cells) {
    const key = keyOf(cell);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [cell]);
    else group.push(cell);
  }
  return groups;
}

export function seriesOf(
  cells: readonly Cell[],
  { startMs, endMs, stepMs }: { startMs: number; endMs: number; stepMs: number },
): AgentPerformance["series"] {
  const floor = (ms: number) => Math.floor(ms / stepMs) * stepMs;
  const all = grouped(cells, ({ timeMs }) => floor(timeMs));
  const tasks = grouped(tasksOf(cells), ({ timeMs }) => floor(timeMs));
  const series: AgentPerformance["series"] = [];
  for (let timeMs = floor(startMs); timeMs < endMs; timeMs += stepMs) {
    const [every, ended] = [all.get(timeMs) ?? [], tasks.get(timeMs) ?? []];
    const count = sumOf(ended, (cell) => cell.count);
    const failed = sumOf(ended, (cell) => cell.failed);
    series.push({
      time: isoTime(timeMs),
      completed: count - failed,
      failed,
      success_rate: count > 0 ? (count - failed) / count : null,
      duration_p95_seconds: quantile(ended, 0.95),
      errors: sumOf(every, (cell) => cell.failed),
      input_tokens: sumOf(every, (cell) => cell.inputTokens),
      output_tokens: sumOf(every, (cell) => cell.outputTokens),
      cost_usd: sumOf(every, (cell) => cell.costUsd),
    });
  }
  return series;
}

/** The number among 1, 2, 5, 10, 20, … at or below, by its place. */
function boundAt(seconds: number): number {
  const power = Math.floor(Math.log10(seconds));
  const digit = seconds / 10 ** power;
  return power * 3 + (digit >= 5 ? 2 : digit >= 2 ? 1 : 0);
}

const boundOf = (place: number): number =>
  Number(`${BOUNDS[((place % 3) + 3) % 3]}e${Math.floor(place / 3)}`);

export function responseTimesOf(cells: readonly Cell[]): AgentPerformance["response_times"] {
  const bars = grouped(tasksOf(cells), (cell) =>
    boundAt(durationOfClass(cell.durationClass) / 1e6),
  );
  const places = [...bars.keys()];
  if (places.length === 0) return [];
  const first = Math.min(...places);
  return Array.from({ length: Math.max(...places) - first + 1 }, (_, i) => ({
    from_seconds: boundOf(first + i),
    to_seconds: boundOf(first + i + 1),
    count: sumOf(bars.get(first + i) ?? [], (cell) => cell.count),
  }));
}

/** @param offsetMinutes of the reader's clock from UTC */
export function heatMapOf(
  cells: readonly Cell[],
  offsetMinutes: number,
): AgentPerformance["heat_map"] {
  const squares = grouped(tasksOf(cells), ({ timeMs }) => {
    const local = timeMs + offsetMinutes * MINUTE_MS;
    // The first of January 1970 was a Thursday.
    const weekday = (((Math.floor(local / DAY_MS) + 3) % 7) + 7) % 7;
    return weekday * 24 + Math.floor((local - Math.floor(local / DAY_MS) * DAY_MS) / HOUR_MS);
  });
  return [...squares]
    .toSorted(([a], [b]) => a - b)
    .map(([place, square]) => {
      const failed = sumOf(square, (cell) => cell.failed);
      return {
        weekday: Math.floor(place / 24) + 1,
        hour: place % 24,
        completed: sumOf(square, (cell) => cell.count) - failed,
        failed,
      };
    });
}

/** By name, the most frequent first. */
export function namedOf(cells: readonly Cell[]): Names {
  return [...grouped(cells, ({ type }) => type)]
    .map(([name, group]) => {
      const count = sumOf(group, (cell) => cell.count);
      return {
        name,
        count,
        errors: sumOf(group, (cell) => cell.failed),
        mean_seconds: count > 0 ? sumOf(group, (cell) => cell.durationSumUs) / count / 1e6 : null,
        p95_seconds: quantile(group, 0.95),
        input_tokens: sumOf(group, (cell) => cell.inputTokens),
        output_tokens: sumOf(group, (cell) => cell.outputTokens),
        cost_usd: group.some(({ priced }) => priced > 0)
          ? sumOf(group, (cell) => cell.costUsd)
          : null,
      };
    })
    .toSorted((a, b) => b.count - a.count)
    .slice(0, MAX_NAMES);
}
