import type { TraceHeatmap } from "@fleetlight/contract";

import type { Region } from "../../app/run-search.ts";

/** A rectangle of cells, both corners in it. */
export interface Cells {
  fromColumn: number;
  toColumn: number;
  fromRow: number;
  toRow: number;
}

export interface Corner {
  column: number;
  row: number;
}

export const rowsOf = ({ duration_bounds }: TraceHeatmap): number =>
  Math.max(0, duration_bounds.length - 1);

export const cellsBetween = (a: Corner, b: Corner): Cells => ({
  fromColumn: Math.min(a.column, b.column),
  toColumn: Math.max(a.column, b.column),
  fromRow: Math.min(a.row, b.row),
  toRow: Math.max(a.row, b.row),
});

/** The cell at a place of the picture, which has the shortest runs at its bottom. */
export function cornerAt(map: TraceHeatmap, x: number, y: number): Corner {
  const [columns, rows] = [map.columns, rowsOf(map)];
  const within = (value: number, most: number) =>
    Math.max(0, Math.min(most - 1, Math.floor(value)));
  return { column: within(x * columns, columns), row: within((1 - y) * rows, rows) };
}

/** Cells as times and durations. */
export function regionOf(map: TraceHeatmap, cells: Cells): Region {
  const startSeconds = Date.parse(map.start) / 1000;
  const { step_seconds: step, duration_bounds: bounds } = map;
  return {
    from: Math.floor(startSeconds + cells.fromColumn * step),
    to: Math.ceil(startSeconds + (cells.toColumn + 1) * step),
    least: bounds[cells.fromRow] ?? 0,
    most: bounds[cells.toRow + 1] ?? bounds.at(-1) ?? 0,
  };
}

/** Where a region lies in the picture, as shares of its width and height; undefined when it has moved out of it. */
export function placeOf(
  map: TraceHeatmap,
  region: Region,
): { left: number; width: number; top: number; height: number } | undefined {
  const startSeconds = Date.parse(map.start) / 1000;
  const wide = map.columns * map.step_seconds;
  const rows = rowsOf(map);
  const column = (at: number) => Math.max(0, Math.min(1, (at - startSeconds) / wide));
  const row = (seconds: number) => {
    const above = map.duration_bounds.findIndex((bound) => bound >= seconds * (1 - 1e-5));
    return above === -1 ? rows : Math.min(rows, above);
  };
  const [left, right] = [column(region.from), column(region.to)];
  const [low, high] = [row(region.least), row(region.most)];
  if (right <= left || high <= low || rows === 0) return undefined;
  return {
    left,
    width: right - left,
    top: 1 - high / rows,
    height: (high - low) / rows,
  };
}

/** What is in a rectangle of cells. */
export function countIn(map: TraceHeatmap, cells: Cells): { traces: number; errors: number } {
  const sum = { traces: 0, errors: 0 };
  for (const { column, row, traces, errors } of map.cells) {
    if (column < cells.fromColumn || column > cells.toColumn) continue;
    if (row < cells.fromRow || row > cells.toRow) continue;
    sum.traces += traces;
    sum.errors += errors;
  }
  return sum;
}

/** How strongly a cell is drawn, 0.15 to 1: the logarithm of its count, since a few cells have nearly everything. */
export const strengthOf = (traces: number, most: number): number =>
  traces <= 0 ? 0 : 0.15 + 0.85 * (Math.log1p(traces) / Math.log1p(Math.max(traces, most)));
