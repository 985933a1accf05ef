import { expect, it } from "vitest";

import { Head } from "./head.ts";
import { MemoryTables } from "./memory-tables.ts";
import { MetricReader } from "./metric-reader.ts";

const DAY_MS = 86_400_000;
const T0 = Date.UTC(2026, 5, 1);
const TENANT = "default";

/** Series with so many samples in each of `days` days, all in the tables, none in the head. */
async function readerOf(days: number, samplesPerDay: readonly number[]) {
  const tables = new MemoryTables();
  const asked: number[] = [];
  for (const [ref, count] of samplesPerDay.entries()) {
    const times = Float64Array.from({ length: count * days }, (_, i) => T0 + (i * DAY_MS) / count);
    const ids = new BigUint64Array(times.length).fill(BigInt(ref + 1));
    await tables.insertSamples(TENANT, [{ ids, times, values: times }], `token${ref}`);
  }
  const noted: typeof tables.readSamples = (tenant, ids, startMs, endMs) => {
    asked.push(ids.length);
    return tables.readSamples(tenant, ids, startMs, endMs);
  };
  const head = new Head(1 << 20, { taken: () => 0, inserted: () => 0 });
  for (const ref of samplesPerDay.keys()) head.open(ref, Infinity);
  const reader = new MetricReader({
    head,
    tables: Object.assign(Object.create(tables) as MemoryTables, { readSamples: noted }),
    idOf: (ref) => BigInt(ref + 1),
    pendingLateSamples: () => [],
  });
  return { reader, asked, refs: [...samplesPerDay.keys()] };
}

it.each([
  ["30 days", 30],
  ["one day", 1],
])("reads each series of %s once and whole, sparse or dense", async (_, days) => {
  const perDay = Array.from({ length: 150 }, (_, ref) => (ref % 50 === 49 ? 96 : 2));
  const { reader, refs } = await readerOf(days, perDay);
  const question = { tenant: TENANT, startMs: T0, endMs: T0 + days * DAY_MS - 1 };
  const lengths = new Map<number, number>();
  for await (const batch of reader.scan(question, refs, new AbortController().signal))
    for (const { ref, times } of batch) {
      expect(lengths.has(ref)).toBe(false);
      lengths.set(ref, times.length);
      expect(times.every((time, i) => i === 0 || time > (times[i - 1] as number))).toBe(true);
    }
  expect(refs.map((ref) => lengths.get(ref))).toEqual(perDay.map((count) => count * days));
});

it("asks for more series at once where the range is long, and for a few at first", async () => {
  const [long, short] = [
    await readerOf(3, Array(100).fill(4)),
    await readerOf(1, Array(100).fill(4)),
  ];
  const ask = async ({ reader, refs }: typeof long, days: number) => {
    const question = { tenant: TENANT, startMs: T0, endMs: T0 + days * DAY_MS - 1 };
    for await (const batch of reader.scan(question, refs, new AbortController().signal))
      expect(batch.length).toBeGreaterThan(0);
  };
  await ask(short, 1);
  expect(short.asked).toEqual([45, 55]);
  await ask(long, 30);
  expect(Math.max(...long.asked)).toBeGreaterThan(60);
  expect(long.asked[0]).toBe(22);
});

it("stops between windows when told to", async () => {
  const { reader, refs, asked } = await readerOf(20, [4, 4]);
  const controller = new AbortController();
  controller.abort();
  const question = { tenant: TENANT, startMs: T0, endMs: T0 + 20 * DAY_MS };
  for await (const _ of reader.scan(question, refs, controller.signal)) expect.unreachable();
  expect(asked.length).toBeLessThanOrEqual(1);
});

it("asks again for fewer when dense series follow sparse ones", async () => {
  const [sparse, dense] = [45, 200];
  const { reader, asked, refs } = await readerOf(1, [
    ...Array<number>(sparse).fill(1),
    ...Array<number>(dense).fill(4000),
  ]);
  const question = { tenant: TENANT, startMs: T0, endMs: T0 + DAY_MS - 1 };
  let samples = 0;
  for await (const batch of reader.scan(question, refs, new AbortController().signal))
    for (const { times } of batch) samples += times.length;
  expect(samples).toBe(sparse + dense * 4000);
  expect(asked.slice(0, 3)).toEqual([45, 180, 45]);
});
