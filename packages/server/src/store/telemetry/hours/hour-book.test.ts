import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";

import { openChdb } from "../drivers/chdb.ts";
import type { Driver } from "../drivers/types.ts";
import { SqlTables } from "../sql-tables.ts";
import { gapsOf, HOUR_MS, HourBook, type HourRun } from "./hour-book.ts";

const T0 = Date.UTC(2026, 5, 10, 12);
const MINUTE_MS = 60_000;

let directory = "";
let driver: Driver;
let nowMs = T0;
let tenant = "";
let filled: string[] = [];

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "fleetlight-hours-"));
  driver = openChdb(join(directory, "telemetry"));
  await new SqlTables(driver).migrate();
});
afterAll(async () => {
  await driver.close();
  await rm(directory, { recursive: true, force: true });
});
beforeEach((context) => {
  nowMs = T0;
  tenant = context.task.id;
  filled = [];
});

const open = () => new HourBook(driver, "edges", () => nowMs);
const insert = async (book: HourBook, ...hours: number[]) =>
  (
    await book.beforeInsert(
      tenant,
      hours.map((hour) => T0 + hour * HOUR_MS + MINUTE_MS),
    )
  )();
const fill = (book: HourBook, during = async () => {}) =>
  book.fill(
    {
      closedAfterMs: 10 * MINUTE_MS,
      quietMs: 5 * MINUTE_MS,
      signal: new AbortController().signal,
    },
    async (who, run) => {
      if (who === tenant) filled.push(shown([run])[0] ?? "");
      await during();
    },
  );
const shown = (runs: readonly Pick<HourRun, "startMs" | "endMs">[]) =>
  runs.map(({ startMs, endMs }) => `${(startMs - T0) / HOUR_MS}..${(endMs - T0) / HOUR_MS}`);
const known = async (book: HourBook, from = -24, to = 24) =>
  shown(await book.filled(tenant, T0 + from * HOUR_MS, T0 + to * HOUR_MS));

it("fills an hour when it is over and nothing of it has come for a while, and remembers it", async () => {
  const book = open();
  await insert(book, 0);
  nowMs = T0 + HOUR_MS + 9 * MINUTE_MS;
  await fill(book);
  expect(filled).toEqual([]);
  nowMs += MINUTE_MS;
  await fill(book);
  expect(filled).toEqual(["0..1"]);
  expect(await known(book, 0)).toEqual(["0..1"]);
  await fill(book);
  expect(filled).toEqual(["0..1"]);
  expect(await known(open(), 0)).toEqual(["0..1"]);
});

it("leaves an hour alone from before a late insert until it is filled anew, also after a restart", async () => {
  const book = open();
  await insert(book, 0, 1);
  nowMs = T0 + 3 * HOUR_MS;
  await fill(book);
  expect(await known(book, 0, 2)).toEqual(["0..2"]);
  await insert(book, 0);
  for (const one of [book, open()]) expect(await known(one, 0, 2)).toEqual(["1..2"]);
  await fill(book);
  expect(filled).toEqual(["0..2"]);
  nowMs += 5 * MINUTE_MS;
  await fill(book);
  expect(filled).toEqual(["0..2", "0..1"]);
  const [first, second] = await book.filled(tenant, T0, T0 + 2 * HOUR_MS);
  expect(first?.version).toBeGreaterThan(second?.version ?? 0);
});

it("does not count an hour into which rows came while it was filled, or are on their way", async () => {
  const book = open();
  nowMs = T0 - 30 * MINUTE_MS;
  await insert(book, -5, -2);
  nowMs = T0;
  await fill(book, () => insert(book, -2));
  expect(await known(book)).toEqual(["-5..-4"]);
  nowMs += HOUR_MS;
  const inserted = await book.beforeInsert(tenant, [T0 - 2 * HOUR_MS]);
  nowMs += HOUR_MS;
  filled = [];
  await fill(book);
  expect(filled).not.toContain("-2..-1");
  inserted();
  await fill(book);
  expect(await known(book, -2, -1)).toEqual(["-2..-1"]);
});

it("fills what is asked for and was never filled, the newest hours first and a few at a time", async () => {
  const book = open();
  expect(await known(book, -8)).toEqual([]);
  await fill(book);
  expect(filled).toEqual(["-7..-1", "-8..-7"]);
  expect(await known(book, -8)).toEqual(["-8..-7", "-7..-1"]);
  expect(shown(await book.filled(tenant, T0 - 7.5 * HOUR_MS, T0 - 2.5 * HOUR_MS))).toEqual([
    "-7..-3",
  ]);
});

it("hears within half a minute what another server says of an hour", async () => {
  const [one, other] = [open(), open()];
  await known(one, -3);
  await fill(one);
  expect(await known(other, -3)).toEqual(["-3..-1"]);
  nowMs += HOUR_MS;
  await insert(other, -2);
  nowMs += MINUTE_MS;
  expect(await known(one, -3, -1)).toEqual(["-3..-2"]);
});

it("tells what lies between runs", () => {
  const run = (from: number, to: number) => ({ startMs: from, endMs: to, version: 1 });
  expect(gapsOf(0, 10, [])).toEqual([{ startMs: 0, endMs: 10 }]);
  expect(gapsOf(0, 10, [run(0, 4), run(6, 10)])).toEqual([{ startMs: 4, endMs: 6 }]);
  expect(gapsOf(1, 9, [run(3, 5)])).toEqual([
    { startMs: 1, endMs: 3 },
    { startMs: 5, endMs: 9 },
  ]);
});
