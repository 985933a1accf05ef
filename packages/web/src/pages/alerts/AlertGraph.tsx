import type { Alert } from "@fleetlight/contract";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";

import { Chart, ChartSkeleton } from "../../charts/chart.tsx";
import type { Mark } from "../../charts/marks.ts";
import { formatValue } from "../../format/units.ts";
import { useNow } from "../../live/live.tsx";
import { splitComparison } from "../../promql/comparison.ts";
import { matrixLines, useExpression } from "../../promql/use-expression.ts";
import { Failure } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import { unitOfExpression } from "../metrics/expression-unit.ts";
import { alertExpression, alertStretch, ownSeries } from "./alert-view.ts";
import classes from "./alert-page.module.css";

const HEIGHT = 240;
/** Series that are drawn when none of them can be told to be the alert's. */
const LINES_DRAWN = 12;

const marksOf = (alert: Alert): Mark[] => {
  const { active_at: active, fired_at: fired, resolved_at: resolved } = alert;
  const marks: Mark[] = [];
  if (active !== fired)
    marks.push({ at: Date.parse(active), label: "crossed", token: "--fl-pending" });
  if (fired !== null) {
    const label = active === fired ? "crossed, fired" : "fired";
    marks.push({ at: Date.parse(fired), label, token: "--fl-firing" });
  }
  if (resolved !== null)
    marks.push({ at: Date.parse(resolved), label: "resolved", token: "--fl-healthy" });
  return marks;
};

/** The expression of an alert around the time it crossed its threshold. */
export const AlertGraph = ({ alert }: { alert: Alert }) => {
  const now = useNow(5000);
  const open = alert.resolved_at === null;
  const { from, to } = alertStretch(alert, now);
  const expression = alertExpression(alert);
  const comparison = splitComparison(expression);
  const drawn = comparison?.left ?? expression;
  const answer = useExpression(drawn, { from, to }, { open });
  const lines = useMemo(() => {
    if (answer.data === undefined) return [];
    const { matrix } = answer.data;
    return matrixLines({ ...matrix, series: ownSeries(matrix.series, alert) }, LINES_DRAWN);
  }, [answer.data, alert]);
  const unit = unitOfExpression(drawn);
  const marks = useMemo(() => marksOf(alert), [alert]);
  const value = comparison?.threshold;
  const condition = comparison?.condition ?? "";
  const threshold = useMemo(
    () =>
      value === undefined
        ? undefined
        : { value, condition, label: `${condition} ${formatValue(value, unit)}` },
    [value, condition, unit],
  );
  return (
    <Panel
      title="What was measured"
      aside={
        <Link
          to="/dashboard/explore"
          search={{ e: drawn, from: Math.round(from), to: Math.round(to) }}
          className={classes["textLink"]}
        >
          Open in Metrics
        </Link>
      }
    >
      <p className={classes["expression"]}>{expression}</p>
      {answer.error !== null && answer.data === undefined && (
        <Failure what="The expression could not be drawn" error={answer.error} />
      )}
      {answer.isPending ? (
        <ChartSkeleton height={HEIGHT} />
      ) : (
        <Chart
          title={`${drawn}${threshold === undefined ? "" : ` with the threshold ${threshold.label}`}`}
          lines={lines}
          unit={unit}
          from={from}
          to={to}
          height={HEIGHT}
          threshold={threshold}
          marks={marks}
          emptyText="The expression gave nothing in this time"
        />
      )}
    </Panel>
  );
};
