import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-proto";
import {
  AggregationTemporality,
  AggregationType,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { afterAll, beforeAll, expect, it } from "vitest";

import { startServer, type RunningServer } from "#app";

import { ask, makeSite } from "../../../fixture.ts";

const site = makeSite({ host: { enabled: false } });
let server: RunningServer;
beforeAll(async () => {
  server = await startServer(site);
});
afterAll(async () => {
  await server.stop();
  site.remove();
});

async function valuesOf(query: string): Promise<Record<string, string>> {
  const answer = await ask<{
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  }>(`${server.url}/api/v1/query?${new URLSearchParams({ query })}`, {
    headers: { "x-scope-orgid": "sdk" },
  });
  return Object.fromEntries(
    answer.body.data.result.map(({ metric, value }) => [
      JSON.stringify(Object.entries(metric).toSorted()),
      value[1],
    ]),
  );
}

/** The numbers of a query's results, in the order of their labels. */
const numbersOf = async (query: string) =>
  Object.entries(await valuesOf(query))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([, value]) => value);

it.each([
  ["cumulative", AggregationTemporality.CUMULATIVE],
  ["delta", AggregationTemporality.DELTA],
])("takes what OpenTelemetry's own SDK sends: %s", async (scope, temporalityPreference) => {
  const exporter = new OTLPMetricExporter({
    url: `${server.url}/v1/metrics`,
    headers: { "X-Scope-OrgID": "sdk" },
    temporalityPreference,
  });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({
    readers: [reader],
    views: [
      {
        instrumentName: "answer.duration",
        aggregation: {
          type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
          options: { boundaries: [0.1, 1] },
        },
      },
      {
        instrumentName: "answer.size",
        aggregation: { type: AggregationType.EXPONENTIAL_HISTOGRAM },
      },
    ],
  });
  const meter = provider.getMeter("test");
  const requests = meter.createCounter("agent.requests", {
    unit: "1",
    description: "All of them.",
  });
  const queue = meter.createUpDownCounter("queue.length");
  const duration = meter.createHistogram("answer.duration", { unit: "s" });
  const size = meter.createHistogram("answer.size", { unit: "By" });
  meter
    .createObservableGauge("temperature", { unit: "Cel" })
    .addCallback((result) => result.observe(21.5, { scope }));

  for (let round = 0; round < 2; round++) {
    requests.add(3, { scope, "agent.name": "planner" });
    queue.add(2, { scope });
    for (const seconds of [0.05, 0.5, 5]) duration.record(seconds, { scope });
    for (const bytes of [1, 100]) size.record(bytes, { scope });
    await reader.forceFlush();
  }
  await provider.shutdown();

  const of = (name: string) => numbersOf(`${name}{scope="${scope}"}`);
  expect(await valuesOf(`sum by (agent_name) (agent_requests_total{scope="${scope}"})`)).toEqual({
    '[["agent_name","planner"]]': "6",
  });
  expect(await of("queue_length")).toEqual(["4"]);
  expect(await of("temperature_celsius")).toEqual(["21.5"]);
  expect(await of("answer_duration_seconds_count")).toEqual(["6"]);
  expect(await of("answer_duration_seconds_bucket")).toEqual(["6", "2", "4"]);
  expect(await numbersOf(`histogram_count(answer_size_bytes{scope="${scope}"})`)).toEqual(["4"]);
  expect(await numbersOf(`histogram_sum(answer_size_bytes{scope="${scope}"})`)).toEqual(["202"]);
  expect(await of("target_info")).toEqual([]);
  expect(await numbersOf('target_info{job=~"unknown_service.*"}')).toEqual(["1"]);
});
