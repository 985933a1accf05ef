import { afterEach, describe, expect, it } from "vitest";

import { quietOptions, TestStores } from "../fixture.ts";
import type { TelemetryStore } from "../types.ts";
import { edgeRow } from "./fixture.ts";
import type { EdgeQuery, EdgeSum } from "./types.ts";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
const START_MS = 1_780_315_200_000;
const NOW_MS = START_MS + 3_600_000;

const hour: EdgeQuery = {
  startMs: START_MS,
  endMs: NOW_MS,
  stepMs: 3_600_000,
  without: [],
  buckets: true,
  limit: 1000,
};

const stores = new TestStores(quietOptions(NOW_MS));
let store: TelemetryStore | undefined;

const MODES = ["waiting", "in tables", "summed up"] as const;

const settle = async (mode: (typeof MODES)[number]) => {
  if (mode !== "waiting") await store?.flush();
  if (mode === "summed up") await store?.rollUp();
};

const open = async (kind: "memory" | "chdb"): Promise<TelemetryStore> => {
  return (store = await stores.open(kind));
};

afterEach(() => stores.remove());

const inOrder = (sums: readonly EdgeSum[]) =>
  sums
    .map((sum) => ({ ...sum, buckets: sum.buckets.toSorted(([a], [b]) => a - b) }))
    .toSorted((a, b) => a.step - b.step || (a.target < b.target ? -1 : 1));

describe.each(["memory", "chdb"] as const)("edges in %s", (kind) => {
  it.each(MODES)("add up over minutes and parts (%s)", async (mode) => {
    const { edges } = await open(kind);
    await edges.append("default", [
      edgeRow({ inputTokens: 10, costUsd: 0.5 }),
      edgeRow({ timeMs: START_MS + MINUTE_MS, calls: 2, errors: 1, buckets: [[90, 2]] }),
      edgeRow({ part: 7_290_000_000_000_002, outputTokens: 3 }),
      edgeRow({ targetKind: "agent", target: "writer", kind: "handoff", calls: 9, buckets: [] }),
    ]);
    await settle(mode);
    expect(inOrder(await edges.read("default", hour))).toMatchObject([
      {
        step: 0,
        target: "search",
        calls: 4,
        errors: 1,
        durationNs: 15_000_000,
        inputTokens: 10,
        outputTokens: 3,
        costUsd: 0.5,
        buckets: [
          [89, 2],
          [90, 2],
        ],
      },
      { step: 0, target: "writer", kind: "handoff", calls: 9, buckets: [] },
    ]);
    expect(await edges.read("other", hour)).toEqual([]);
    expect(await edges.read("default", { ...hour, limit: 1 })).toMatchObject([
      { target: "writer" },
    ]);
  });

  it("a later version of a row replaces it, wherever both are", async () => {
    const { edges, flush } = await open(kind);
    const calls = async () => (await edges.read("default", hour)).map((sum) => sum.calls);
    await edges.append("default", [edgeRow()]);
    await edges.append("default", [edgeRow({ version: 2, calls: 5 })]);
    expect(await calls()).toEqual([5]);
    await flush();
    expect(await calls()).toEqual([5]);
    await edges.append("default", [edgeRow({ version: 3, calls: 6 })]);
    expect(await calls()).toEqual([6]);
    await flush();
    await edges.append("default", [edgeRow({ version: 2, calls: 5 })]);
    expect(await calls()).toEqual([6]);
    await flush();
    expect(await calls()).toEqual([6]);
    await settle("summed up");
    expect(await calls()).toEqual([6]);
    await edges.append("default", [edgeRow({ version: 4, calls: 7 })]);
    expect(await calls()).toEqual([7]);
    await settle("in tables");
    expect(await calls()).toEqual([7]);
    await settle("summed up");
    expect(await calls()).toEqual([7]);
  });

  it("ranges that begin and end within hours are added up from whole hours and minutes", async () => {
    const { edges } = await open(kind);
    const rows = Array.from({ length: 300 }, (_, i) =>
      edgeRow({
        timeMs: START_MS - i * MINUTE_MS,
        part: i + 10,
        calls: i + 1,
        buckets: [[i % 7, 1]],
      }),
    );
    await edges.append("default", rows);
    await settle("summed up");
    await edges.append("default", [
      edgeRow({ timeMs: START_MS - 100 * MINUTE_MS, part: 5000, calls: 10_000, buckets: [[3, 1]] }),
    ]);
    for (const mode of MODES) {
      await settle(mode);
      for (const [from, to] of [
        [250, 20],
        [300, 0],
        [70, 65],
        [119, 59],
      ] as const) {
        const startMs = START_MS - from * MINUTE_MS;
        const endMs = START_MS - to * MINUTE_MS;
        const within = rows.filter(({ timeMs }) => timeMs >= startMs && timeMs < endMs);
        const late = from >= 100 && to < 100 ? 1 : 0;
        const [sum] = await edges.read("default", { ...hour, startMs, endMs, stepMs: DAY_MS });
        expect(sum).toMatchObject({
          step: 0,
          calls: within.reduce((all, { calls }) => all + calls, 0) + late * 10_000,
        });
        const counted = (sum?.buckets ?? []).reduce((all, [, count]) => all + count, 0);
        expect(counted).toBe(within.length + late);
      }
    }
  });

  it.each(MODES)("come by step, without parts that the caller has (%s)", async (mode) => {
    const { edges } = await open(kind);
    await edges.append("default", [
      edgeRow({ timeMs: START_MS - MINUTE_MS }),
      edgeRow(),
      edgeRow({ timeMs: START_MS + 5 * MINUTE_MS }),
      edgeRow({ timeMs: START_MS + 6 * MINUTE_MS, part: 1 }),
      edgeRow({ timeMs: NOW_MS }),
    ]);
    await settle(mode);
    const steps = async (query: Partial<EdgeQuery>) =>
      inOrder(await edges.read("default", { ...hour, stepMs: 5 * MINUTE_MS, ...query })).map(
        ({ step, calls }) => [step, calls],
      );
    expect(await steps({})).toEqual([
      [0, 1],
      [1, 2],
    ]);
    expect(await steps({ without: [{ part: 1, timeMs: START_MS + 6 * MINUTE_MS }] })).toEqual([
      [0, 1],
      [1, 1],
    ]);
    const [lean] = await edges.read("default", { ...hour, buckets: false });
    expect(lean?.buckets).toEqual([]);
  });

  it("texts are data, whatever they look like", async () => {
    const { edges, flush } = await open(kind);
    const evil = "'); DROP TABLE edges_1m; -- \n\n{x:String} \\ \u0000 \u2028 ü";
    await edges.append(evil, [edgeRow({ source: evil, target: evil, service: evil })]);
    await flush();
    expect(await edges.read(evil, hour)).toMatchObject([
      { source: evil, target: evil, service: evil, calls: 1 },
    ]);
  });

  it("nothing older than the retention is answered", async () => {
    const { edges } = await open(kind);
    await edges.append("default", [edgeRow({ timeMs: NOW_MS - 2 * DAY_MS }), edgeRow()]);
    const all = { ...hour, startMs: 0, stepMs: NOW_MS };
    for (const mode of MODES) {
      await settle(mode);
      expect((await edges.read("default", all)).map(({ calls }) => calls)).toEqual([1]);
    }
  });
});

it("edges that were acknowledged are there after a restart, also those that were not inserted yet", async () => {
  const first = await open("chdb");
  await first.edges.append("default", [edgeRow({ calls: 3 })]);
  await first.close();
  const again = await open("chdb");
  expect(await again.edges.read("default", hour)).toMatchObject([{ calls: 3 }]);
});

it("an hour that was summed up is read anew after a restart when rows came late", async () => {
  const first = await open("chdb");
  await first.edges.append("default", [edgeRow({ calls: 3 })]);
  await settle("summed up");
  await first.edges.append("default", [edgeRow({ part: 8, calls: 4 })]);
  await first.flush();
  await first.close();
  const again = await open("chdb");
  expect(await again.edges.read("default", hour)).toMatchObject([{ calls: 7 }]);
  await settle("summed up");
  expect(await again.edges.read("default", hour)).toMatchObject([{ calls: 7 }]);
});
