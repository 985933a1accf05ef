import type { FinalSchedule, ScheduleSegment } from "@fleetlight/contract";

export const DAY_MS = 86_400_000;

/** Local midnight of the Monday of the week that holds a moment. */
export const weekOf = (at: number): number => {
  const date = new Date(at);
  const back = (date.getDay() + 6) % 7;
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() - back).getTime();
};

/** Local midnight `days` from another; a day may have 23 or 25 hours. */
export const addDays = (midnight: number, days: number): number => {
  const date = new Date(midnight);
  return new Date(date.getFullYear(), date.getMonth(), date.getDate() + days).getTime();
};

export const dateText = (at: number): string => {
  const date = new Date(at);
  const pad = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
};

/** A stretch of a row, in shares of the whole. */
export interface Bar {
  key: string;
  left: number;
  width: number;
  from: number;
  to: number;
  /** Null in a gap. */
  person: string | null;
  name: string;
  override: boolean;
}

const barOf = (
  from: number,
  to: number,
  start: number,
  end: number,
): Pick<Bar, "left" | "width" | "from" | "to"> | null => {
  const begin = Math.max(from, start);
  const finish = Math.min(to, end);
  if (finish <= begin) return null;
  const whole = end - start;
  return { left: (begin - start) / whole, width: (finish - begin) / whole, from, to };
};

const segmentBars = (segments: readonly ScheduleSegment[], start: number, end: number): Bar[] =>
  segments.flatMap((segment, index) => {
    const place = barOf(Date.parse(segment.start), Date.parse(segment.end), start, end);
    if (place === null) return [];
    const { person, name, override } = segment;
    return [
      { key: `${segment.start}/${index}`, ...place, person, name, override: override !== null },
    ];
  });

/** One row of the picture of a schedule. */
export interface BarRow {
  key: string;
  title: string;
  bars: Bar[];
}

/** Who is on call in the end, with gaps, then what each layer alone would give. */
export const rowsOf = (
  final: FinalSchedule,
  layerNames: readonly string[],
  start: number,
  end: number,
): BarRow[] => {
  const gaps = final.gaps.flatMap((gap): Bar[] => {
    const place = barOf(Date.parse(gap.start), Date.parse(gap.end), start, end);
    if (place === null) return [];
    return [{ key: `gap ${gap.start}`, ...place, person: null, name: "nobody", override: false }];
  });
  const ended = segmentBars(final.segments, start, end);
  const overrides = ended.filter(({ override }) => override);
  return [
    {
      key: "final",
      title: "On call",
      bars: [...ended, ...gaps].toSorted((a, b) => a.from - b.from),
    },
    ...(overrides.length > 0 ? [{ key: "overrides", title: "Overrides", bars: overrides }] : []),
    ...final.layers.map((segments, index) => ({
      key: `layer ${index}`,
      title: layerNames[index] || `Layer ${index + 1}`,
      bars: segmentBars(segments, start, end),
    })),
  ];
};
