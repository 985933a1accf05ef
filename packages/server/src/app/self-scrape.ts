import type { Registry } from "@fleetlight/sdk";

import { LocalPage } from "#collect";
import { DEFAULT_TENANT, describeError, type Logger, type Now } from "#lib";
import type { MetricStore } from "#store";

/** Labels of the server's own series. */
const OWN_LABELS = { job: "fleetlight", service: "fleetlight" };

/** A process that has just started is judged by its answers, not by what its start cost. */
const FIRST_ROUND_MS = 3000;

interface SelfScrapeOptions {
  registry: Registry;
  metrics: MetricStore;
  instance: string;
  intervalMs: () => number;
  enabled: () => boolean;
  now: Now;
  logger: Logger;
}

/** Stores the server's own metrics like those of any service, without asking itself over HTTP. */
export function startSelfScrape(options: SelfScrapeOptions): () => void {
  const { registry, metrics, instance, intervalMs, enabled, now, logger } = options;
  const page = new LocalPage({
    metrics,
    tenant: DEFAULT_TENANT,
    labels: { ...OWN_LABELS, instance },
  });
  let timer: NodeJS.Timeout;
  let stopped = false;

  const run = async (): Promise<void> => {
    try {
      if (enabled()) await page.store(registry.expose("text"), now());
    } catch (error) {
      logger.warn({ error: describeError(error) }, "the server's own metrics were not stored");
    }
    if (!stopped) timer = setTimeout(run, intervalMs());
  };
  timer = setTimeout(run, FIRST_ROUND_MS);
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
