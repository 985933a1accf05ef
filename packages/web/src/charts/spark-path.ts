import type { Columns } from "./data.ts";
import { extentOf } from "./data.ts";

export interface SparkPath {
  line: string;
  area: string;
  /** Places of missing values, as distances from the left. */
  misses: number[];
}

interface Frame {
  width: number;
  height: number;
  /** Limits of the value axis; taken from the data when left out. Zero is always in sight. */
  max?: number | undefined;
}

const round = (value: number): number => Math.round(value * 10) / 10;

/** Paths of a sparkline: one stroke per stretch without a gap, the area below, and where values are missing. */
export const sparkPath = ({ timestamps, values }: Columns, frame: Frame): SparkPath => {
  const first = timestamps[0];
  const last = timestamps.at(-1);
  if (first === undefined || last === undefined) return { line: "", area: "", misses: [] };
  const extent = extentOf(values);
  const low = Math.min(0, extent.min ?? 0);
  const high = Math.max(frame.max ?? extent.max ?? 1, low + Number.EPSILON);
  const x = (at: number) =>
    round(last === first ? frame.width : ((at - first) / (last - first)) * frame.width);
  const y = (value: number) =>
    round(frame.height - ((value - low) / (high - low)) * (frame.height - 2) - 1);
  let line = "";
  let area = "";
  let open: number | null = null;
  let previous = 0;
  const misses: number[] = [];
  const close = () => {
    if (open !== null) area += `L${previous} ${frame.height}L${open} ${frame.height}Z`;
    open = null;
  };
  for (const [index, at] of timestamps.entries()) {
    const value = values[index] ?? null;
    const place = x(at);
    if (value === null) {
      close();
      misses.push(place);
      continue;
    }
    const step = `${open === null ? "M" : "L"}${place} ${y(Math.min(value, high))}`;
    line += step;
    area += step;
    open ??= place;
    previous = place;
  }
  close();
  return { line, area, misses };
};

/** How many times the usual value a sparkline is high. */
const HEADROOM = 4;

/**
 * The top of a sparkline that keeps its ordinary course readable: a single outlier, such as the first check after a
 * start, is cut off at the edge instead of pressing everything else flat. Undefined leaves the axis to the data.
 */
export const usualTop = (values: (number | null)[]): number | undefined => {
  const sorted = values.filter((value) => value !== null).toSorted((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const greatest = sorted.at(-1) ?? 0;
  return median > 0 && greatest > median * HEADROOM ? median * HEADROOM : undefined;
};
