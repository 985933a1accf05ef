import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { selectMetric } from "#lib";

import { Histograms } from "./histograms.ts";
import { MemoryTables } from "./memory-tables.ts";
import { createTelemetryStore, type TelemetryOptions } from "./store.ts";
import type { SeriesSamples, TelemetryStore } from "./types.ts";

const DAY_MS = 86_400_000;
const T0 = Date.UTC(2026, 5, 1, 12);
const bytes = (...values: number[]) => Uint8Array.from(values);
const markers = (ref: number, times: number[]): SeriesSamples => ({
  ref,
  times: Float64Array.from(times),
  values: new Float64Array(new BigUint64Array(times.length).fill(0x7ff0000000000004n).buffer),
});

describe("bytes of histograms", () => {
  const tables = new MemoryTables();
  const open = (
    maxBytes: number,
    pending: () => { id: bigint; timeMs: number; bytes: Uint8Array }[] = () => [],
  ) => new Histograms({ tables, maxBytes, idOf: (ref) => BigInt(ref), pending });

  it("are found in memory, in what waits, and in the tables", async () => {
    await tables.insertHistograms("default", [{ id: 1n, timeMs: 10, bytes: bytes(1) }], "one");
    const histograms = open(1 << 20, () => [
      { id: 1n, timeMs: 20, bytes: bytes(2) },
      { id: 9n, timeMs: 10, bytes: bytes(9) },
    ]);
    histograms.add(1, 30, bytes(3));
    const series = markers(1, [10, 15, 20, 30]);
    await histograms.attach("default", [series]);
    expect(series.histograms?.map((one) => one && [...one])).toEqual([[1], undefined, [2], [3]]);
  });

  it("are not asked for where no marker stands", async () => {
    const series = { ref: 5, times: Float64Array.of(1, 2), values: Float64Array.of(1, Number.NaN) };
    await open(1 << 20).attach("default", [series]);
    expect(series).not.toHaveProperty("histograms");
  });

  it("leave memory when it is full, the oldest first, and the first of equal times stays", () => {
    const histograms = open(1000);
    for (let i = 0; i < 20; i++) histograms.add(i % 3, i, bytes(i));
    expect(histograms.bytes).toBeLessThanOrEqual(1000);
    expect(histograms.get(0, 0)).toBeUndefined();
    histograms.add(1, 19, bytes(99));
    expect(histograms.get(1, 19)).toEqual(bytes(19));
  });
});

describe("in a store", () => {
  let dataDir = "";
  let store: TelemetryStore;
  const options: TelemetryOptions = {
    flushIntervalMs: 60_000,
    flushRows: 100_000,
    maxPendingRows: 200_000,
    headMaxBytes: 16 << 20,
    headWindowMs: 2 * 3_600_000,
    maxSeries: 10_000,
    retention: () => ({
      metricsMs: 15 * DAY_MS,
      eventsMs: 400 * DAY_MS,
      tracesMs: 400 * DAY_MS,
      maxBytes: undefined,
    }),
    now: () => T0,
    onError: () => {},
  };
  const open = async () => {
    store = await createTelemetryStore({ dataDir }, options);
  };
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "fleetlight-histograms-"));
    await open();
  });
  afterEach(async () => {
    await store.close();
    await rm(dataDir, { recursive: true, force: true });
  });
  const read = async () => {
    const refs = store.metrics.select("default", selectMetric("h"));
    const [series] = await store.metrics.range("default", refs, 0, T0 + DAY_MS);
    return [...(series?.times ?? [])].map((time, i) => {
      const own = series?.histograms?.[i];
      return [time - T0, own === undefined ? series?.values[i] : [...own]];
    });
  };

  it("histograms and exemplars are there at once, from the tables, and after a restart", async () => {
    const appender = store.metrics.appender("default");
    const ref = appender.series({ __name__: "h" });
    const reused = bytes(1, 2, 0x0a, 0x0a, 255);
    appender.appendHistogram(ref, T0, reused);
    reused.fill(0);
    appender.append(ref, T0 + 1, 5);
    appender.appendHistogram(ref, T0 + 2, bytes(7));
    await appender.commit();
    appender.appendHistogram(ref, T0 - 3_600_000, bytes(3));
    await appender.commit();
    const exemplar = { ref, labels: { trace_id: "ü'\n" }, timeMs: T0, value: 0.5 };
    expect(await store.exemplars.append("default", [exemplar, exemplar])).toBe(0);
    const expected = [
      [-3_600_000, [3]],
      [0, [1, 2, 0x0a, 0x0a, 255]],
      [1, 5],
      [2, [7]],
    ];
    expect(await read()).toEqual(expected);
    await store.flush();
    expect(await read()).toEqual(expected);
    await store.close();
    await open();
    expect(await read()).toEqual(expected);
    const [again] = store.metrics.select("default", selectMetric("h"));
    expect(store.exemplars.query("default", [again ?? -1], 0, T0)).toEqual([
      { ref: again, exemplars: [{ ...exemplar, ref: again }] },
    ]);
    expect(store.exemplars.query("other", [again ?? -1], 0, T0)).toEqual([]);
  });
});
