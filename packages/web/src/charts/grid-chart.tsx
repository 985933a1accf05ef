import { useComputedColorScheme } from "@mantine/core";
import { useEffect, useLayoutEffect, useMemo, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { formatDateTime } from "../format/time.ts";
import type { Unit } from "../format/units.ts";
import { formatValue, plural } from "../format/units.ts";
import { axes, logRange, valueRange } from "./axes.ts";
import classes from "./chart.module.css";
import type { ExemplarMark } from "./exemplar-marks.ts";
import { exemplarPlugin } from "./exemplar-marks.ts";
import type { Kind } from "./grid-paths.ts";
import { finiteExtent, gridPaths } from "./grid-paths.ts";
import type { Marks } from "./marks.ts";
import { marksPlugin } from "./marks.ts";
import type { Colour } from "./shades.ts";
import { colourPixels, colourVariable } from "./shades.ts";
import { tooltipPlugin } from "./tooltip.ts";
import type { View } from "./view.ts";
import { ViewMover } from "./view.ts";

/** One column of a grid as a line; NaN is a gap. */
export interface GridLine {
  key: string;
  label: string;
  colour: Colour;
  values: Float64Array;
  /** What is drawn instead of the values: their place in a stack. */
  drawn?: Float64Array;
}

interface GridChartProps extends Pick<Marks, "threshold"> {
  /** What the picture shows, for people who do not see it. */
  title: string;
  /** Seconds, as many as each line has values. */
  times: Float64Array;
  lines: GridLine[];
  unit: Unit;
  kind: Kind;
  log: boolean;
  /** Unix milliseconds. */
  from: number;
  to: number;
  height: number;
  zeroBased: boolean;
  syncKey: string;
  exemplars: readonly ExemplarMark[];
  /** The line that the others step back for. */
  focused: string | null;
  emptyText: string;
  onView: (view: View) => void;
  onReset: () => void;
  onExemplar: (index: number) => void;
}

/** With more lines or points than this each line is one pixel wide, which is drawn several times as fast. */
const FEW_LINES = 24;
const FEW_POINTS = 20_000;
/** With more lines than this no dot follows the pointer along each of them. */
const DOTTED_LINES = 12;

const summary = ({ title, lines, unit, from, to, emptyText }: GridChartProps): string => {
  if (lines.length === 0) return `${title}. ${emptyText}`;
  const named = lines.slice(0, 12).map(({ label, values }) => {
    const last = values.findLast((value) => !Number.isNaN(value)) ?? null;
    return `${label}: last ${formatValue(last, unit)}`;
  });
  const rest = lines.length > 12 ? ` and ${lines.length - 12} more` : "";
  const when = `${formatDateTime(from)} to ${formatDateTime(to)}`;
  return `${title}. ${plural(lines.length, "line")}, ${when}. ${named.join("; ")}${rest}`;
};

const widthOf = ({ lines, kind, times }: GridChartProps): number => {
  if (kind === "points") return 0;
  const crowded = lines.length > FEW_LINES || lines.length * times.length > FEW_POINTS;
  // One pixel of the canvas, whatever its resolution: a hairline needs no outline to be filled.
  return crowded ? 1 / (window.devicePixelRatio || 1) : 1.5;
};

const seriesOf = (props: GridChartProps): uPlot.Series[] =>
  props.lines.map(({ label, colour }) => ({
    label,
    stroke: () => colourPixels(colour),
    width: widthOf(props),
    points: { show: false },
    paths: gridPaths(props.kind),
    ...(props.kind === "points" && { fill: () => colourPixels(colour) }),
    ...(props.kind === "stacked" && { fill: () => `${colourPixels(colour)}40` }),
  }));

const scalesOf = (read: () => GridChartProps, mover: ViewMover): uPlot.Scales => ({
  x: {
    time: true,
    range: () => {
      const { from, to } = mover.own ?? read();
      return [from / 1000, to / 1000];
    },
  },
  y: {
    distr: read().log ? 3 : 1,
    range: (plot) => {
      const { log, zeroBased, threshold, kind, lines } = read();
      const [from, to] = plot.series[0]?.idxs ?? [0, lines[0]?.values.length ?? 0];
      const columns = lines.map(({ values, drawn }) => drawn ?? values);
      const extent = finiteExtent(columns, from, to, log);
      const include = threshold === undefined ? [] : [threshold.value];
      if (log) return logRange(extent, include);
      return valueRange(extent?.[0] ?? null, extent?.[1] ?? null, {
        zeroBased: zeroBased || kind === "stacked",
        include,
      });
    },
  },
});

const optionsOf = (read: () => GridChartProps, mover: ViewMover, width: number): uPlot.Options => {
  const first = read();
  return {
    width,
    height: first.height,
    padding: [8, 12, 0, 0],
    legend: { show: false },
    focus: { alpha: 0.18 },
    cursor: {
      y: false,
      points: first.lines.length > DOTTED_LINES ? { show: false } : { size: 6, width: 1 },
      drag: { x: true, y: false, setScale: false, dist: 6 },
      focus: { prox: -1 },
      sync: { key: first.syncKey, scales: ["x", null] },
      bind: {
        mousedown: (_plot, _target, handler) => (event) => {
          if (event.shiftKey) mover.grab(event);
          else handler(event);
          return null;
        },
        dblclick: () => () => {
          read().onReset();
          return null;
        },
      },
    },
    scales: scalesOf(read, mover),
    axes: axes(first.unit),
    series: [{}, ...seriesOf(first)],
    plugins: [
      marksPlugin(read),
      exemplarPlugin(
        () => read().exemplars,
        (index) => read().onExemplar(index),
      ),
      tooltipPlugin({
        classNames: classes as Parameters<typeof tooltipPlugin>[0]["classNames"],
        unit: first.unit,
        series: () =>
          read().lines.map(({ label, colour }) => ({ label, colour: colourVariable(colour) })),
        columns: () => read().lines.map(({ values }) => values),
      }),
    ],
    hooks: {
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide < 4) return;
          plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
          const at = (position: number) => Math.round(plot.posToVal(position, "x") * 1000);
          read().onView({ from: at(left), to: at(left + wide) });
        },
      ],
    },
  };
};

/**
 * Draws columns that share evenly spaced times. Holds 100,000 points: columns are typed arrays, paths are cut down to
 * what a pixel can show, and neither the pointer nor a pan makes React render.
 */
export const GridChart = (props: GridChartProps) => {
  const { times, lines, unit, kind, log, from, to, height, syncKey, focused, emptyText } = props;
  const holder = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const current = useRef(props);
  const hand = useRef<ViewMover | null>(null);
  const scheme = useComputedColorScheme("dark");
  const data = useMemo(
    () =>
      [times, ...lines.map(({ values, drawn }) => drawn ?? values)] as unknown as uPlot.AlignedData,
    [times, lines],
  );
  const latestData = useRef(data);
  useLayoutEffect(() => {
    current.current = props;
    latestData.current = data;
  });
  const identity = lines.map(({ key, colour }) => `${key}/${colour.hue}/${colour.shade}`).join("|");

  const crowded = lines.length * times.length > FEW_POINTS;

  useEffect(() => {
    const place = holder.current;
    if (place === null) return undefined;
    const mover = new ViewMover(() => ({
      read: () => current.current,
      onView: current.current.onView,
    }));
    hand.current = mover;
    const made = new uPlot(
      optionsOf(() => current.current, mover, place.clientWidth),
      latestData.current,
      place,
    );
    plot.current = made;
    const detach = mover.attach(made);
    const observer = new ResizeObserver(() => {
      const { clientWidth } = place;
      if (clientWidth > 0 && clientWidth !== made.width)
        made.setSize({ width: clientWidth, height });
    });
    observer.observe(place);
    return () => {
      observer.disconnect();
      detach();
      made.destroy();
      plot.current = null;
    };
  }, [identity, unit, crowded, kind, log, height, syncKey, scheme]);

  useEffect(() => {
    hand.current?.release();
    plot.current?.setData(data);
  }, [data, from, to, props.threshold, props.zeroBased, props.exemplars]);

  useEffect(() => {
    const index = lines.findIndex(({ key }) => key === focused);
    // Types lag behind: null takes the focus away.
    plot.current?.setSeries((index === -1 ? null : index + 1) as number, { focus: true });
  }, [focused, lines]);

  return (
    <figure className={classes["figure"]}>
      <div
        ref={holder}
        className={classes["plot"]}
        style={{ height }}
        role="img"
        aria-label={summary(props)}
      />
      {lines.length === 0 && <div className={classes["empty"]}>{emptyText}</div>}
    </figure>
  );
};
