import { Refusal, textField } from "../service.ts";
import type { DemoService } from "../service.ts";
import { followEvents } from "./event-feed.ts";

const REFRESH_MS = 5000;

/** Looks at the health of its siblings and counts the fleet's events. */
export function monitoringDashboard(service: DemoService): void {
  const { registry, context } = service;
  const states = new Map<string, boolean>();
  registry
    .gauge({
      name: "dashboard_services",
      help: "Services of the fleet, by what their health check says.",
      labelNames: ["state"],
    })
    .collect((gauge) => {
      const healthy = [...states.values()].filter(Boolean).length;
      gauge.set({ state: "healthy" }, healthy);
      gauge.set({ state: "unhealthy" }, states.size - healthy);
    });
  const refresh = registry.histogram({
    name: "dashboard_refresh_duration_seconds",
    help: "Time to ask every sibling once.",
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 2.5],
  });
  const events = registry.counter({
    name: "dashboard_events_total",
    help: "Events seen on the message bus.",
    labelNames: ["type"],
  });
  followEvents(service, ["workflows", "training"], ({ type }) => events.inc({ type }));
  service.route("/", () => ({ services: Object.fromEntries(states) }));
  service.every(REFRESH_MS, async () => {
    const start = context.now();
    for (const id of context.peers.keys()) {
      if (id === service.id) continue;
      const healthy = await service.ask(id, "/health", null).then(
        () => true,
        () => false,
      );
      states.set(id, healthy);
    }
    refresh.observe((context.now() - start) / 1000);
  });
}

const WINDOW_MS = 30_000;
/** Observations kept in the window; older ones leave first when there are more. */
const MAX_OBSERVATIONS = 2000;

type Observation = { at: number; seconds: number; ok: boolean };

/** The value below which `share` of the sorted `values` lie; NaN when there are none. */
function quantile(values: readonly number[], share: number): number {
  return values[Math.max(0, Math.ceil(share * values.length) - 1)] ?? NaN;
}

/** Aggregates what the workflow engine observes over the last 30 seconds. */
export function performanceMetrics(service: DemoService): void {
  const { registry, context } = service;
  const observations: Observation[] = [];
  const total = registry.counter({
    name: "performance_observations_total",
    help: "Observations received, by kind.",
    labelNames: ["kind"],
  });
  const p50 = registry.gauge({
    name: "task_latency_p50_seconds",
    help: "Median time of the workflows of the last 30 seconds.",
  });
  const p95 = registry.gauge({
    name: "task_latency_p95_seconds",
    help: "95th percentile of the time of the workflows of the last 30 seconds.",
  });
  const throughput = registry.gauge({
    name: "throughput_workflows_per_second",
    help: "Workflows ended per second in the last 30 seconds.",
  });
  const success = registry.gauge({
    name: "success_ratio",
    help: "Workflows of the last 30 seconds that were completed.",
  });
  const forget = () => {
    const oldest = context.now() - WINDOW_MS;
    while (observations.length > MAX_OBSERVATIONS || (observations[0]?.at ?? Infinity) < oldest) {
      observations.shift();
    }
  };
  registry.collect(() => {
    forget();
    const sorted = observations.map(({ seconds }) => seconds).sort((a, b) => a - b);
    p50.set(quantile(sorted, 0.5));
    p95.set(quantile(sorted, 0.95));
    throughput.set(sorted.length / (WINDOW_MS / 1000));
    success.set(observations.filter(({ ok }) => ok).length / observations.length);
  });
  service.route("/observations", (body) => {
    const { seconds } = body;
    if (typeof seconds !== "number" || !(seconds >= 0)) {
      throw new Refusal(400, "seconds must be a number that is not negative");
    }
    total.inc({ kind: textField(body, "kind") });
    observations.push({ at: context.now(), seconds, ok: body["ok"] === true });
    forget();
    return { kept: observations.length };
  });
}
