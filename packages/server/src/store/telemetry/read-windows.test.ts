import { describe, expect, it } from "vitest";

import type { Columns } from "./join.ts";
import { readWindows } from "./read-windows.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const T0 = Date.UTC(2026, 5, 1);

const columnsAt = (times: number[]): Columns | undefined =>
  times.length === 0
    ? undefined
    : { times: Float64Array.from(times), values: Float64Array.from(times, (time) => time / 2) };

/** Series by the times of their samples, and a note of every window. */
function tableOf(...series: number[][]) {
  const windows: [number, number][] = [];
  const read = async (startMs: number, endMs: number) => {
    windows.push([startMs, endMs]);
    return series.map((times) => columnsAt(times.filter((t) => t >= startMs && t <= endMs)));
  };
  return { windows, read };
}

const every = (stepMs: number, fromMs: number, toMs: number) =>
  Array.from({ length: Math.ceil((toMs - fromMs) / stepMs) }, (_, i) => fromMs + i * stepMs);

describe("windows of a long range", () => {
  it.each([
    ["begins and ends within days", T0 + 5 * HOUR_MS, T0 + 20 * DAY_MS + HOUR_MS],
    ["has whole days", T0, T0 + 10 * DAY_MS - 1],
    ["lies before 1970", -40 * DAY_MS, -3 * DAY_MS],
    ["has parts of milliseconds", T0 + 0.5, T0 + 4 * DAY_MS + 0.5],
    ["is short", T0 + 23 * HOUR_MS, T0 + 30 * HOUR_MS],
    ["is one moment", T0, T0],
  ])("hold every sample once when it %s", async (_, startMs, endMs) => {
    const often = every(HOUR_MS, Math.ceil(startMs) - DAY_MS, endMs + DAY_MS);
    const rare = every(3 * DAY_MS, Math.ceil(startMs), endMs);
    const { read, windows } = tableOf(often, [], rare);
    const found = await readWindows(read, startMs, endMs);
    expect([...(found?.(0)?.times ?? [])]).toEqual(often.filter((t) => t >= startMs && t <= endMs));
    expect([...(found?.(2)?.values ?? [])]).toEqual(
      rare.filter((t) => t >= startMs && t <= endMs).map((t) => t / 2),
    );
    expect(found?.(1)).toBeUndefined();
    expect(windows[0]?.[0]).toBe(startMs);
    expect(windows.at(-1)?.[1]).toBe(endMs);
  });

  it("are a day of dense samples, and long where there are none", async () => {
    const { read, windows } = tableOf(every(250, T0, T0 + 3 * DAY_MS));
    await readWindows(read, T0 - 36_500 * DAY_MS, T0 + 3 * DAY_MS - 1);
    expect(windows.length).toBeLessThan(12);

    const dense = tableOf(every(250, T0, T0 + 3 * DAY_MS));
    await readWindows(dense.read, T0, T0 + 3 * DAY_MS - 1);
    expect(dense.windows.map(([from]) => from)).toEqual([T0, T0 + DAY_MS, T0 + 2 * DAY_MS]);
  });

  it.each([
    ["no beginning", -Infinity, T0],
    ["no end", T0, Infinity],
    ["neither", -Infinity, Infinity],
  ])("are one when it has %s", async (_, startMs, endMs) => {
    const { read, windows } = tableOf([T0]);
    const found = await readWindows(read, startMs, endMs);
    expect([...(found?.(0)?.times ?? [])]).toEqual([T0]);
    expect(windows).toEqual([[startMs, endMs]]);
  });

  it("end early when several series have too much, but never for one alone", async () => {
    const { signal } = new AbortController();
    const minutes = every(60_000, T0, T0 + 9 * DAY_MS);
    const limits = { maxSamples: 2000, signal };
    const two = tableOf(minutes, minutes);
    expect(await readWindows(two.read, T0, T0 + 9 * DAY_MS, limits)).toBeUndefined();
    expect(two.windows).toHaveLength(1);
    const one = await readWindows(tableOf(minutes).read, T0, T0 + 9 * DAY_MS, limits);
    expect(one?.(0)?.times).toHaveLength(minutes.length);
  });

  it("end when told to", async () => {
    const controller = new AbortController();
    const { read, windows } = tableOf([T0]);
    controller.abort();
    const limits = { maxSamples: 2000, signal: controller.signal };
    expect(await readWindows(read, T0, T0 + 9 * DAY_MS, limits)).toBeUndefined();
    expect(windows).toHaveLength(1);
  });
});
