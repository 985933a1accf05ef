import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";

import type { Line } from "../charts/chart.tsx";
import { huesOf } from "../charts/colours.ts";
import { distinctive, selectorOf, seriesLabel } from "../format/selector.ts";
import { queryRange } from "./client.ts";
import type { Matrix } from "./columns.ts";

/** Points asked for; a panel is seldom wider. */
const POINTS = 400;
const LEAST_STEP_MS = 1000;
const REFRESH_MS = 15_000;

/** A matrix as lines, at most `most`; a step without a value is a gap. */
export const matrixLines = ({ grid, series }: Matrix, most: number): Line[] => {
  const shown = series.slice(0, most);
  const only = distinctive(shown.map(({ labels }) => labels));
  const hues = huesOf(shown.map(({ labels }) => selectorOf(labels)));
  return shown.map(({ key, labels, values }) => {
    const line: Line = {
      key,
      label: seriesLabel(labels, only),
      hue: hues.get(selectorOf(labels)) ?? 1,
      timestamps: [],
      values: [],
    };
    for (let index = 0; index < grid.count; index += 1) {
      const value = values[index] ?? Number.NaN;
      line.timestamps.push(grid.startMs + index * grid.stepMs);
      line.values.push(Number.isFinite(value) ? value : null);
    }
    return line;
  });
};

/** An expression over fixed times, asked anew every 15 s while it is `open`. Times are rounded to the step. */
export const useExpression = (
  expression: string,
  { from, to }: { from: number; to: number },
  { open, enabled = true }: { open: boolean; enabled?: boolean },
) => {
  const stepMs = Math.max(LEAST_STEP_MS, Math.ceil((to - from) / POINTS / 1000) * 1000);
  const startMs = Math.floor(from / stepMs) * stepMs;
  const windowMs = Math.ceil((to - startMs) / stepMs) * stepMs;
  const key = open ? ["open", startMs, stepMs] : [startMs, windowMs, stepMs];
  const times = useMemo(() => ({ startMs, windowMs, stepMs }), [startMs, windowMs, stepMs]);
  return useQuery({
    queryKey: ["range", "expression", expression, ...key],
    queryFn: ({ signal }) =>
      queryRange(
        expression,
        {
          startMs: times.startMs,
          endMs: open
            ? Math.floor(Date.now() / times.stepMs) * times.stepMs
            : times.startMs + times.windowMs,
          stepMs: times.stepMs,
        },
        signal,
      ),
    enabled: enabled && expression.trim() !== "",
    placeholderData: keepPreviousData,
    refetchInterval: open ? Math.max(REFRESH_MS, stepMs) : false,
  });
};
