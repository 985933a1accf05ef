import type uPlot from "uplot";

import { formatDateTime } from "../format/time.ts";
import type { Unit } from "../format/units.ts";
import { formatValue } from "../format/units.ts";

/** Rows of a tooltip; with more series only those nearest to the pointer are listed. */
const ROWS = 10;
/** How far back the value of a series without a sample at the pointer is looked for. */
const LOOK_BACK = 40;

export interface Row {
  label: string;
  colour: string;
  value: number;
}

const valueAt = (column: ArrayLike<number | null | undefined>, index: number): number | null => {
  for (let back = 0; back <= LOOK_BACK && index - back >= 0; back += 1) {
    const value = column[index - back];
    if (value !== undefined) return value;
  }
  return null;
};

/** What a tooltip lists at one place: greatest first, or those nearest to `near` when there are too many. */
export const rowsAt = (
  columns: ArrayLike<number | null | undefined>[],
  series: { label: string; colour: string }[],
  index: number,
  near: number,
): { rows: Row[]; hidden: number } => {
  const rows: Row[] = [];
  for (const [position, { label, colour }] of series.entries()) {
    const column = columns[position];
    const value = column === undefined ? null : valueAt(column, index);
    if (value !== null && !Number.isNaN(value)) rows.push({ label, colour, value });
  }
  const nearest = rows
    .toSorted((a, b) => Math.abs(a.value - near) - Math.abs(b.value - near))
    .slice(0, ROWS)
    .toSorted((a, b) => b.value - a.value);
  return { rows: nearest, hidden: rows.length - nearest.length };
};

const element = (tag: string, className: string, text = ""): HTMLElement => {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
};

interface Options {
  classNames: Record<"tip" | "time" | "row" | "swatch" | "name" | "value" | "more", string>;
  unit: Unit;
  series: () => { label: string; colour: string }[];
  /** Values to list where they differ from what is drawn, as in a stack. */
  columns?: () => ArrayLike<number | null | undefined>[];
}

const fill = (tip: HTMLElement, plot: uPlot, index: number, options: Options): boolean => {
  const at = plot.data[0][index];
  if (at === undefined) return false;
  const near = plot.posToVal(plot.cursor.top ?? 0, "y");
  const { rows, hidden } = rowsAt(
    options.columns?.() ?? plot.data.slice(1),
    options.series(),
    index,
    near,
  );
  if (rows.length === 0) return false;
  const { classNames } = options;
  tip.replaceChildren(element("div", classNames.time, formatDateTime(at * 1000)));
  for (const { label, colour, value } of rows) {
    const row = element("div", classNames.row);
    const swatch = element("span", classNames.swatch);
    swatch.style.background = colour;
    row.append(
      swatch,
      element("span", classNames.name, label),
      element("span", classNames.value, formatValue(value, options.unit)),
    );
    tip.append(row);
  }
  if (hidden > 0) tip.append(element("div", classNames.more, `and ${hidden} more`));
  return true;
};

/** Follows the pointer with the values below it. Built by hand: it changes at every move of the pointer. */
export const tooltipPlugin = (options: Options): uPlot.Plugin => {
  const tip = element("div", options.classNames.tip);
  tip.hidden = true;
  return {
    hooks: {
      init: (plot) => plot.over.append(tip),
      setCursor: (plot) => {
        const { left = -1, idx } = plot.cursor;
        // A crosshair that another chart moved has no pointer above this one.
        const own = plot.over.matches(":hover");
        if (
          !own ||
          left < 0 ||
          idx === null ||
          idx === undefined ||
          !fill(tip, plot, idx, options)
        ) {
          tip.hidden = true;
          return;
        }
        tip.hidden = false;
        const width = plot.over.clientWidth;
        const room = left + tip.offsetWidth + 24 < width;
        tip.style.left = `${room ? left + 14 : Math.max(4, left - tip.offsetWidth - 14)}px`;
      },
    },
  };
};
