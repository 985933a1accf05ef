import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, it } from "vitest";

import { wordsOf, writeHistogramMarker, writeStale } from "#lib";

import { openChdb } from "./drivers/chdb.ts";
import type { Driver } from "./drivers/types.ts";
import { SqlTables } from "./sql-tables.ts";

const DAY_MS = 86_400_000;
const T0 = Date.UTC(2026, 5, 10, 12);
const ID = 2n ** 64n - 5n;

let directory = "";
let driver: Driver;
let tables: SqlTables;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "fleetlight-tables-"));
  driver = openChdb(join(directory, "telemetry"));
  tables = new SqlTables(driver);
  await tables.migrate();
});
afterAll(async () => {
  await tables.close();
  await rm(directory, { recursive: true, force: true });
});

const insert = (token: string, ...times: number[]) =>
  tables.insertSamples(
    "default",
    [
      {
        ids: new BigUint64Array(times.length).fill(ID),
        times: Float64Array.from(times),
        values: Float64Array.from(times, (_, i) => i),
      },
    ],
    token,
  );
const stored = async () => [
  ...((await tables.readSamples("default", [ID], 0, T0 + DAY_MS))[0]?.times ?? []),
];

it("changes nothing when an insert is repeated under its token", async () => {
  await insert("a", T0 - 2 * DAY_MS, T0);
  await insert("a", T0 - 2 * DAY_MS, T0);
  await insert("b", T0 - DAY_MS);
  expect(await stored()).toEqual([T0 - 2 * DAY_MS, T0 - DAY_MS, T0]);
});

it("tells the days that it holds, drops one of them, and deletes rows inside another", async () => {
  const partitions = await tables.partitions();
  expect(partitions.map(({ id, newestMs, signal }) => [id, newestMs, signal])).toEqual([
    ["20260608", Date.UTC(2026, 5, 9), "metrics"],
    ["20260609", Date.UTC(2026, 5, 10), "metrics"],
    ["20260610", Date.UTC(2026, 5, 11), "metrics"],
  ]);
  expect(partitions.every(({ bytes }) => bytes > 0)).toBe(true);
  const [oldest] = partitions;
  if (oldest === undefined) throw new Error("no partition");
  await tables.dropPartition(oldest);
  expect(await stored()).toEqual([T0 - DAY_MS, T0]);
  await tables.deleteBefore("metrics", T0 - 1000);
  expect(await stored()).toEqual([T0]);
});

it("forgets series that were last seen before the cut", async () => {
  const series = (id: bigint, lastSeenMs: number) => ({
    tenant: "default",
    id,
    labels: { __name__: "m" },
    firstSeenMs: T0 - 9 * DAY_MS,
    lastSeenMs,
  });
  await tables.insertSeries([series(1n, T0 - DAY_MS), series(2n, T0)], "s1");
  await tables.insertSeries([series(1n, T0 - 2 * DAY_MS)], "s2");
  expect((await tables.loadSeries(0, 10)).map(({ id, lastSeenMs }) => [id, lastSeenMs])).toEqual([
    [2n, T0],
    [1n, T0 - DAY_MS],
  ]);
  await tables.deleteSeriesBefore(T0 - 1000);
  expect((await tables.loadSeries(0, 10)).map(({ id }) => id)).toEqual([2n]);
});

it("answers the newest samples when there are more than asked for, and from when on", async () => {
  await insert("c", T0 + 1000, T0 + 2000, T0 + 3000);
  const cut = await tables.readRecent("default", [1n, ID], T0, 2);
  expect(cut.series.map((one) => one && [...one.times])).toEqual([undefined, [T0 + 3000]]);
  expect(cut.fromMs).toBe(T0 + 2001);
  const all = await tables.readRecent("default", [ID], T0, 100);
  expect(all.series[0]?.times).toHaveLength(4);
  expect(all.fromMs).toBe(T0);
});

it("keeps every value bit for bit, whole or not", async () => {
  const values = Float64Array.from([
    0,
    -0,
    -1,
    0.1,
    1e300,
    -5e-324,
    9e15,
    2 ** 53,
    2 ** 63,
    -(2 ** 70),
    Infinity,
    -Infinity,
    Number.NaN,
    123_456_789,
    4096.5,
    0,
    0,
  ]);
  const words = wordsOf(values);
  writeStale(words, values.length - 2);
  writeHistogramMarker(words, values.length - 1);
  const times = Float64Array.from(values, (_, i) => T0 - 3_600_000 + i);
  const ids = new BigUint64Array(values.length).fill(77n);
  await tables.insertSamples("bits", [{ ids, times, values }], "bits");
  const [found] = await tables.readSamples("bits", [77n], 0, T0);
  expect(found?.times).toEqual(times);
  expect([...wordsOf(found?.values.slice() ?? new Float64Array(0))]).toEqual([...words]);
  const { series } = await tables.readRecent("bits", [77n], 0, 100);
  expect([...wordsOf(series[0]?.values.slice() ?? new Float64Array(0))]).toEqual([...words]);
});

it("answers series by their place, each in order of time, from parts that are not merged", async () => {
  const ids = [900n, 5n, 2n ** 63n, 6n];
  for (let part = 0; part < 6; part++) {
    const rows = ids.slice(0, 3).flatMap((id, n) =>
      Array.from({ length: 20 }, (_, i) => ({
        id,
        // Parts of the third series lie between one another.
        time: T0 - 86_400_000 + (n === 2 ? i * 60_000 + part : (5 - part) * 1_200_000 + i * 60_000),
      })),
    );
    await tables.insertSamples(
      "parts",
      [
        {
          ids: BigUint64Array.from(rows, ({ id }) => id),
          times: Float64Array.from(rows, ({ time }) => time),
          values: Float64Array.from(rows, ({ time }) => time / 7),
        },
      ],
      `parts-${part}`,
    );
  }
  const found = await tables.readSamples("parts", ids, -1e15, 1e16);
  expect(found.map((one) => one?.times.length)).toEqual([120, 120, 120, undefined]);
  for (const one of found) {
    const times = [...(one?.times ?? [])];
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect([...(one?.values ?? [])]).toEqual(times.map((time) => time / 7));
  }
  const some = await tables.readSamples(
    "parts",
    ids,
    T0 - 86_400_000 + 60_000,
    T0 - 86_340_000 + 1,
  );
  expect(some.map((one) => one?.times.length)).toEqual([1, 1, 2, undefined]);
});

it("counts rows by two-hour bucket, the newest first", async () => {
  const counted = await tables.countSamples(T0 - 90_000_000, T0 - 70_000_000);
  expect(counted.reduce((sum, { rows }) => sum + rows, 0)).toBeGreaterThanOrEqual(360);
  expect(counted.map(({ startMs }) => startMs % 7_200_000)).toEqual(counted.map(() => 0));
  const starts = counted.map(({ startMs }) => startMs);
  expect(starts).toEqual(starts.toSorted((a, b) => b - a));
});

it("answers while another query is under way", async () => {
  const slow = driver.rows("SELECT sleep(2) AS s");
  const first = [slow.then(() => "slow"), tables.ping(60_000).then(() => "quick")];
  expect(await Promise.race(first)).toBe("quick");
  await slow;
});

it("stops a query that takes longer than it may, and goes on", async () => {
  await expect(
    driver.rows("SELECT count() FROM numbers(1e12) WHERE cityHash64(number) = 7", {
      timeoutMs: 1000,
    }),
  ).rejects.toThrow(/TIMEOUT_EXCEEDED/);
  await tables.ping(5000);
});

it("refuses data that a newer version wrote", async () => {
  await driver.command("INSERT INTO schema_migrations (name) VALUES ('999-from-the-future.sql')");
  await expect(tables.migrate()).rejects.toThrow(/newer version.*999-from-the-future/);
});
