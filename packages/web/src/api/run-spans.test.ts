import type { LeanSpan } from "@fleetlight/contract";
import { expect, test } from "vitest";

import { columnsOf } from "../pages/runs/run-spans.ts";
import { loadRun, type LoadedRun, type RunPart } from "./run-spans.ts";

const SPANS = 100;
const PART = 10;

const idOf = (at: number): string => (at + 1).toString(16).padStart(16, "0");

const span = (at: number): LeanSpan => ({
  span_id: idOf(at),
  ...(at > 0 && { parent_span_id: idOf(0) }),
  name: "step",
  service: "fleet",
  start_ns: String(1_780_000_000_000_000_000n + BigInt(at)),
  duration_seconds: 1,
});

/** A server that has a hundred spans, of which it gives ten at a time. */
const ask = async (from: string | undefined): Promise<RunPart> => {
  const start = Number(from ?? 0);
  const spans = Array.from({ length: PART }, (_, at) => span(start + at));
  return { columns: columnsOf(spans), next: start + PART < SPANS ? String(start + PART) : null };
};

const sizes = (seen: readonly LoadedRun[]) => seen.map(({ tree }) => tree.spans.length);

test("a run is loaded part by part, and shown whenever it has doubled", async () => {
  const seen: LoadedRun[] = [];
  const run = await loadRun(ask, (part) => seen.push(part));
  expect(run.whole).toBe(true);
  expect(Array.from({ length: SPANS }, (_, at) => run.tree.spans.at(at))).toEqual(
    Array.from({ length: SPANS }, (_, at) => span(at)),
  );
  expect(sizes(seen)).toEqual([10, 20, 40, 80]);
  expect(seen.every(({ whole }) => !whole)).toBe(true);
});

test("an answer that leads nowhere ends the loading", async () => {
  const stuck = async (): Promise<RunPart> => ({ columns: columnsOf([span(0)]), next: "again" });
  const run = await loadRun(stuck, () => undefined);
  expect(run.tree.spans.length).toBeLessThanOrEqual(2);
});

test("a part that fails is no run", async () => {
  const failing = async (from: string | undefined) => {
    if (from !== undefined) throw new Error("gone");
    return ask(from);
  };
  await expect(loadRun(failing, () => undefined)).rejects.toThrow("gone");
});
