import type { CSSProperties } from "react";
import { memo } from "react";

import type { Columns } from "./data.ts";
import { sparkPath } from "./spark-path.ts";
import classes from "./sparkline.module.css";

interface SparklineProps {
  data: Columns | undefined;
  width: number;
  height: number;
  /** A colour of tokens.css, e.g. `--fl-1`. */
  token?: string;
  /** Top of the value axis, e.g. 100 for a percentage. */
  max?: number;
}

/** A small picture beside a number that says the same; hidden from screen readers for that reason. */
export const Sparkline = memo(({ data, width, height, token = "--fl-1", max }: SparklineProps) => {
  const { line, area, misses } = sparkPath(data ?? { timestamps: [], values: [] }, {
    width,
    height,
    max,
  });
  return (
    <svg
      className={classes["spark"]}
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      preserveAspectRatio="none"
      style={{ "--spark": `var(${token})` } as CSSProperties}
      aria-hidden
    >
      <line className={classes["base"]} x1={0} x2={width} y1={height - 0.5} y2={height - 0.5} />
      <path className={classes["area"]} d={area} />
      <path className={classes["line"]} d={line} />
      {misses.map((place) => (
        <rect
          key={place}
          className={classes["miss"]}
          x={place - 1}
          y={height - 7}
          width={2}
          height={6}
        />
      ))}
    </svg>
  );
});
