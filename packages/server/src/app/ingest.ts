import type { Registry } from "@fleetlight/sdk";

import {
  AppenderPool,
  createIngestCounters,
  InFlight,
  LogReceiver,
  OtlpReceiver,
  PriceBook,
  PushGateway,
  RemoteWriteReceiver,
  SampleRates,
  SpanReceiver,
} from "#collect";
import type { Config } from "#config";
import type { Logger, Now } from "#lib";
import type { Ingest } from "#serve";
import type { ExemplarStore, LogStore, MetricStore, SettingRepository, SpanStore } from "#store";

interface Options {
  metrics: MetricStore;
  exemplars: ExemplarStore;
  spans: SpanStore;
  logs: LogStore;
  config: () => Config;
  now: Now;
  random: () => number;
  registry: Registry;
  settings: SettingRepository;
  forward: Ingest["forward"];
  logger: Logger;
}

/** Those who take what is pushed: they share limits and counters. */
export function createIngest({ registry, ...options }: Options): Ingest {
  const gate = {
    ...options,
    counters: createIngestCounters(registry),
    rates: new SampleRates(),
    appenders: new AppenderPool(),
    inFlight: new InFlight(),
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
  const push = new PushGateway(gate);
  registry
    .gauge({ name: "fleetlight_push_groups", help: "Groups that the push gateway keeps." })
    .collect((gauge) => gauge.set(push.size));
  const prices = new PriceBook({
    ...options,
    file: () => options.config().traces.prices,
    registry,
  });
  const spans = new SpanReceiver({ ...gate, prices, registry });
  const logs = new LogReceiver({ ...gate, registry });
  return { remoteWrite, otlp, push, spans, logs, prices, forward: options.forward };
}
