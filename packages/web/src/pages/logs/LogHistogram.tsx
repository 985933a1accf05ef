import type { LogHistogram as Histogram, LogLevel } from "@fleetlight/contract";
import type { PointerEvent } from "react";
import { useState } from "react";

import { formatClock, formatDateTime } from "../../format/time.ts";
import { formatCount, plural } from "../../format/units.ts";
import { LEVELS_DOWN, LEVEL_COLOURS } from "./log-words.ts";
import classes from "./logs.module.css";

const HEIGHT = 64;
/** Buckets that a brush must cover: a click alone is none. */
const LEAST_BUCKETS = 1;

interface Brush {
  from: number;
  to: number;
}

const sumOf = (counts: Partial<Record<LogLevel, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

const Bar = ({
  counts,
  place,
  most,
}: {
  counts: Partial<Record<LogLevel, number>>;
  place: number;
  most: number;
}) => {
  let top = HEIGHT;
  return LEVELS_DOWN.map((level) => {
    const count = counts[level] ?? 0;
    if (count === 0) return null;
    // What is rare must be seen as well, errors above all.
    const height = Math.max(1.5, (count / most) * (HEIGHT - 2));
    top -= height;
    return (
      <rect
        key={level}
        x={place + 0.08}
        y={top}
        width={0.84}
        height={height}
        fill={LEVEL_COLOURS[level]}
      />
    );
  });
};

const useBrush = (count: number, onBrush: (from: number, to: number) => void) => {
  const [brush, setBrush] = useState<Brush | null>(null);
  const placeOf = (event: PointerEvent<SVGSVGElement>): number => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(count, ((event.clientX - left) / width) * count));
  };
  return {
    brush,
    onPointerDown: (event: PointerEvent<SVGSVGElement>) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      setBrush({ from: placeOf(event), to: placeOf(event) });
    },
    onPointerMove: (event: PointerEvent<SVGSVGElement>) => {
      const to = placeOf(event);
      setBrush((old) => old && { ...old, to });
    },
    onPointerUp: () => {
      if (brush === null) return;
      const [from, to] = [Math.min(brush.from, brush.to), Math.max(brush.from, brush.to)];
      if (to - from >= LEAST_BUCKETS) onBrush(Math.floor(from), Math.ceil(to));
      setBrush(null);
    },
    onPointerCancel: () => setBrush(null),
  };
};

interface LogHistogramProps {
  histogram: Histogram;
  /** Unix seconds. */
  onRange: (from: number, to: number) => void;
}

/** How many lines came when, by level; a part of it can be drawn out with the pointer. */
export const LogHistogram = ({ histogram, onRange }: LogHistogramProps) => {
  const { buckets, step_seconds, total } = histogram;
  const startOf = (place: number): number =>
    Date.parse(buckets[0]?.start ?? "") / 1000 + place * step_seconds;
  const { brush, ...pointer } = useBrush(buckets.length, (from, to) =>
    onRange(startOf(from), startOf(to)),
  );
  const most = Math.max(1, ...buckets.map(({ counts }) => sumOf(counts)));
  const endMs = startOf(buckets.length) * 1000;
  const startMs = startOf(0) * 1000;
  const clock = endMs - startMs > 86_400_000 ? formatDateTime : formatClock;
  return (
    <figure className={classes["histogram"]}>
      <svg
        role="img"
        aria-label={`${plural(total, "line")} between ${formatDateTime(startMs)} and ${formatDateTime(endMs)}; at most ${formatCount(most)} in ${step_seconds} seconds`}
        viewBox={`0 0 ${Math.max(1, buckets.length)} ${HEIGHT}`}
        preserveAspectRatio="none"
        {...pointer}
      >
        {buckets.map(({ start, counts }, place) => (
          <Bar key={start} counts={counts} place={place} most={most} />
        ))}
        {brush !== null && (
          <rect
            className={classes["brush"]}
            x={Math.min(brush.from, brush.to)}
            y={0}
            width={Math.abs(brush.to - brush.from)}
            height={HEIGHT}
          />
        )}
      </svg>
      <figcaption className={classes["axis"]}>
        <span>{clock(startMs)}</span>
        <span className="dim">
          at most {formatCount(most)} in {step_seconds} s; draw over a part to look closer
        </span>
        <span>{clock(endMs)}</span>
      </figcaption>
    </figure>
  );
};
