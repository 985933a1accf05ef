import { createRegistry } from "@fleetlight/sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { ConfigSchema } from "#config";
import { selectMetric } from "#lib";
import { createMemoryTelemetry, type TelemetryStore } from "#store";

import {
  AppenderPool,
  createIngestCounters,
  Gate,
  InFlight,
  SampleRates,
} from "../limits/index.ts";
import { message, text, writeRequest, writeRequestV2, type TestSeries } from "./fixture.ts";
import { WriteRequestReader } from "./read-v1.ts";
import { WriteRequestV2Reader } from "./read-v2.ts";
import { RotatingSeriesTable } from "./series-table.ts";

const T0 = Date.UTC(2026, 5, 1, 12);
const TENANT = "default";
const COUNT = 20_000;

let store: TelemetryStore;
let registry: ReturnType<typeof createRegistry>;
let gate: Gate;

beforeEach(async () => {
  store = await createMemoryTelemetry({ now: () => T0 });
  registry = createRegistry();
  const parsed = ConfigSchema.parse({});
  gate = new Gate(TENANT, "remote_write", {
    metrics: store.metrics,
    config: () => parsed,
    now: () => T0,
    counters: createIngestCounters(registry),
    rates: new SampleRates(),
    appenders: new AppenderPool(),
    inFlight: new InFlight(),
  });
});
afterEach(() => store.close());

const v1 = (body: Buffer) =>
  new WriteRequestReader(body, new RotatingSeriesTable(1, 1 << 20), gate);
const v2 = (body: Buffer) => new WriteRequestV2Reader(body, gate);

/** Reads to the end one series at a time, and tells how often others would have had their turn. */
function turnsOf(reader: WriteRequestReader | WriteRequestV2Reader): number {
  let turns = 0;
  while (!reader.run(1)) turns++;
  return turns;
}

const name: [string, string][] = [["__name__", "long"]];
const samples = Array.from({ length: COUNT }, (_, i): [number, number] => [T0 - COUNT + i, i]);
const exemplars = samples.map(([timeMs, value]) => ({
  labels: [["t", "x"]] as [string, string][],
  timeMs,
  value,
}));
const histograms = samples.slice(0, COUNT / 4).map(([timeMs]) => ({
  timeMs,
  countInt: 1,
  sum: 1,
  schema: 0,
  positiveSpans: [[0, 1]] as [number, number][],
  positiveDeltas: [1],
}));

describe.each<
  [string, (series: readonly TestSeries[]) => WriteRequestReader | WriteRequestV2Reader]
>([
  ["1.0", (series) => v1(writeRequest(series))],
  ["2.0", (series) => v2(writeRequestV2(series))],
])("a long series of version %s", (_version, readerOf) => {
  it("is read in pieces, and whole", async () => {
    const short = { labels: [["__name__", "short"]] as [string, string][] };
    const reader = readerOf([
      { ...short, samples: [[T0, 1]] },
      { labels: name, samples },
      { ...short, samples: [[T0 + 1, 2]] },
    ]);
    expect(turnsOf(reader)).toBeGreaterThan(COUNT / 512);
    expect(await gate.commit()).toMatchObject({ samples: COUNT + 2, refused: 0 });
    const refs = store.metrics.select(TENANT, selectMetric("long"));
    const [found] = await store.metrics.range(TENANT, refs, 0, T0);
    expect(found?.values).toEqual(Float64Array.from(samples, ([, value]) => value));
  });

  it("may be one of histograms", async () => {
    expect(turnsOf(readerOf([{ labels: name, histograms }]))).toBeGreaterThan(COUNT / 4 / 512);
    expect(await gate.commit()).toMatchObject({ histograms: COUNT / 4, refused: 0 });
  });

  it("brings so many exemplars and no more", () => {
    const reader = readerOf([{ labels: name, samples: [[T0, 1]], exemplars }]);
    expect(turnsOf(reader)).toBeGreaterThan(COUNT / 512);
    expect(reader.exemplars).toHaveLength(10_000);
    expect(reader.exemplarsRefused).toBe(COUNT - 10_000);
  });
});

describe("labels without number", () => {
  const manyLabels = Array.from({ length: 70_000 }, () => Buffer.from([0x0a, 0]));

  it.each([
    ["at the beginning of a series", message(1, ...manyLabels)],
    ["behind a sample", message(1, Buffer.from([0x12, 0]), ...manyLabels)],
  ])("%s are refused before they are read", (_place, body) => {
    expect(() => turnsOf(v1(body))).toThrow("a series has more than 65536 labels");
  });

  it("of an exemplar are refused", () => {
    const label = message(1, text(1, "__name__"), text(2, "a"));
    expect(() => turnsOf(v1(message(1, label, message(3, ...manyLabels))))).toThrow(
      "more than 65536 labels",
    );
  });
});

it("a metric is described once per request of version 2.0", () => {
  const metadata = { type: 1, help: "All.", unit: "" };
  const series = Array.from({ length: 50 }, (_, i) => ({
    labels: [...name, ["i", String(i)]] as [string, string][],
    samples: [[T0, i]] as [number, number][],
    metadata,
  }));
  const reader = v2(writeRequestV2(series));
  turnsOf(reader);
  expect(reader.metadata).toEqual([
    { metric: "long", metadata: { type: "counter", help: "All.", unit: "" } },
  ]);
});

describe("two histograms at one time", () => {
  const at = (sum: number) => ({ ...histograms[0], timeMs: T0, countInt: 1, sum, schema: 0 });
  it.each([
    ["of the same content are one", 1, { histograms: 1, refused: 0 }],
    ["of different content conflict", 2, { histograms: 1, refused: 1 }],
  ])("%s", async (_what, sum, expected) => {
    turnsOf(v1(writeRequest([{ labels: name, histograms: [at(1), at(sum)] }])));
    expect(await gate.commit()).toMatchObject(expected);
  });
});
