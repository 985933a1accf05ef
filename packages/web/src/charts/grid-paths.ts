import type uPlot from "uplot";

/** How a column is drawn. */
export type Kind = "lines" | "stacked" | "points";

/** From values to pixels of the canvas. */
export interface Transform {
  x: (value: number) => number;
  /** NaN for what the axis cannot show, such as zero on a logarithmic one. */
  y: (value: number) => number;
}

/** What a path is drawn into; `Path2D` is one. */
export interface Pen {
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
}

/** Half the width of the stroke that stands for a sample without neighbours, in pixels. */
const LONELY_PX = 1.5;

interface Stretch {
  xs: ArrayLike<number>;
  ys: ArrayLike<number>;
  from: number;
  to: number;
}

/**
 * Draws one column as a line. A value that is no number ends the line. Where several samples fall on one pixel their
 * extremes are drawn and the rest is not, so that the cost follows the width of the picture and not of the data.
 */
export const drawLine = (pen: Pen, { xs, ys, from, to }: Stretch, transform: Transform): void => {
  let pixel = Number.NaN;
  let least = 0;
  let greatest = 0;
  let last = 0;
  let length = 0;
  let lastX = 0;
  // What a pixel hides between its first and its last sample, drawn when the line leaves it.
  const flush = () => {
    if (least === greatest) return;
    // Ends at the extreme next to the last sample: one stroke less, and less than a pixel beside it.
    const upwards = Math.abs(last - greatest) < Math.abs(last - least);
    pen.lineTo(lastX, upwards ? least : greatest);
    pen.lineTo(lastX, upwards ? greatest : least);
  };
  const end = () => {
    if (length > 0) flush();
    if (length === 1) {
      pen.moveTo(lastX - LONELY_PX, last);
      pen.lineTo(lastX + LONELY_PX, last);
    }
    length = 0;
    pixel = Number.NaN;
  };
  for (let index = from; index <= to; index += 1) {
    const y = transform.y(ys[index] ?? Number.NaN);
    if (!Number.isFinite(y)) {
      end();
      continue;
    }
    const x = transform.x(xs[index] ?? 0);
    if (Math.round(x) === pixel) {
      if (y < least) least = y;
      if (y > greatest) greatest = y;
      last = y;
      length += 1;
      continue;
    }
    if (length === 0) pen.moveTo(x, y);
    else {
      flush();
      pen.lineTo(x, y);
    }
    pixel = Math.round(x);
    lastX = x;
    least = y;
    greatest = y;
    last = y;
    length += 1;
  }
  end();
};

/** Draws the area between a column and the one below it, one closed shape per stretch without a gap. */
export const drawArea = (
  pen: Pen,
  { xs, ys, from, to }: Stretch,
  below: ArrayLike<number> | null,
  { x, y }: Transform,
  floor: number,
): void => {
  let start = -1;
  const close = (end: number) => {
    if (start === -1) return;
    pen.moveTo(x(xs[start] ?? 0), y(ys[start] ?? 0));
    for (let at = start + 1; at <= end; at += 1) pen.lineTo(x(xs[at] ?? 0), y(ys[at] ?? 0));
    for (let at = end; at >= start; at -= 1) {
      const under = below === null ? floor : y(below[at] ?? 0);
      pen.lineTo(x(xs[at] ?? 0), Number.isFinite(under) ? under : floor);
    }
    start = -1;
  };
  for (let index = from; index <= to; index += 1) {
    const open = Number.isFinite(y(ys[index] ?? Number.NaN));
    if (open && start === -1) start = index;
    if (!open) close(index - 1);
  }
  close(to);
};

const limitsOf = (plot: uPlot, scale: string): [number, number] => {
  const { min, max } = plot.scales[scale] ?? {};
  return [min ?? 0, max ?? 1];
};

/** The transform of a plot as it is now, without a call into it per sample. */
const transformOf = (plot: uPlot): Transform => {
  const { left, top, width, height } = plot.bbox;
  const [x0, x1] = limitsOf(plot, "x");
  const [y0, y1] = limitsOf(plot, "y");
  const log = plot.scales["y"]?.distr === 3;
  const low = log ? Math.log10(y0) : y0;
  const xScale = width / (x1 - x0);
  const yScale = height / ((log ? Math.log10(y1) : y1) - low);
  const bottom = top + height;
  return {
    x: (value) => left + (value - x0) * xScale,
    y: log
      ? (value) => bottom - (Math.log10(value) - low) * yScale
      : (value) => bottom - (value - low) * yScale,
  };
};

const drawPoints = (path: Path2D, { xs, ys, from, to }: Stretch, { x, y }: Transform): void => {
  const size = 3 * (window.devicePixelRatio || 1);
  for (let index = from; index <= to; index += 1) {
    const top = y(ys[index] ?? Number.NaN);
    if (Number.isFinite(top)) path.rect(x(xs[index] ?? 0) - size / 2, top - size / 2, size, size);
  }
};

/** Builds paths for columns of numbers in which NaN is a gap; uPlot's own know only null. */
export const gridPaths = (kind: Kind): uPlot.Series.PathBuilder => {
  const build = (plot: uPlot, series: number, from: number, to: number) => {
    const ys = plot.data[series] as unknown as ArrayLike<number>;
    const stretch = { xs: plot.data[0], ys, from, to };
    const transform = transformOf(plot);
    const path = new Path2D();
    const paths = { stroke: path, fill: null, clip: null, band: null, gaps: null, flags: 0 };
    if (kind === "points") {
      drawPoints(path, stretch, transform);
      return { ...paths, stroke: null, fill: path };
    }
    drawLine(path, stretch, transform);
    if (kind === "lines") return paths;
    const area = new Path2D();
    const below = series > 1 ? (plot.data[series - 1] as unknown as ArrayLike<number>) : null;
    drawArea(area, stretch, below, transform, transform.y(0));
    return { ...paths, fill: area };
  };
  // The types of uPlot know neither `gaps: null` nor a missing stroke, both of which it takes.
  return build as unknown as uPlot.Series.PathBuilder;
};

/** Least and greatest finite values of columns between two indices; null when there is none. */
export const finiteExtent = (
  columns: readonly ArrayLike<number>[],
  from: number,
  to: number,
  positive: boolean,
): [number, number] | null => {
  let least = Infinity;
  let greatest = -Infinity;
  for (const column of columns) {
    for (let index = from; index <= to; index += 1) {
      const value = column[index] ?? Number.NaN;
      if (!Number.isFinite(value) || (positive && value <= 0)) continue;
      if (value < least) least = value;
      if (value > greatest) greatest = value;
    }
  }
  return least > greatest ? null : [least, greatest];
};
