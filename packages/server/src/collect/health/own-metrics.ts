import type { Registry } from "@fleetlight/sdk";

import type { Scheduler } from "#lib";

import type { SampleCounts } from "./samples.ts";

interface Sources {
  registry: Registry;
  scheduler: Scheduler;
  counts: SampleCounts;
}

const LATENESS_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** What the health checker tells about itself on `/metrics`. */
export function createOwnMetrics({ registry, scheduler, counts }: Sources) {
  const checks = registry.counter({
    name: "fleetlight_checks_total",
    help: "Health checks by their result.",
    labelNames: ["result"],
  });
  const lateness = registry.histogram({
    name: "fleetlight_check_lateness_seconds",
    help: "Time from when a health check was due until it began.",
    buckets: LATENESS_BUCKETS,
  });
  const jobs = registry.gauge({
    name: "fleetlight_check_jobs",
    help: "Health checks by state; `waiting` ones are due and held back by checks.max_concurrency.",
    labelNames: ["state"],
  });
  const dropped = registry.counter({
    name: "fleetlight_check_results_dropped_total",
    help: "Results of health checks that the store did not take.",
  });
  const refused = registry.counter({
    name: "fleetlight_check_series_refused_total",
    help: "Series of health checks that the store refused because it is full.",
  });
  registry.collect(() => {
    const stats = scheduler.stats();
    jobs.set({ state: "scheduled" }, stats.jobs);
    jobs.set({ state: "running" }, stats.running);
    jobs.set({ state: "waiting" }, stats.waiting);
    dropped.setTotal(counts.dropped);
    refused.setTotal(counts.seriesRefused);
  });
  return { checks, lateness };
}
