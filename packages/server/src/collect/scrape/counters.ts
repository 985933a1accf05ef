import type { Registry } from "@fleetlight/sdk";

import type { PageCounts } from "./read-page.ts";

/** What a scrape came to: `up`, `down`, or `dropped` when the store could not take it. */
export type Outcome = "up" | "down" | "dropped";

/** The scraper's own figures, for `/metrics` and for `stats()`. */
export interface ScrapeCounters {
  count(outcome: Outcome): void;
  countSkipped(times: number): void;
  countPage(page: PageCounts): void;
  observeLateness(seconds: number): void;
  totals(): ScrapeTotals;
}

export interface ScrapeTotals {
  scrapes: number;
  failed: number;
  /** The store was too far behind to take them. */
  dropped: number;
  /** The scrape before was still under way, or the process stood still. */
  skipped: number;
  samples: number;
  duplicates: number;
  future: number;
  /** Samples of series beyond `storage.max_series`. */
  refused: number;
}

const LATENESS_BUCKETS = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export function createScrapeCounters(registry: Registry): ScrapeCounters {
  const totals: ScrapeTotals = {
    scrapes: 0,
    failed: 0,
    dropped: 0,
    skipped: 0,
    samples: 0,
    duplicates: 0,
    future: 0,
    refused: 0,
  };
  const scrapes = registry.counter({
    name: "fleetlight_scrapes_total",
    help: "Scrapes by what they came to; dropped means that the store was too far behind.",
    labelNames: ["outcome"],
  });
  const skipped = registry.counter({
    name: "fleetlight_scrapes_skipped_total",
    help: "Scrapes that were due while the one before was still under way.",
  });
  const samples = registry.counter({
    name: "fleetlight_scrape_samples_total",
    help: "Samples read from targets and handed to the store.",
  });
  const refused = registry.counter({
    name: "fleetlight_scrape_samples_refused_total",
    help: "Samples of targets that were left out, by reason.",
    labelNames: ["reason"],
  });
  const lateness = registry.histogram({
    name: "fleetlight_scrape_lateness_seconds",
    help: "How long after their time scrapes started.",
    unit: "seconds",
    buckets: LATENESS_BUCKETS,
  });
  return {
    count(outcome) {
      totals.scrapes++;
      if (outcome === "down") totals.failed++;
      if (outcome === "dropped") totals.dropped++;
      scrapes.inc({ outcome });
    },
    countSkipped(times) {
      totals.skipped += times;
      skipped.inc(times);
    },
    countPage(page) {
      totals.samples += page.appended;
      totals.duplicates += page.duplicates;
      totals.future += page.future;
      totals.refused += page.refused;
      samples.inc(page.appended);
      if (page.duplicates > 0) refused.inc({ reason: "duplicate" }, page.duplicates);
      if (page.future > 0) refused.inc({ reason: "future" }, page.future);
      if (page.refused > 0) refused.inc({ reason: "max_series" }, page.refused);
    },
    observeLateness: (seconds) => lateness.observe(seconds),
    totals: () => ({ ...totals }),
  };
}
