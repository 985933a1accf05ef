import type { Doors } from "#serve";

type Figure = [name: string, help: string, value: (doors: Doors) => number | null];

const GAUGES: Figure[] = [
  [
    "monitoring_services_healthy",
    "Services that are healthy.",
    (d) => d.registry.list().filter((s) => s.status === "healthy").length,
  ],
  [
    "monitoring_alerts_active",
    "Alerts that are firing.",
    (d) => d.alerts.active().filter((a) => a.state === "firing").length,
  ],
  ["monitoring_cpu_usage_percent", "CPU use of the host.", (d) => d.host.figures().cpu_percent],
  [
    "monitoring_memory_usage_percent",
    "Memory use of the host.",
    (d) => d.host.figures().memory_percent,
  ],
  [
    "monitoring_disk_usage_percent",
    "Use of the file system that holds the data.",
    (d) => d.host.figures().disk_percent,
  ],
  ["fleetlight_store_series", "Series that are known.", (d) => d.telemetry.stats().series],
  ["fleetlight_store_head_bytes", "Memory of the live head.", (d) => d.telemetry.stats().headBytes],
  [
    "fleetlight_store_pending_rows",
    "Rows that are durable but not in the tables yet.",
    (d) => d.telemetry.stats().pendingRows,
  ],
  [
    "fleetlight_store_wal_bytes",
    "Size of the write-ahead log.",
    (d) => d.telemetry.stats().walBytes,
  ],
  ["fleetlight_store_bytes", "Size of the tables.", (d) => d.telemetry.stats().storeBytes],
  [
    "fleetlight_sampling_waiting_spans",
    "Spans that wait for the decision whether their trace is kept.",
    (d) => d.telemetry.stats().sampling.waitingSpans,
  ],
  [
    "fleetlight_rollup_waiting",
    "Hours with samples that are not rolled up, the current ones included.",
    (d) => d.telemetry.stats().rollups.hoursWaiting,
  ],
];

const COUNTERS: Figure[] = [
  [
    "fleetlight_store_samples_total",
    "Samples that were accepted.",
    (d) => d.telemetry.stats().samplesTotal,
  ],
  [
    "fleetlight_store_rows_inserted_total",
    "Rows that were inserted into the tables.",
    (d) => d.telemetry.stats().rowsInserted,
  ],
  [
    "fleetlight_store_insert_seconds_total",
    "Time that inserts took.",
    (d) => d.telemetry.stats().insertSeconds,
  ],
  [
    "fleetlight_store_insert_errors_total",
    "Inserts that failed and were tried again.",
    (d) => d.telemetry.stats().insertErrors,
  ],
  [
    "fleetlight_store_rows_refused_total",
    "Rows that were refused because the store was too far behind.",
    (d) => d.telemetry.stats().refusedRows,
  ],
  [
    "fleetlight_store_series_refused_total",
    "Series that were refused at storage.max_series.",
    (d) => d.telemetry.stats().seriesRefused,
  ],
  [
    "fleetlight_sampling_spans_kept_total",
    "Spans that were kept after a decision about their trace.",
    (d) => d.telemetry.stats().sampling.keptSpans,
  ],
  [
    "fleetlight_sampling_spans_dropped_total",
    "Spans that were dropped after a decision about their trace.",
    (d) => d.telemetry.stats().sampling.droppedSpans,
  ],
  [
    "fleetlight_sampling_traces_dropped_total",
    "Traces that were dropped.",
    (d) => d.telemetry.stats().sampling.droppedTraces,
  ],
  [
    "fleetlight_sampling_early_decisions_total",
    "Traces that were decided before their time because too many spans waited.",
    (d) => d.telemetry.stats().sampling.early,
  ],
  [
    "fleetlight_store_head_evicted_samples_total",
    "Samples that left the live head because it was full.",
    (d) => d.telemetry.stats().headEvictedSamples,
  ],
  [
    "fleetlight_rollup_done_total",
    "Hours that were rolled up, those that were again included.",
    (d) => d.telemetry.stats().rollups.hoursFilled,
  ],
  [
    "fleetlight_rollup_refused_total",
    "Hours that are not rolled up because too many wait.",
    (d) => d.telemetry.stats().rollups.hoursRefused,
  ],
  [
    "fleetlight_rollup_rows_inserted_total",
    "Rows that were inserted into the tables of rollups.",
    (d) => d.telemetry.stats().rollups.rowsInserted,
  ],
  [
    "fleetlight_rollup_seconds_total",
    "Time of the event loop that rolling up took.",
    (d) => d.telemetry.stats().rollups.seconds,
  ],
  [
    "fleetlight_rollup_errors_total",
    "Rounds of rolling up that failed and were tried again.",
    (d) => d.telemetry.stats().rollups.errors,
  ],
  [
    "fleetlight_rollup_selects_total",
    "Selectors that were answered from rollups.",
    (d) => d.telemetry.stats().rollups.answered,
  ],
  [
    "fleetlight_rollup_fallback_series_total",
    "Series of these selectors that were read as samples, because their rollups would not give the same.",
    (d) => d.telemetry.stats().rollups.seriesFromSamples,
  ],
];

/** Registers the figures of the rooms; they are asked when somebody reads the metrics. */
export function exposeFigures(doors: Doors): void {
  const { ownMetrics } = doors;
  ownMetrics
    .gauge({
      name: "fleetlight_build_info",
      help: "Version of this server.",
      labelNames: ["version"],
    })
    .set({ version: doors.version }, 1);
  // The name is a contract; what it counts goes down as well, so that its type cannot be the one that the name promises.
  ownMetrics
    .gauge({ name: "monitoring_services_total", help: "Services that are watched.", untyped: true })
    .collect((gauge) => gauge.set(doors.registry.list().length));
  for (const [name, help, value] of GAUGES)
    ownMetrics.gauge({ name, help }).collect((gauge) => gauge.set(value(doors) ?? Number.NaN));
  for (const [name, help, value] of COUNTERS)
    ownMetrics.counter({ name, help }).collect((counter) => counter.setTotal(value(doors) ?? 0));
}
