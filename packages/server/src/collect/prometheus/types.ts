import type { LabelSet } from "#lib";
import type { MetricMetadata } from "#store";

/** One target that is scraped, in the shape of `activeTargets` of Prometheus' `GET /api/v1/targets`. */
export interface ActiveTargetView {
  /** Labels before relabelling, `__address__` and `__meta_…` among them. */
  discoveredLabels: LabelSet;
  /** Labels that the target's series get. */
  labels: LabelSet;
  /** The job's name; services that were registered or discovered by Fleetlight itself are in the pool `services`. */
  scrapePool: string;
  /** Secrets in the URL (password, query of services) are not shown. */
  scrapeUrl: string;
  globalUrl: string;
  /** Empty when the latest scrape succeeded, or none was made. */
  lastError: string;
  /** RFC 3339; year 1 (`0001-01-01T00:00:00Z`) when the target was not scraped yet, as upstream writes it. */
  lastScrape: string;
  /** Seconds. */
  lastScrapeDuration: number;
  health: "up" | "down" | "unknown";
  /** Durations in Prometheus' notation. */
  scrapeInterval: string;
  scrapeTimeout: string;
}

/** A target that relabelling dropped. */
export interface DroppedTargetView {
  discoveredLabels: LabelSet;
  scrapePool: string;
}

/** What `GET /api/v1/targets` shows. */
export interface TargetsView {
  /** Sorted by pool, then by URL. */
  active: ActiveTargetView[];
  /** At most a few per pool are kept (`MAX_DROPPED_TARGETS`); `droppedCounts` has the true numbers. */
  dropped: DroppedTargetView[];
  /** By pool. */
  droppedCounts: Record<string, number>;
}

/** What the latest page of a target says of one metric, for `GET /api/v1/targets/metadata`. */
export interface TargetMetadataView extends MetricMetadata {
  target: LabelSet;
  metric: string;
}
