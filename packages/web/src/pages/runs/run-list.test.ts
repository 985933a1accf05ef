import type { TraceHeatmap, TraceSummary } from "@fleetlight/contract";
import { describe, expect, test } from "vitest";

import {
  parseRunSearch,
  parseRunsSearch,
  readRegion,
  runPart,
  withoutRun,
  writeRegion,
} from "../../app/run-search.ts";
import { changeOf } from "./compare.ts";
import { cellsBetween, cornerAt, countIn, placeOf, regionOf, strengthOf } from "./heatmap.ts";
import { readColumns, steady, USUAL_COLUMNS } from "./run-list.ts";
import { costWords, runState } from "./run-words.ts";

const run = (id: string, spans = 1) => ({ trace_id: id, spans }) as TraceSummary;
const RUN = "0af7651916cd43dd8448eb211c80319c";

describe("addresses", () => {
  test("keep only what they may say", () => {
    expect(
      parseRunsSearch({
        q: "x",
        errors: true,
        hours: 6,
        sort: "longest",
        run: RUN,
        live: false,
        a: 1,
      }),
    ).toEqual({ q: "x", errors: true, hours: 6, sort: "longest", run: RUN, live: false });
    expect(
      parseRunsSearch({ q: "", errors: "yes", hours: 5, sort: "x", run: "../x", region: "1,2" }),
    ).toEqual({});
    expect(parseRunSearch({ span: "zz", view: "conversation", with: "x", find: 7 })).toEqual({
      view: "conversation",
      find: "7",
    });
  });

  test("part what is the run's from what is the list's", () => {
    const search = parseRunsSearch({ q: "x", run: RUN, view: "flame", span: "00000000000000aa" });
    expect(withoutRun(search)).toEqual({ q: "x" });
    expect(runPart(search)).toEqual({ view: "flame", span: "00000000000000aa" });
  });

  test.each([
    "",
    "1,2,3",
    "2,1,0,1",
    "1,2,3,3",
    "a,2,0,1",
    "1,2,0,Infinity",
    "1,2,0,1,9",
    "1,,0,1",
  ])("%j is no region", (written) => expect(readRegion(written)).toBeUndefined());

  test("a region is read as it was written", () => {
    const region = { from: 100, to: 200, least: 0.5, most: 8 };
    expect(readRegion(writeRegion(region))).toEqual(region);
  });
});

describe("a list that goes on", () => {
  test("shows what is new at once, unless somebody is on it", () => {
    const before = [run("b"), run("a")];
    const fresh = [run("c"), run("b", 9), run("a")];
    expect(steady(before, fresh, false)).toEqual({ shown: fresh, waiting: 0 });
    expect(steady(before, fresh, true)).toEqual({ shown: [run("b", 9), run("a")], waiting: 1 });
    expect(steady([], fresh, true).shown).toBe(fresh);
  });

  test.each([
    [undefined, USUAL_COLUMNS],
    ["{", USUAL_COLUMNS],
    ['["models","lasted","evil"]', ["lasted", "models"]],
    ["[]", []],
  ])("columns remembered as %s", (text, expected) => expect(readColumns(text)).toEqual(expected));
});

describe("the heat map", () => {
  const map: TraceHeatmap = {
    start: "2026-11-21T10:00:00.000Z",
    end: "2026-11-21T10:10:00.000Z",
    step_seconds: 60,
    columns: 10,
    duration_bounds: [0.1, 1, 10, 100],
    cells: [
      { column: 0, row: 0, traces: 5, errors: 0 },
      { column: 3, row: 2, traces: 2, errors: 1 },
    ],
    traces: 7,
    errors: 1,
  };

  test("has short runs at its bottom", () => {
    expect(cornerAt(map, 0, 0.99)).toEqual({ column: 0, row: 0 });
    expect(cornerAt(map, 0.35, 0)).toEqual({ column: 3, row: 2 });
    expect(cornerAt(map, 7, -7)).toEqual({ column: 9, row: 2 });
  });

  test("a rectangle of cells is a region, and lies where it was drawn", () => {
    const cells = cellsBetween({ column: 3, row: 2 }, { column: 2, row: 1 });
    const region = regionOf(map, cells);
    const start = Date.parse(map.start) / 1000;
    expect(region).toEqual({ from: start + 120, to: start + 240, least: 1, most: 100 });
    const place = placeOf(map, region);
    expect(place?.left).toBeCloseTo(0.2, 6);
    expect(place?.width).toBeCloseTo(0.2, 6);
    expect(place?.top).toBeCloseTo(0, 6);
    expect(place?.height).toBeCloseTo(2 / 3, 6);
    expect(placeOf(map, { ...region, from: 1, to: 2 })).toBeUndefined();
  });

  test("counts what is inside, and draws much stronger than little", () => {
    const all = cellsBetween({ column: 0, row: 0 }, { column: 9, row: 2 });
    expect(countIn(map, all)).toEqual({ traces: 7, errors: 1 });
    expect(countIn(map, { ...all, fromColumn: 1 })).toEqual({ traces: 2, errors: 1 });
    expect(strengthOf(0, 5)).toBe(0);
    expect(strengthOf(5, 5)).toBe(1);
    expect(strengthOf(1, 1000)).toBeLessThan(0.3);
  });
});

const side = (seconds: number, errors = 0) =>
  ({ seconds, errors }) as NonNullable<Parameters<typeof changeOf>[0]>;

test.each([
  [side(1), null, "gone"],
  [null, side(1), "new"],
  [side(1), side(1.05), "same"],
  [side(0.0001), side(0.0009), "same"],
  [side(1), side(2), "slower"],
  [side(2), side(1), "faster"],
  [side(1), side(1, 1), "broken"],
  [side(1, 1), side(9), "mended"],
])("%o against %o is %s", (a, b, kind) => expect(changeOf(a, b).kind).toBe(kind));

test("sums say which part of them nobody knows", () => {
  expect(costWords({ cost_usd: 1.5, cost_unknown_calls: 0 })).toBe("$1.50");
  expect(costWords({ cost_usd: null, cost_unknown_calls: 2 })).toBe("2 calls of unknown price");
  expect(costWords({ cost_usd: 0.5, cost_unknown_calls: 1 })).toBe(
    "$0.5 and 1 call of unknown price",
  );
  expect(runState({ state: "done", errors: 1 })).toBe("errors");
  expect(runState({ state: "stale", errors: 1 })).toBe("stale");
});
