import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { startServer, type RunningServer } from "#app";
import type { ConfigInput } from "#config";
import { createTelemetryStore } from "#store";

import { makeSite } from "../../../fixture.ts";

const CENTURY_MS = 100 * 365 * 86_400_000;

/** One series of a test: labels, and pairs of time and value; a value of `STALE` is the stale marker. */
export interface TestSeries {
  labels: Record<string, string>;
  samples: (readonly [timeMs: number, value: number])[];
  tenant?: string;
}

export const STALE = Symbol("stale");
export type TestSample = readonly [timeMs: number, value: number | typeof STALE];

export interface Fed extends RunningServer {
  remove(): Promise<void>;
}

/** A server of its own whose store has these samples already. */
export async function startFed(
  series: readonly (Omit<TestSeries, "samples"> & { samples: readonly TestSample[] })[],
  config: ConfigInput = {},
): Promise<Fed> {
  const site = makeSite({
    host: { enabled: false },
    server: { rate_limit: { requests_per_minute: 0 } },
    ...config,
    storage: { retention: { metrics: "100y" } },
  });
  const dataDir = site.manager.current().storage.data_dir;
  const store = await createTelemetryStore(
    { dataDir: join(dataDir), url: undefined },
    {
      now: Date.now,
      retention: () => ({ metricsMs: CENTURY_MS, eventsMs: CENTURY_MS, maxBytes: undefined }),
    },
  );
  const appenders = new Map<string, ReturnType<typeof store.metrics.appender>>();
  for (const { labels, samples, tenant = "default" } of series) {
    const appender = appenders.get(tenant) ?? store.metrics.appender(tenant);
    appenders.set(tenant, appender);
    const ref = appender.series(labels);
    for (const [timeMs, value] of samples)
      if (value === STALE) appender.appendStale(ref, timeMs);
      else appender.append(ref, timeMs, value);
  }
  for (const appender of appenders.values()) await appender.commit();
  await store.close();
  const server = await startServer(site);
  return {
    ...server,
    remove: async () => {
      await server.stop();
      site.remove();
    },
  };
}

/** A file of the folder `shared` beside the project, when it is there. */
export const sharedFile = (path: string): string | undefined =>
  ["../../../../../../../shared", "../../../../../../../../shared"]
    .map((up) => fileURLToPath(new URL(`${up}/${path}`, import.meta.url)))
    .find((file) => existsSync(file));
