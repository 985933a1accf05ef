import type { SeriesRange, Service } from "@fleetlight/contract";
import type { ReactNode } from "react";
import { useMemo } from "react";

import type { TimeSearch } from "../../app/search.ts";
import { stretchOf, useBounds } from "../../app/time-range.tsx";
import { Chart, ChartSkeleton } from "../../charts/chart.tsx";
import type { Line } from "../../charts/chart.tsx";
import { extentOf, zeroStretches } from "../../charts/data.ts";
import { formatSelector } from "../../format/selector.ts";
import { formatValue, plural } from "../../format/units.ts";
import { useRange } from "../../live/use-range.ts";
import { Failure } from "../../ui/notes.tsx";
import { Panel } from "../../ui/page.tsx";
import classes from "./services.module.css";

const HEIGHT = 230;

const selector = (name: string, service: string): string =>
  formatSelector({ name, matchers: [{ label: "service", op: "=", value: service }] });

/** A check that failed took time too, but not to do the work; its time would look like a good answer. */
const answered = (latency: SeriesRange | undefined, success: SeriesRange | undefined): Line[] => {
  const [times] = latency?.series ?? [];
  if (times === undefined) return [];
  const [checks] = success?.series ?? [];
  const outcome = new Map(checks?.timestamps.map((at, index) => [at, checks.values[index]]));
  return [
    {
      key: "latency",
      label: "Check latency",
      hue: 1,
      timestamps: times.timestamps,
      values: times.values.map((value, index) =>
        outcome.get(times.timestamps[index] ?? 0) === 0 ? null : value,
      ),
    },
  ];
};

interface LatencyPanelProps {
  service: Service;
  search: TimeSearch;
  control: ReactNode;
  onZoom: (from: number, to: number) => void;
  onReset: () => void;
}

/** How long checks took, with the time marked in which they failed. */
export const LatencyPanel = ({ service, search, control, onZoom, onReset }: LatencyPanelProps) => {
  const stretch = stretchOf(search);
  const options = { live: search.live !== false };
  const latency = useRange(selector("probe_duration_seconds", service.id), stretch, options);
  const success = useRange(selector("probe_success", service.id), stretch, options);
  const { from, to } = useBounds(search, latency.dataUpdatedAt);
  const lines = useMemo(() => answered(latency.data, success.data), [latency.data, success.data]);
  const bands = useMemo(() => {
    const [checks] = success.data?.series ?? [];
    return checks === undefined
      ? []
      : zeroStretches(checks).map((band) => ({ ...band, token: "--fl-unhealthy" }));
  }, [success.data]);
  const { last, max } = extentOf(lines[0]?.values ?? []);
  return (
    <Panel title="Check latency" aside={control}>
      {latency.error !== null && latency.data === undefined && (
        <Failure what="The checks could not be loaded" error={latency.error} />
      )}
      {latency.isPending ? (
        <ChartSkeleton height={HEIGHT} />
      ) : (
        <Chart
          title={`Check latency of ${service.name}`}
          lines={lines}
          unit="seconds"
          from={from}
          to={to}
          height={HEIGHT}
          zeroBased
          bands={bands}
          emptyText="No checks in this time range"
          onZoom={(start, end) => onZoom(Math.round(start), Math.round(end))}
          onReset={onReset}
        />
      )}
      <p className={classes["note"]}>
        last {formatValue(last, "seconds")}, most {formatValue(max, "seconds")},{" "}
        {bands.length === 0
          ? "no failures"
          : `failing in ${plural(bands.length, "stretch", "stretches")}, marked red`}
      </p>
    </Panel>
  );
};
