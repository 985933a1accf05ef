import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { Engine, formatFloat, type QueryResult } from "@fleetlight/promql";
import { afterEach, describe, expect, it } from "vitest";

import {
  createMemoryTelemetry,
  createTelemetryStore,
  type TelemetryOptions,
  type TelemetryStore,
} from "#store";

import { tenantStorage } from "./storage.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const T0 = Date.UTC(2026, 5, 10, 12);

let now = T0;
let metricsMs = 15 * DAY_MS;
const optionsWith = (rollups: boolean): TelemetryOptions => ({
  flushIntervalMs: 60_000,
  flushRows: 1_000_000,
  maxPendingRows: 2_000_000,
  headMaxBytes: 16 << 20,
  headWindowMs: 2 * HOUR_MS,
  maxSeries: 10_000,
  retention: () => ({
    metricsMs,
    eventsMs: DAY_MS,
    tracesMs: DAY_MS,
    maxBytes: undefined,
    ...(rollups && { rollups5mMs: 180 * DAY_MS, rollups1hMs: 1800 * DAY_MS }),
  }),
  now: () => now,
  onError: (message) => errors.push(message),
});
const errors: string[] = [];

const directories: string[] = [];
const open: TelemetryStore[] = [];
async function embedded(dataDir?: string): Promise<[TelemetryStore, string]> {
  const directory = dataDir ?? (await mkdtemp(join(tmpdir(), "fleetlight-rollups-")));
  if (dataDir === undefined) directories.push(directory);
  const store = await createTelemetryStore({ dataDir: directory }, optionsWith(true));
  open.push(store);
  return [store, directory];
}
async function inMemory(rollups = true): Promise<TelemetryStore> {
  const store = await createMemoryTelemetry(optionsWith(rollups));
  open.push(store);
  return store;
}
async function close(store: TelemetryStore): Promise<void> {
  open.splice(open.indexOf(store), 1);
  await store.close();
}
afterEach(async () => {
  for (const store of open.splice(0)) await store.close();
  for (const directory of directories.splice(0))
    await rm(directory, { recursive: true, force: true });
  now = T0;
  metricsMs = 15 * DAY_MS;
  const failed = errors.splice(0);
  if (failed.length > 0) throw new Error(failed.join("\n"));
});

/** Numbers from 0 to 1 that are the same in every run. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

type Sample = [timeMs: number, value: number | "stale"];

/** Two days of a series of some kind, with gaps, resets and stale markers. */
function makeSamples(kind: string, random: () => number): Sample[] {
  const samples: Sample[] = [];
  let value = 0;
  for (
    let timeMs = T0 - 2 * DAY_MS;
    timeMs < T0;
    timeMs += 15_000 + Math.floor(random() * 60_000)
  ) {
    const luck = random();
    if (luck < 0.005) timeMs += Math.floor(random() * 5 * HOUR_MS);
    if (luck > 0.995) {
      samples.push([timeMs, "stale"]);
      continue;
    }
    if (kind === "counter")
      value = luck < 0.02 ? Math.floor(random() * 50) : value + Math.floor(random() * 1000);
    else if (kind === "seldom") value = luck < 0.001 ? 0.25 : value + random();
    else if (kind === "level") value = Math.floor(random() * 10) - 5;
    else if (kind === "fraction") value = random() * 100 - 50;
    else value = random() < 0.001 ? Number.NaN : value + 1;
    samples.push([timeMs < 0 ? 0 : Math.ceil(timeMs / 1000) * 1000, value]);
  }
  return samples.filter(([timeMs], i) => i === 0 || timeMs > (samples[i - 1]?.[0] ?? 0));
}
const KINDS = ["counter", "seldom", "level", "fraction", "odd"];

async function write(store: TelemetryStore, name: string, samples: readonly Sample[]) {
  const appender = store.metrics.appender("default");
  const ref = appender.series({ __name__: "x_total", kind: name });
  for (const [timeMs, value] of samples)
    if (value === "stale") appender.appendStale(ref, timeMs);
    else appender.append(ref, timeMs, value);
  await appender.commit();
}

const engine = new Engine();
const ask = (store: TelemetryStore, text: string, startMs: number, endMs: number, stepMs: number) =>
  engine.range(tenantStorage(store.metrics, "default"), text, startMs, endMs, stepMs);

/** Every series with its samples as text, so that not a bit can differ. */
const shown = ({ data }: QueryResult): string[] => {
  if (data.kind !== "matrix") throw new Error("no matrix");
  return data.series.map(
    ({ labels, times, values }) =>
      `${JSON.stringify(labels.toObject())} ${Array.from(times, (time, i) => `${time}=${formatFloat(values[i] as number)}`).join(" ")}`,
  );
};

const FUNCTIONS = [
  "rate",
  "increase",
  "delta",
  "resets",
  "changes",
  "sum_over_time",
  "avg_over_time",
  "min_over_time",
  "max_over_time",
  "count_over_time",
  "present_over_time",
  "first_over_time",
  "last_over_time",
];

describe.each(["memory", "chdb"])("rollups in %s", (kind) => {
  const make = async (rollups: boolean) =>
    // The embedded engine opens one directory per process.
    kind === "memory" || !rollups ? inMemory(rollups) : (await embedded())[0];

  it("give what samples give, bit for bit, for random data, windows, offsets and late samples", async () => {
    const [plain, rolled] = [await make(false), await make(true)];
    const random = randomFrom(7);
    for (const name of KINDS) {
      const samples = makeSamples(name, random);
      const late = new Set(samples.filter(() => random() < 0.01));
      for (const store of [plain, rolled])
        await write(
          store,
          name,
          samples.filter((one) => !late.has(one)),
        );
      if (name !== "level") continue;
      // From now on late samples come into hours that are filled.
      await rolled.flush();
      await rolled.rollUp();
      for (const store of [plain, rolled]) await write(store, name, [...late]);
    }
    await plain.flush();
    await rolled.flush();
    await rolled.rollUp();
    const late = [T0 - 30 * HOUR_MS + 7, 12_345] as const;
    for (const store of [plain, rolled]) await write(store, "counter", [[...late]]);
    let compared = 0;
    for (const fn of FUNCTIONS)
      for (const [range, stepMs, offset, lastMs] of [
        ["1h", HOUR_MS, "", T0],
        ["2h", HOUR_MS, " offset 5h", T0],
        ["1h", 5 * MINUTE_MS, "", T0 - 25 * MINUTE_MS],
        ["95m", 10 * MINUTE_MS, " offset -5m", T0],
        ["1d", HOUR_MS, "", T0],
        ["1h", HOUR_MS, "", T0 - 1],
        ["1h", 7 * MINUTE_MS, "", T0],
      ] as const) {
        const text = `${fn}(x_total[${range}]${offset})`;
        const asked = [text, lastMs - 40 * HOUR_MS, lastMs, stepMs] as const;
        expect(shown(await ask(rolled, ...asked)), asked.join(" ")).toEqual(
          shown(await ask(plain, ...asked)),
        );
        compared++;
      }
    const { answered, seriesFromSamples } = rolled.stats().rollups;
    expect(answered).toBe((compared / 7) * 5);
    expect(seriesFromSamples).toBeGreaterThan(0);
  }, 120_000);

  it("answer beyond the retention of samples, and say what they cannot tell", async () => {
    const [plain, rolled] = [await make(false), await make(true)];
    for (const store of [plain, rolled])
      for (const name of ["counter", "fraction", "odd"])
        await write(store, name, makeSamples(name, randomFrom(11)));
    await rolled.flush();
    await rolled.rollUp();
    const asked = [T0 - 40 * HOUR_MS, T0, HOUR_MS] as const;
    const before = await ask(plain, 'increase(x_total{kind="counter"}[1h])', ...asked);
    metricsMs = DAY_MS;
    const after = await ask(rolled, 'increase(x_total{kind="counter"}[1h])', ...asked);
    expect(shown(after)).toEqual(shown(before));
    expect(after.infos).toEqual([]);
    for (const [text, told] of [
      ['sum_over_time(x_total{kind="fraction"}[1h])', false],
      ['max_over_time(x_total{kind="odd"}[1h])', true],
      ['quantile_over_time(0.5, x_total{kind="counter"}[1h])', true],
      ['max_over_time(x_total{kind="counter"}[59s])', true],
    ] as const) {
      const { infos } = await ask(rolled, text, ...asked);
      expect(infos.length > 0, text).toBe(told);
    }
  }, 60_000);
});

it("know after a restart what is filled, and what got samples since", async () => {
  const plain = await inMemory(false);
  const [first, directory] = await embedded();
  const samples = makeSamples("counter", randomFrom(3));
  const [late] = samples.splice(500, 1);
  if (late === undefined) throw new Error("no sample");
  for (const store of [plain, first]) await write(store, "counter", samples);
  await first.flush();
  await first.rollUp();
  const filled = first.stats().rollups.hoursFilled;
  expect(filled).toBeGreaterThan(40);
  for (const store of [plain, first]) await write(store, "counter", [late]);
  await first.flush();
  await close(first);

  const [second] = await embedded(directory);
  const asked = ["increase(x_total[1h])", T0 - 40 * HOUR_MS, T0, HOUR_MS] as const;
  const expected = shown(await ask(plain, ...asked));
  expect(shown(await ask(second, ...asked))).toEqual(expected);
  expect(second.stats().rollups.answered).toBe(1);
  await second.rollUp();
  expect(second.stats().rollups.hoursFilled).toBe(1);
  expect(shown(await ask(second, ...asked))).toEqual(expected);
}, 60_000);
