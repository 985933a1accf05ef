import { beforeEach, expect, it } from "vitest";

import { HOUR_MS, hourOf, RollupHours } from "./rollup-hours.ts";
import { MemoryRollups } from "./rollup-memory.ts";

const T0 = Date.UTC(2026, 5, 10, 12);
const at = (...times: number[]) => Float64Array.from(times);
const fillAll = async (hours: RollupHours) => {
  for (const { tenant, hourMs } of hours.waiting())
    await hours.fill(tenant, hourMs, async () => true);
  await hours.advance(T0);
};

let tables: MemoryRollups;
let hours: RollupHours;
beforeEach(() => {
  tables = new MemoryRollups();
  // A clock that stands still: nothing may depend on its going on.
  hours = new RollupHours(tables, () => T0);
});
const afterRestart = async () => {
  const next = new RollupHours(tables, () => T0);
  await next.load();
  return next;
};

it("counts a sample on the hour to the hour before", () => {
  expect([T0 - 1, T0, T0 + 1].map(hourOf)).toEqual([T0 - HOUR_MS, T0 - HOUR_MS, T0]);
});

it("has an hour filled only when it was looked at and nothing came since", async () => {
  const hourMs = T0 - 2 * HOUR_MS;
  hours.touch("a", at(hourMs + 1), 1);
  expect(hours.isFilled("a", hourMs)).toBe(false);
  await fillAll(hours);
  expect(hours.isFilled("a", hourMs)).toBe(true);
  expect(hours.isFilled("a", T0)).toBe(false);
  hours.touch("a", at(T0, hourMs + 5), 1);
  expect(hours.isFilled("a", hourMs)).toBe(true);
  hours.touch("a", at(hourMs + 5), 1);
  expect(hours.isFilled("a", hourMs)).toBe(false);
  expect(hours.isFilled("b", hourMs)).toBe(true);
});

it("does not take an hour for filled into which a sample came during the filling", async () => {
  const hourMs = T0 - 2 * HOUR_MS;
  hours.touch("a", at(hourMs + 1), 1);
  const filled = await hours.fill("a", hourMs, async () => {
    hours.touch("a", at(hourMs + 2), 1);
    return true;
  });
  expect(filled).toBe(false);
  await hours.advance(T0);
  expect(hours.isFilled("a", hourMs)).toBe(false);
  expect(hours.seenMs).toBe(hourMs);
});

it("knows after a crash of every hour whose late samples reached the tables", async () => {
  const hourMs = T0 - 5 * HOUR_MS;
  hours.touch("a", at(hourMs + 1), 1);
  await fillAll(hours);
  expect((await afterRestart()).isFilled("a", hourMs)).toBe(true);
  hours.touch("a", at(hourMs + 2), 1);
  await hours.beforeInsert("a", [{ times: at(hourMs + 2) }]);
  const crashed = await afterRestart();
  expect(crashed.isFilled("a", hourMs)).toBe(false);
  expect(crashed.isFilled("a", hourMs + HOUR_MS)).toBe(true);
  await fillAll(crashed);
  expect((await afterRestart()).isFilled("a", hourMs)).toBe(true);
});

it("goes on waiting when filling fails", async () => {
  const hourMs = T0 - 2 * HOUR_MS;
  hours.touch("a", at(hourMs + 1), 1);
  await expect(hours.fill("a", hourMs, () => Promise.reject(new Error("no disk")))).rejects.toThrow(
    "no disk",
  );
  await hours.advance(T0);
  expect(hours.isFilled("a", hourMs)).toBe(false);
  expect(hours.waiting()).toMatchObject([{ tenant: "a", hourMs, touchedMs: T0 }]);
});

it("never has an hour filled whose samples were dropped while it waited", async () => {
  const hourMs = T0 - 9 * HOUR_MS;
  hours.touch("a", at(hourMs + 1), 1);
  hours.forget(hourMs + 1);
  await hours.advance(T0);
  expect(hours.waiting()).toEqual([]);
  expect(hours.isFilled("a", hourMs)).toBe(false);
});
