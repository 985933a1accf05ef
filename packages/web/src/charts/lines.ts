import type { SeriesData } from "@fleetlight/contract";

import { distinctive, selectorOf, seriesLabel } from "../format/selector.ts";
import type { Line } from "./chart.tsx";
import { huesOf } from "./colours.ts";
import type { Columns } from "./data.ts";

/**
 * Series of one picture as lines in the order of their short names, each with a hue of its own as long as there are
 * enough. `shape` turns samples into what is drawn.
 */
export const toLines = (
  series: SeriesData[],
  shape: (columns: Columns) => Columns = (columns) => columns,
): Line[] => {
  const only = distinctive(series.map(({ labels }) => labels));
  const named = series
    .map((one) => ({ ...one, label: seriesLabel(one.labels, only) }))
    .toSorted((a, b) => a.label.localeCompare(b.label));
  const hues = huesOf(named.map(({ labels }) => selectorOf(labels)));
  return named.map(({ id, label, labels, timestamps, values }) => ({
    key: id,
    label,
    hue: hues.get(selectorOf(labels)) ?? 1,
    ...shape({ timestamps, values }),
  }));
};
