import type { Registry } from "@fleetlight/sdk";

import { decodeSeries, parseExposition } from "#collect";
import { DEFAULT_TENANT, describeError, type Logger, type Now } from "#lib";
import type { MetricStore } from "#store";

/** Labels of the server's own series. */
const OWN_LABELS = { job: "fleetlight", service: "fleetlight" };

interface SelfScrapeOptions {
  registry: Registry;
  metrics: MetricStore;
  instance: string;
  intervalMs: () => number;
  now: Now;
  logger: Logger;
}

/** Stores the server's own metrics like those of any service, without asking itself over HTTP. */
export function startSelfScrape(options: SelfScrapeOptions): () => void {
  const { registry, metrics, instance, intervalMs, now, logger } = options;
  const appender = metrics.appender(DEFAULT_TENANT);
  let timer: NodeJS.Timeout;

  const scrape = async () => {
    const page = Buffer.from(registry.expose("text"), "utf8");
    const timeMs = now();
    parseExposition(page, "text", {
      sample: (start, end, value) =>
        appender.append(
          appender.series({ ...decodeSeries(page, start, end), ...OWN_LABELS, instance }),
          timeMs,
          value,
        ),
      metadata: () => {},
    });
    await appender.commit();
  };
  const run = () => {
    scrape().catch((error: unknown) => {
      appender.rollback();
      logger.warn({ error: describeError(error) }, "the server's own metrics were not stored");
    });
    timer = setTimeout(run, intervalMs());
  };
  timer = setTimeout(run, 1000);
  return () => clearTimeout(timer);
}
