import type { LabelSet } from "#lib";
import type { MetricStore } from "#store";

import { PageReader } from "./read-page.ts";
import { SeriesCache } from "./series-cache.ts";

/** Our own page is trusted, but a mistake must not fill the store. */
const LIMITS = {
  prefix: "",
  sample_limit: 100_000,
  label_limit: 64,
  label_name_length_limit: 512,
  label_value_length_limit: 4096,
};

interface LocalPageOptions {
  metrics: MetricStore;
  tenant: string;
  /** Labels of every series of the page. */
  labels: LabelSet;
  /** Milliseconds of a clock that never goes back; the process's own when left out. */
  monotonicMs?: () => number;
}

/**
 * Stores pages of this process as if they had been scraped: series are recognised by their bytes, what vanished gets a
 * stale marker, and type and help are kept. One page at a time.
 */
export class LocalPage {
  private readonly options: LocalPageOptions;
  private readonly cache = new SeriesCache(0);
  private readonly appender;

  constructor(options: LocalPageOptions) {
    this.options = options;
    this.appender = options.metrics.appender(options.tenant);
  }

  /** @throws what the reader or the store throws; nothing of the page is stored then. */
  async store(text: string, timeMs: number): Promise<void> {
    const { metrics, tenant, labels, monotonicMs = () => performance.now() } = this.options;
    const { cache, appender } = this;
    cache.begin();
    const reader = new PageReader({
      body: Buffer.from(text, "utf8"),
      format: "text",
      timeMs,
      labels,
      honorLabels: false,
      honorTimestamps: true,
      endsTimedSeries: false,
      relabel: undefined,
      limits: LIMITS,
      cache,
      appender,
      monotonicMs,
    });
    try {
      await reader.read();
      cache.forEachVanished((ref) => appender.appendStale(ref, timeMs));
      await appender.commit();
    } catch (error) {
      appender.rollback();
      throw error;
    }
    cache.finish();
    for (const [metric, metadata] of reader.described) metrics.describe(tenant, metric, metadata);
  }
}
