/** Two columns of equal length; times are Unix milliseconds, oldest first; null is a gap. */
export interface Columns {
  timestamps: number[];
  values: (number | null)[];
}

/** A pause of more than this many usual steps is drawn as a gap, not bridged by a line. */
const GAP_STEPS = 3.5;

const usualStep = (timestamps: number[]): number => {
  const steps = timestamps.slice(1).map((at, index) => at - (timestamps[index] ?? at));
  steps.sort((a, b) => a - b);
  return steps[Math.floor(steps.length / 2)] ?? 0;
};

/** Puts a null where samples are missing. */
export const withGaps = ({ timestamps, values }: Columns): Columns => {
  const step = usualStep(timestamps);
  if (step === 0) return { timestamps, values };
  const spread: Columns = { timestamps: [], values: [] };
  for (const [index, at] of timestamps.entries()) {
    const before = timestamps[index - 1];
    if (before !== undefined && at - before > step * GAP_STEPS) {
      spread.timestamps.push(before + step);
      spread.values.push(null);
    }
    spread.timestamps.push(at);
    spread.values.push(values[index] ?? null);
  }
  return spread;
};

/** Where values stand alone between gaps: no line leads there, so that they would not be seen. */
export const lonely = (values: ArrayLike<number | null | undefined>): number[] => {
  const found: number[] = [];
  for (let index = 0; index < values.length; index += 1) {
    const [before, here, after] = [values[index - 1], values[index], values[index + 1]];
    if (typeof here === "number" && typeof before !== "number" && typeof after !== "number")
      found.push(index);
  }
  return found;
};

/** Rate per second of a counter between neighbouring samples; a fall is a restart from zero. */
export const rate = ({ timestamps, values }: Columns): Columns => {
  const result: Columns = { timestamps: [], values: [] };
  for (let index = 1; index < timestamps.length; index += 1) {
    const at = timestamps[index] ?? 0;
    const seconds = (at - (timestamps[index - 1] ?? 0)) / 1000;
    const value = values[index] ?? null;
    const before = values[index - 1] ?? null;
    if (seconds <= 0) continue;
    result.timestamps.push(at);
    if (value === null || before === null) result.values.push(null);
    else result.values.push((value >= before ? value - before : value) / seconds);
  }
  return result;
};

/** Combines series sample by sample at the times of the first; a time that one of them lacks is a gap. */
export const combine = (all: Columns[], fold: (values: number[]) => number | null): Columns => {
  const [first] = all;
  if (first === undefined) return { timestamps: [], values: [] };
  const maps = all.map(
    ({ timestamps, values }) => new Map(timestamps.map((at, index) => [at, values[index]])),
  );
  return {
    timestamps: first.timestamps,
    values: first.timestamps.map((at) => {
      const values = maps.map((map) => map.get(at));
      return values.every((value) => typeof value === "number") ? fold(values as number[]) : null;
    }),
  };
};

/**
 * Puts series side by side on one column of times, in seconds, as uPlot wants them. `undefined` means that a series
 * has no sample at that time and the line goes on; null breaks it.
 */
export const align = (all: Columns[]): [number[], ...(number | null | undefined)[][]] => {
  const times = [...new Set(all.flatMap(({ timestamps }) => timestamps))].sort((a, b) => a - b);
  const place = new Map(times.map((at, index) => [at, index]));
  const columns = all.map(({ timestamps, values }) => {
    const column: (number | null | undefined)[] = Array.from({ length: times.length });
    for (const [index, at] of timestamps.entries()) {
      column[place.get(at) ?? 0] = values[index] ?? null;
    }
    return column;
  });
  return [times.map((at) => at / 1000), ...columns];
};

/** Last, least and greatest value; null when there is none. */
export interface Extent {
  last: number | null;
  min: number | null;
  max: number | null;
}

export const extentOf = (values: (number | null)[]): Extent => {
  const extent: Extent = { last: values.at(-1) ?? null, min: null, max: null };
  for (const value of values) {
    if (value === null) continue;
    extent.min = extent.min === null ? value : Math.min(extent.min, value);
    extent.max = extent.max === null ? value : Math.max(extent.max, value);
  }
  return extent;
};

/** Stretches (Unix ms) in which a series of ones and zeros was zero, e.g. failed checks of `probe_success`. */
export const zeroStretches = ({ timestamps, values }: Columns): { from: number; to: number }[] => {
  const stretches: { from: number; to: number }[] = [];
  let open: { from: number; to: number } | null = null;
  for (const [index, at] of timestamps.entries()) {
    const failed = values[index] === 0;
    if (failed && open === null) {
      open = { from: at, to: at };
      stretches.push(open);
    }
    if (open !== null) open.to = at;
    if (!failed) open = null;
  }
  return stretches;
};
