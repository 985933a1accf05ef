import type { ServerMessage } from "@fleetlight/contract";

import { isStale, wordsOf, type Now, type Selector } from "#lib";
import type { MetricStore, SeriesRef } from "#store";

/** Series that one connection follows at most. */
const MAX_SERIES = 200;
/** Series that appear later are found this often. */
const SELECT_INTERVAL_MS = 5000;

type Samples = Extract<ServerMessage, { type: "samples" }>["series"];

/** What one connection has seen of the series it follows; `next` gives what came since. All from memory. */
export class SampleFeed {
  private readonly metrics: MetricStore;
  private readonly tenant: string;
  private readonly selectors: readonly Selector[];
  private readonly now: Now;
  /** From when on samples were not given yet, by series; labels go with a series' first samples. */
  private readonly seen = new Map<SeriesRef, { sinceMs: number; introduced: boolean }>();
  private selectedAt = -Infinity;

  constructor(metrics: MetricStore, tenant: string, selectors: readonly Selector[], now: Now) {
    this.metrics = metrics;
    this.tenant = tenant;
    this.selectors = selectors;
    this.now = now;
  }

  next(): Samples {
    if (this.now() - this.selectedAt >= SELECT_INTERVAL_MS) this.select();
    const fresh: Samples = [];
    for (const [ref, series] of this.seen) {
      const { times, values } = this.metrics.recent(ref, series.sinceMs);
      if (times.length === 0) continue;
      const words = wordsOf(values);
      fresh.push({
        id: this.metrics.seriesId(ref),
        ...(series.introduced ? {} : { labels: this.metrics.labels(ref) }),
        timestamps: [...times],
        values: Array.from(values, (value, i) =>
          Number.isFinite(value) && !isStale(words, i) ? value : null,
        ),
      });
      this.seen.set(ref, { sinceMs: (times.at(-1) ?? 0) + 1, introduced: true });
    }
    return fresh;
  }

  private select(): void {
    this.selectedAt = this.now();
    for (const selector of this.selectors) {
      for (const ref of this.metrics.select(this.tenant, selector, MAX_SERIES)) {
        if (this.seen.size >= MAX_SERIES || this.seen.has(ref)) continue;
        // The first message carries the latest sample, so that a quiet series is not blank.
        const sinceMs = this.metrics.latest(ref, 0)?.timeMs ?? this.now();
        this.seen.set(ref, { sinceMs, introduced: false });
      }
    }
  }
}
