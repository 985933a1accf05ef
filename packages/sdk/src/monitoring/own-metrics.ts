import type { Registry } from "../metrics/index.ts";
import type { MonitoringStats } from "./stats.ts";

/** The SDK's own figures stand beside the host's: what was lost is seen where everything else is. */
export function exposeStats(registry: Registry, stats: () => MonitoringStats): void {
  const exported = registry.counter({
    name: "fleetlight_sdk_spans_exported_total",
    help: "Spans that the server has taken.",
    unprefixed: true,
  });
  const dropped = registry.counter({
    name: "fleetlight_sdk_spans_dropped_total",
    help: "Spans that were lost, by reason.",
    labelNames: ["reason"],
    unprefixed: true,
  });
  const retries = registry.counter({
    name: "fleetlight_sdk_deliveries_retried_total",
    help: "Deliveries of spans that failed and were tried again.",
    unprefixed: true,
  });
  const queued = registry.gauge({
    name: "fleetlight_sdk_spans_queued",
    help: "Ended spans that wait to be sent.",
    unprefixed: true,
  });
  const open = registry.gauge({
    name: "fleetlight_sdk_spans_open",
    help: "Spans that go on.",
    unprefixed: true,
  });
  const errors = registry.counter({
    name: "fleetlight_sdk_internal_errors_total",
    help: "Work that could not be recorded, because of the SDK or of what it was given.",
    unprefixed: true,
  });
  registry.collect(() => {
    const { spans, work } = stats();
    exported.setTotal(spans.exported);
    for (const [reason, count] of Object.entries(spans.dropped))
      dropped.setTotal({ reason }, count);
    retries.setTotal(spans.retries);
    queued.set(spans.queued);
    open.set(spans.open);
    errors.setTotal(work.errors);
  });
}
