import type { Registry } from "@fleetlight/sdk";

import {
  AppenderPool,
  createIngestCounters,
  OtlpReceiver,
  RemoteWriteReceiver,
  SampleRates,
} from "#collect";
import type { Config } from "#config";
import type { Now } from "#lib";
import type { Ingest } from "#serve";
import type { ExemplarStore, MetricStore } from "#store";

interface Options {
  metrics: MetricStore;
  exemplars: ExemplarStore;
  config: () => Config;
  now: Now;
  random: () => number;
  registry: Registry;
}

/** Those who take what is pushed: they share limits and counters. */
export function createIngest({ registry, ...options }: Options): Ingest {
  const gate = {
    ...options,
    counters: createIngestCounters(registry),
    rates: new SampleRates(),
    appenders: new AppenderPool(),
  };
  const remoteWrite = new RemoteWriteReceiver(gate);
  registry
    .gauge({
      name: "fleetlight_ingest_cached_series",
      help: "Series that are recognised by the bytes in which they were sent.",
    })
    .collect((gauge) => gauge.set(remoteWrite.cacheStats().series));
  registry
    .gauge({
      name: "fleetlight_ingest_cache_bytes",
      help: "Memory for recognising series by the bytes in which they were sent.",
    })
    .collect((gauge) => gauge.set(remoteWrite.cacheStats().bytes));
  const otlp = new OtlpReceiver(gate);
  registry
    .gauge({
      name: "fleetlight_ingest_delta_series",
      help: "Series of delta temporality whose running totals are kept.",
    })
    .collect((gauge) => gauge.set(otlp.deltaSeries));
  return { remoteWrite, otlp };
}
