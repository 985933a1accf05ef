import type { Alert, AlertRule } from "@fleetlight/contract";
import { useMemo } from "react";

import { Chart, ChartSkeleton } from "../../charts/chart.tsx";
import { toLines } from "../../charts/lines.ts";
import type { Mark } from "../../charts/marks.ts";
import { parseSelector } from "../../format/selector.ts";
import { formatValue, unitOf } from "../../format/units.ts";
import { useNow } from "../../live/live.tsx";
import { useRange } from "../../live/use-range.ts";
import { Failure } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import { alertSelector, alertStretch } from "./alert-view.ts";

const HEIGHT = 280;

const marksOf = ({ active_at: active, fired_at: fired, resolved_at: resolved }: Alert): Mark[] => {
  const marks: Mark[] = [];
  if (active !== fired)
    marks.push({ at: Date.parse(active), label: "crossed", token: "--fl-pending" });
  if (fired !== null) {
    const label = active === fired ? "crossed, fired" : "fired";
    marks.push({ at: Date.parse(fired), label, token: "--fl-firing" });
  }
  if (resolved !== null) {
    marks.push({ at: Date.parse(resolved), label: "resolved", token: "--fl-healthy" });
  }
  return marks;
};

/** The series of an alert around the time it crossed its threshold. */
export const AlertGraph = ({ alert, rule }: { alert: Alert; rule: AlertRule | undefined }) => {
  const now = useNow(2000);
  const open = alert.resolved_at === null;
  const { from, to } = alertStretch(alert, now);
  // While the alert is open its graph grows; a window that is rounded up is not asked anew at every second.
  const windowMs = Math.ceil((now - from) / 300_000) * 300_000;
  const match = alertSelector(alert, rule);
  const range = useRange(match, open ? { windowMs } : { from, to }, { live: open });
  const lines = useMemo(() => toLines(range.data?.series ?? []), [range.data]);
  const unit = unitOf(parseSelector(alert.metric)?.name ?? alert.metric);
  const marks = useMemo(() => marksOf(alert), [alert]);
  const threshold = useMemo(
    () => ({
      value: alert.threshold,
      condition: alert.condition,
      label: `${alert.condition} ${formatValue(alert.threshold, unit)}`,
    }),
    [alert.threshold, alert.condition, unit],
  );
  return (
    <Panel title="The metric and its threshold" aside={<span className="mono clip">{match}</span>}>
      {range.error !== null && range.data === undefined && (
        <Failure what="The samples could not be loaded" error={range.error} />
      )}
      {range.isPending ? (
        <ChartSkeleton height={HEIGHT} />
      ) : (
        <Chart
          title={`${match} with the threshold ${threshold.label}`}
          lines={lines}
          unit={unit}
          from={from}
          to={to}
          height={HEIGHT}
          threshold={threshold}
          marks={marks}
          emptyText="The series left no samples in this time"
        />
      )}
    </Panel>
  );
};
