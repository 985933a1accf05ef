import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useLayoutEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { formatDateTime } from "../format/time.ts";
import type { Unit } from "../format/units.ts";
import { formatValue, plural } from "../format/units.ts";
import { axes, valueRange } from "./axes.ts";
import classes from "./chart.module.css";
import { hueVariable, tokenColour } from "./colours.ts";
import type { Columns } from "./data.ts";
import { align, extentOf, lonely, withGaps } from "./data.ts";
import type { Marks } from "./marks.ts";
import { marksPlugin } from "./marks.ts";
import { tooltipPlugin } from "./tooltip.ts";

/** One line; `hue` is 1 to 8 of tokens.css. */
export interface Line extends Columns {
  key: string;
  label: string;
  hue: number;
}

interface ChartProps extends Marks {
  /** What the picture shows, for people who do not see it. */
  title: string;
  lines: Line[];
  unit: Unit;
  /** Unix milliseconds. */
  from: number;
  to: number;
  height: number;
  zeroBased?: boolean;
  /** Charts with the same name share their crosshair. */
  syncKey?: string;
  /** Said inside the empty frame. */
  emptyText?: string;
  onZoom?: (from: number, to: number) => void;
  onReset?: () => void;
}

const summary = (title: string, lines: Line[], unit: Unit): string => {
  const each = lines.slice(0, 12).map(({ label, values }) => {
    const { last, min, max } = extentOf(values);
    return `${label}: last ${formatValue(last, unit)}, least ${formatValue(min, unit)}, most ${formatValue(max, unit)}`;
  });
  const rest = lines.length > 12 ? ` and ${lines.length - 12} more` : "";
  return `${title}. ${plural(lines.length, "line")}. ${each.join("; ")}${rest}`;
};

const lineOptions = (lines: Line[]): uPlot.Series[] =>
  lines.map(({ label, hue }) => ({
    label,
    stroke: () => tokenColour(`--fl-${hue}`),
    width: 1.5,
    points: {
      show: false,
      size: 5,
      filter: (plot, series) => lonely(plot.data[series] ?? []),
    },
    ...(lines.length === 1 ? { fill: () => `${tokenColour(`--fl-${hue}`)}1c` } : {}),
  }));

/** Everything that the plot reads at the time of drawing, so that new data needs no new plot. */
type Latest = Omit<ChartProps, "height" | "syncKey">;

const plotOptions = (
  read: () => Latest,
  size: { width: number; height: number; syncKey: string | undefined },
): uPlot.Options => {
  const { unit, lines, onZoom } = read();
  const cursor: uPlot.Cursor = {
    y: false,
    points: { size: 6, width: 1 },
    drag: { x: onZoom !== undefined, y: false, setScale: false, dist: 6 },
    bind: {
      dblclick: () => () => {
        read().onReset?.();
        return null;
      },
    },
  };
  if (size.syncKey !== undefined) cursor.sync = { key: size.syncKey, scales: ["x", null] };
  return {
    width: size.width,
    height: size.height,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    cursor,
    scales: {
      x: { time: true, range: () => [read().from / 1000, read().to / 1000] },
      y: {
        range: (_, least, greatest) => {
          const { zeroBased = false, threshold } = read();
          const include = threshold === undefined ? [] : [threshold.value];
          return valueRange(least, greatest, { zeroBased, include });
        },
      },
    },
    axes: axes(unit),
    series: [{}, ...lineOptions(lines)],
    plugins: [
      marksPlugin(read),
      tooltipPlugin({
        classNames: classes as Parameters<typeof tooltipPlugin>[0]["classNames"],
        unit,
        series: () => read().lines.map(({ label, hue }) => ({ label, colour: hueVariable(hue) })),
      }),
    ],
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width } = plot.select;
          if (width < 4) return;
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          const at = (position: number) => plot.posToVal(position, "x") * 1000;
          read().onZoom?.(at(left), at(left + width));
        },
      ],
    },
  };
};

const useAligned = (lines: Line[]): uPlot.AlignedData =>
  useMemo(() => align(lines.map(withGaps)) as uPlot.AlignedData, [lines]);

/** Draws lines over time. The frame keeps its height whether there is data or not. */
export const Chart = ({ height, syncKey, ...latest }: ChartProps) => {
  const { lines, unit, from, to, title, emptyText = "No samples in this time range" } = latest;
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const current = useRef<Latest>(latest);
  const scheme = useComputedColorScheme("dark");
  const data = useAligned(lines);
  const latestData = useRef(data);
  const zooms = latest.onZoom !== undefined;
  useLayoutEffect(() => {
    current.current = latest;
    latestData.current = data;
  });
  const identity = lines.map(({ key, hue }) => `${key}/${hue}`).join("|");

  useEffect(() => {
    const place = holder.current;
    if (place === null) return undefined;
    const size = { width: place.clientWidth, height, syncKey };
    const made = new uPlot(
      plotOptions(() => current.current, size),
      latestData.current,
      place,
    );
    plot.current = made;
    const observer = new ResizeObserver(() => {
      const { clientWidth } = place;
      if (clientWidth > 0 && clientWidth !== made.width)
        made.setSize({ width: clientWidth, height });
    });
    observer.observe(place);
    return () => {
      observer.disconnect();
      made.destroy();
      plot.current = null;
    };
  }, [identity, unit, height, syncKey, scheme, zooms]);

  useEffect(() => {
    plot.current?.setData(data);
  }, [data, from, to, latest.threshold, latest.marks, latest.bands, latest.zeroBased]);

  const empty = lines.every(({ timestamps }) => timestamps.length === 0);
  return (
    <figure className={classes["figure"]}>
      <div
        ref={holder}
        className={classes["plot"]}
        style={{ height }}
        role="img"
        aria-label={empty ? `${title}. ${emptyText}` : summary(title, lines, unit)}
      />
      {empty && <div className={classes["empty"]}>{emptyText}</div>}
      <figcaption className="visually-hidden">
        {title}, {formatDateTime(from)} to {formatDateTime(to)}
      </figcaption>
    </figure>
  );
};

/** Holds a chart's place while its data is on the way. */
export const ChartSkeleton = ({ height }: { height: number }) => (
  <div className={classes["skeleton"]} style={{ height }} />
);
