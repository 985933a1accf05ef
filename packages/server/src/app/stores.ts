import { join, resolve } from "node:path";

import type { Config } from "#config";
import type { Logger } from "#lib";
import {
  createMemoryTelemetry,
  createStateStore,
  createTelemetryStore,
  type SamplingPolicy,
  type TelemetryOptions,
} from "#store";

import { lockDataDirectory } from "./lock.ts";
import type { Shutdown } from "./shutdown.ts";

function samplingOf({ traces: { sampling } }: Config): SamplingPolicy | undefined {
  if (!sampling.enabled) return undefined;
  return {
    waitMs: sampling.wait,
    errors: sampling.errors,
    slowerThanMs: sampling.slower_than,
    costlierThanUsd: sampling.costlier_than_usd,
    share: sampling.share,
    maxSpans: sampling.max_waiting_spans,
  };
}

/** Opens what is kept, for this process alone. */
export async function openStores(config: () => Config, logger: Logger, shutdown: Shutdown) {
  const { storage } = config();
  const dataDir = resolve(storage.data_dir);
  const unlock = lockDataDirectory(dataDir);
  shutdown.add("lock", unlock);
  const state = await createStateStore(
    storage.state_url === undefined
      ? { path: join(dataDir, "state.sqlite") }
      : { url: storage.state_url },
    { now: Date.now, logger },
  );
  shutdown.add("state store", () => state.close());
  const options: TelemetryOptions = {
    flushIntervalMs: storage.flush_interval,
    flushRows: storage.flush_rows,
    maxPendingRows: storage.max_pending_rows,
    headMaxBytes: storage.head.max_bytes,
    headWindowMs: storage.head.window,
    maxSeries: storage.max_series,
    retention: () => ({
      metricsMs: config().storage.retention.metrics,
      eventsMs: config().storage.retention.events,
      tracesMs: config().storage.retention.traces,
      contentsMs: config().storage.retention.contents,
      logsMs: config().storage.retention.logs,
      // Of a store that others write to we do not learn which hours got late samples.
      ...(storage.telemetry_url === undefined && {
        rollups5mMs: config().storage.retention.rollups_5m,
        rollups1hMs: config().storage.retention.rollups_1h,
      }),
      maxBytes: config().storage.max_bytes,
    }),
    sampling: () => samplingOf(config()),
    now: Date.now,
    onError: (message) => logger.warn(message),
  };
  const telemetry = await (storage.ephemeral
    ? createMemoryTelemetry(options)
    : createTelemetryStore({ dataDir, url: storage.telemetry_url }, options));
  shutdown.add("telemetry store", () => telemetry.close());
  return { state, telemetry };
}
