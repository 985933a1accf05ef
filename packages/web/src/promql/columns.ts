/** Evenly spaced times: `start + i * step`, Unix milliseconds. */
export interface Grid {
  startMs: number;
  stepMs: number;
  count: number;
}

/** One series on a grid; NaN is a gap. */
export interface GridSeries {
  labels: Record<string, string>;
  /** Fingerprint of the labels; the same after every reload. */
  key: string;
  values: Float64Array;
}

/** The answer to one range query. */
export interface Matrix {
  grid: Grid;
  series: GridSeries[];
  /** Series with native histograms, which a line cannot show. */
  histograms: number;
}

/** One row of an instant answer. */
export interface InstantRow {
  labels: Record<string, string>;
  key: string;
  /** NaN for a native histogram, of which `note` tells. */
  value: number;
  note: string;
  timeMs: number;
}

/** Points that the server gives per series. */
export const MAX_POINTS = 11_000;

/** FNV-1a over the sorted labels, 32 bits as hexadecimal digits. */
export const fingerprint = (labels: Record<string, string>): string => {
  let value = 0x811c9dc5;
  for (const name of Object.keys(labels).toSorted()) {
    const text = `${name}\u0000${labels[name]}\u0001`;
    for (let index = 0; index < text.length; index += 1) {
      value = Math.imul(value ^ text.charCodeAt(index), 0x01000193) >>> 0;
    }
  }
  return value.toString(16).padStart(8, "0");
};

/** Writes numbers as Prometheus does: `NaN`, `+Inf` and `-Inf` have words. */
const numberOf = (text: string): number => {
  if (text === "+Inf") return Infinity;
  if (text === "-Inf") return -Infinity;
  return Number(text);
};

type Pair = [number, string];
interface RawHistogram {
  count?: string;
  sum?: string;
}
interface RawSeries {
  metric: Record<string, string>;
  values?: Pair[];
  histograms?: unknown[];
  value?: Pair;
  histogram?: [number, RawHistogram];
}

/** Data of a Prometheus answer as it came. */
export interface RawData {
  resultType: string;
  result: RawSeries[] | Pair;
}

/** The grid on which the server evaluates a range. */
export const gridOf = (startMs: number, endMs: number, stepMs: number): Grid => ({
  startMs,
  stepMs,
  count: Math.floor((endMs - startMs) / stepMs) + 1,
});

/** Puts a range answer into columns; nothing of the raw answer is kept but the labels. */
export const readMatrix = (data: RawData, grid: Grid): Matrix => {
  const series: GridSeries[] = [];
  let histograms = 0;
  for (const { metric, values = [], histograms: drawnNowhere } of data.result as RawSeries[]) {
    if (drawnNowhere !== undefined) histograms += 1;
    if (values.length === 0) continue;
    const column = new Float64Array(grid.count).fill(Number.NaN);
    for (const [seconds, text] of values) {
      const index = Math.round((seconds * 1000 - grid.startMs) / grid.stepMs);
      if (index >= 0 && index < grid.count) column[index] = numberOf(text);
    }
    series.push({ labels: metric, key: fingerprint(metric), values: column });
  }
  return { grid, series, histograms };
};

/** Reads an instant answer of any type; a range of samples is shown by its last one. */
export const readInstant = (data: RawData): InstantRow[] => {
  if (data.resultType === "scalar" || data.resultType === "string") {
    const [seconds, text] = data.result as Pair;
    const value = data.resultType === "scalar" ? numberOf(text) : Number.NaN;
    const note = data.resultType === "string" ? text : "";
    return [{ labels: {}, key: data.resultType, value, note, timeMs: seconds * 1000 }];
  }
  return (data.result as RawSeries[]).map(({ metric, value, values, histogram, histograms }) => {
    const [seconds, text] = value ?? values?.at(-1) ?? [histogram?.[0] ?? 0, "NaN"];
    const { count, sum } = histogram?.[1] ?? {};
    const notes = [
      ...(count === undefined ? [] : [`histogram, count ${count}, sum ${sum ?? "0"}`]),
      ...(values === undefined ? [] : [`last of ${values.length} samples`]),
      ...(histograms === undefined ? [] : [`${histograms.length} histograms`]),
    ];
    return {
      labels: metric,
      key: fingerprint(metric),
      value: numberOf(text),
      note: notes.join(", "),
      timeMs: seconds * 1000,
    };
  });
};

/** Figures of a column for the legend; null when it has no number. */
export interface Stats {
  last: number | null;
  min: number | null;
  max: number | null;
  avg: number | null;
}

export const statsOf = (values: Float64Array): Stats => {
  let last = Number.NaN;
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  let count = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    last = value;
    if (value < min) min = value;
    if (value > max) max = value;
    sum += value;
    count += 1;
  }
  if (count === 0) return { last: null, min: null, max: null, avg: null };
  return { last, min, max, avg: sum / count };
};

/** Times of a grid in seconds, as uPlot wants them. */
export const timesOf = ({ startMs, stepMs, count }: Grid): Float64Array => {
  const times = new Float64Array(count);
  for (let index = 0; index < count; index += 1) times[index] = (startMs + index * stepMs) / 1000;
  return times;
};

/**
 * Columns on top of one another: the first stays as it is, each other one stands on the sum of those before. A gap
 * counts as nothing, and is kept where every column has one.
 */
export const stack = (columns: readonly Float64Array[]): Float64Array[] => {
  const [first] = columns;
  if (first === undefined) return [];
  const below = new Float64Array(first.length);
  const seen = new Uint8Array(first.length);
  for (const column of columns) {
    for (let index = 0; index < below.length; index += 1) {
      if (Number.isFinite(column[index])) seen[index] = 1;
    }
  }
  return columns.map((column) => {
    const top = new Float64Array(below.length);
    for (let index = 0; index < below.length; index += 1) {
      const value = column[index] ?? Number.NaN;
      if (Number.isFinite(value)) below[index] = (below[index] ?? 0) + value;
      top[index] = seen[index] === 1 ? (below[index] ?? 0) : Number.NaN;
    }
    return top;
  });
};

/** Steps that a range is asked with, in seconds; each divides the next larger unit. */
const STEPS_S = [
  1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400,
];
const POINTS = { low: 120, auto: 360, high: 1000 };

/** Milliseconds between two points: the smallest usual step that gives about as many points as the resolution wants. */
export const stepFor = (
  rangeMs: number,
  resolution: "low" | "high" | number | undefined,
): number => {
  const least = Math.ceil(rangeMs / 1000 / (MAX_POINTS - 1));
  if (typeof resolution === "number") return Math.max(resolution, least) * 1000;
  const wanted = rangeMs / 1000 / POINTS[resolution ?? "auto"];
  const step = STEPS_S.find((one) => one >= wanted * 0.75) ?? Math.ceil(wanted);
  return Math.max(step, least) * 1000;
};
