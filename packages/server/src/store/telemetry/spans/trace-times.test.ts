import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterEach, beforeEach, expect, it } from "vitest";

import { openChdb } from "../drivers/chdb.ts";
import type { Driver } from "../drivers/types.ts";
import { quietOptions } from "../fixture.ts";
import { createTelemetryStore } from "../store.ts";
import type { TelemetryStore } from "../types.ts";
import { Conditions } from "./conditions.ts";
import { spanRecord } from "./fixture.ts";
import { placeOf } from "./trace-times.ts";

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2026, 4, 31, 23, 50);
const TRACE = "a".repeat(32);

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "fleetlight-times-"));
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

const withStore = async <T>(job: (store: TelemetryStore) => Promise<T>): Promise<T> => {
  const options = quietOptions(START_MS + DAY_MS, { tracesMs: 365 * DAY_MS });
  const store = await createTelemetryStore({ dataDir }, options);
  try {
    return await job(store);
  } finally {
    await store.close();
  }
};

const withDriver = async <T>(job: (driver: Driver) => Promise<T>): Promise<T> => {
  const driver = openChdb(join(dataDir, "telemetry"));
  try {
    return await job(driver);
  } finally {
    await driver.close();
  }
};

const span = (traceId: string, minutes: number, content = "") =>
  spanRecord(
    {
      traceId,
      spanId: minutes.toString(16).padStart(16, "0"),
      startNs: `${START_MS + minutes * 60_000}000001`,
    },
    content === "" ? [] : [{ name: "input", text: content, truncated: false }],
  );

/** Over the end of a month, in two inserts, among many others. */
const fill = (store: TelemetryStore) =>
  [
    [span(TRACE, 0, "first"), span(TRACE, 5)],
    [span(TRACE, 700, "last"), span(TRACE, -3)],
    Array.from({ length: 20_000 }, (_, i) => span(i.toString(16).padStart(32, "0"), i % 1400)),
  ].reduce(async (before, records) => {
    await before;
    await store.spans.append("default", records);
    await store.flush();
  }, Promise.resolve());

const startsOf = async ({ spans }: TelemetryStore) =>
  (await spans.trace("default", TRACE, 100)).map(
    ({ startNs }) => Number(BigInt(startNs) / 60_000_000_000n) - START_MS / 60_000,
  );

it("finds all spans and contents of a trace, whenever they came and wherever they are", () =>
  withStore(async (store) => {
    await fill(store);
    expect(await startsOf(store)).toEqual([-3, 0, 5, 700]);
    expect([...(await store.spans.content("default", TRACE)).keys()].length).toBe(2);
    expect(await store.spans.trace("other", TRACE, 100)).toEqual([]);
    expect(await store.spans.trace("default", "b".repeat(32), 100)).toEqual([]);
    const both = await store.spans.leanOf("default", [TRACE, "1".padStart(32, "0")], 100);
    expect(both.length).toBe(5);
  }));

it("finds spans that were there before the table of times", async () => {
  await withStore(fill);
  await withDriver(async (driver) => {
    for (const sql of [
      "DROP VIEW trace_times_of_spans",
      "DROP TABLE trace_times",
      "ALTER TABLE schema_migrations DELETE WHERE name = '020-trace-times.sql' SETTINGS mutations_sync = 1",
    ])
      await driver.command(sql);
  });
  expect(await withStore(startsOf)).toEqual([-3, 0, 5, 700]);
});

it("reads a few granules, not an index over all", async () => {
  await withStore(fill);
  const conditions = new Conditions();
  const { before, where } = placeOf(conditions, "default", ["2a".padStart(32, "0")]);
  const plan = await withDriver((driver) =>
    driver.rows<{ explain: string }>(
      `EXPLAIN indexes = 1 ${before} SELECT span_id FROM spans WHERE ${where}`,
      {
        parameters: conditions.parameters,
      },
    ),
  );
  const text = plan.map(({ explain }) => explain).join("\n");
  const [, read, all] = /PrimaryKey[\s\S]*?Granules: (\d+)\/(\d+)/.exec(text) ?? [];
  expect(Number(all)).toBeGreaterThan(9);
  expect(Number(read)).toBeLessThan(3);
});
