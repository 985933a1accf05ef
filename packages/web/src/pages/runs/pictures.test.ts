import { describe, expect, test } from "vitest";

import { findSteps, nextHit } from "./find-spans.ts";
import { boxesOf, flameSteps, heaviest } from "./flame.ts";
import { laneSteps } from "./lanes.ts";
import { columnsOf, RunSpans, type RunSpan } from "./run-spans.ts";
import { atOnce } from "./slices.ts";
import { treeSteps } from "./span-tree.ts";
import { ticksOf } from "./ticks.ts";

/** A name as an id: the numbers of its letters. */
const idOf = (name: string): string =>
  name &&
  [...name]
    .map((letter) => letter.charCodeAt(0).toString(16))
    .join("")
    .padStart(16, "0");

const span = (
  id: string,
  parent: string,
  startMs: number,
  seconds: number,
  more: Partial<RunSpan> = {},
): RunSpan => ({
  span_id: idOf(id),
  parent_span_id: idOf(parent),
  name: id,
  service: "fleet",
  start_ns: String(1_780_000_000_000_000_000n + BigInt(startMs) * 1_000_000n),
  duration_seconds: seconds,
  ...more,
});

const treeOf = (spans: readonly RunSpan[]) => atOnce(treeSteps(new RunSpans(columnsOf(spans))));

/** A lead that asks a helper twice; the helper calls one tool each time, the second time in vain. */
const tree = treeOf([
  span("root", "", 0, 10, { name: "invoke lead", agent: "lead" }),
  span("h1", "root", 1000, 2, { name: "invoke helper", agent: "helper" }),
  span("t1", "h1", 1500, 1, { name: "tool", tool: "look" }),
  span("h2", "root", 6000, 3, { name: "invoke helper", agent: "helper" }),
  span("t2", "h2", 6500, 1, { name: "tool", status: "error", error_type: "Timeout" }),
  span("db", "", 500, 1, { name: "select", service: "store" }),
]);

describe("the flame graph", () => {
  const root = atOnce(flameSteps(tree));

  test("adds up spans of one name below the same names", () => {
    const lead = root.children.get("lead\ninvoke lead");
    const helper = lead?.children.get("helper\ninvoke helper");
    expect(helper).toMatchObject({ spans: 2, errors: 0 });
    expect(helper?.self).toBeCloseTo(3, 6);
    expect(helper?.value).toBeCloseTo(5, 6);
    expect(helper?.children.get("helper\ntool")).toMatchObject({ spans: 2, errors: 1 });
    expect(lead?.value).toBeCloseTo(10, 6);
    expect(root.value).toBeCloseTo(11, 6);
  });

  test("fits boxes into one another, and keeps the way down when one is looked at", () => {
    const boxes = boxesOf(root);
    const lead = boxes.find(({ frame }) => frame.name === "invoke lead");
    expect(lead).toMatchObject({ row: 1, left: 0 });
    expect(lead?.width).toBeCloseTo(10 / 11, 6);
    const frame = lead?.frame.children.get("helper\ninvoke helper");
    const zoomed = boxesOf(frame ?? root);
    expect(zoomed.map(({ frame: { name }, row, width }) => [row, name, width])).toEqual([
      [0, "the whole run", 1],
      [1, "invoke lead", 1],
      [2, "invoke helper", 1],
      [3, "tool", expect.closeTo(0.4, 6)],
    ]);
  });

  test("names what takes most itself", () => {
    expect(heaviest(root, 2).map(({ name }) => name)).toEqual(["invoke lead", "invoke helper"]);
  });
});

describe("the lanes", () => {
  const { lanes, arrows } = atOnce(laneSteps(tree));

  test("are one for each agent as they began, then services without one", () => {
    expect(lanes.map(({ name, isAgent }) => [name, isAgent])).toEqual([
      ["lead", true],
      ["helper", true],
      ["store", false],
    ]);
  });

  test("show when each was at work, and what failed", () => {
    expect(lanes[1]?.busy).toBeCloseTo(5, 6);
    expect(lanes[1]?.stretches.map(({ from, failed }) => [Math.round(from), failed])).toEqual([
      [1, false],
      [6, false],
      [7, true],
    ]);
  });

  test("have an arrow whenever one sets another to work", () => {
    expect(arrows).toEqual([
      { from: 0, to: 1, at: expect.closeTo(1, 6), spanId: idOf("h1") },
      { from: 0, to: 1, at: expect.closeTo(6, 6), spanId: idOf("h2") },
    ]);
  });
});

describe("looking for words in a run", () => {
  const found = (words: string) => atOnce(findSteps(tree, words, new Map()));

  test.each([
    ["LOOK", [2]],
    ["helper tool", [2, 4]],
    ["timeout", [4]],
    ["error", [4]],
    ["nothing", []],
    ["  ", []],
  ])("%s", (words, lines) => {
    expect(found(words)).toEqual({ lines, count: lines.length });
  });

  test("texts are searched as far as they were loaded", () => {
    const full = { status_message: "", attributes: { host: "web-3" }, content: [] };
    const loaded = new Map([[idOf("t1"), full as never]]);
    expect(atOnce(findSteps(tree, "web-3", loaded)).lines).toEqual([2]);
  });

  test("goes from hit to hit and around", () => {
    const hits = { lines: [2, 4], count: 2 };
    expect(nextHit(hits, -1, 1)).toEqual({ line: 2, place: 0 });
    expect(nextHit(hits, 4, 1)).toEqual({ line: 2, place: 0 });
    expect(nextHit(hits, 2, -1)).toEqual({ line: 4, place: 1 });
    expect(nextHit({ lines: [], count: 0 }, 0, 1)).toBeUndefined();
  });
});

test.each([
  [10, 5, [0, 2, 4, 6, 8, 10]],
  [0.0031, 6, [0, 0.001, 0.002, 0.003]],
  [1e-9, 1, [0, 1e-9]],
])("ticks of %f seconds", (length, most, expected) => {
  expect(ticksOf(length, most)).toEqual(expected);
});
