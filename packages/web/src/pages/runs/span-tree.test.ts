import { describe, expect, test } from "vitest";

import { columnsOf, RunSpans, type RunSpan } from "./run-spans.ts";
import { atOnce, inSlices, sortedBy, type Steps } from "./slices.ts";
import {
  ancestorsOf,
  belowOf,
  IN_A_CIRCLE,
  PARENT_MISSING,
  treeSteps,
  visibleLines,
} from "./span-tree.ts";

const START_NS = 1_780_000_000_000_000_000n;

/** A name as an id: the numbers of its letters. */
const idOf = (name: string): string =>
  [...name].map((letter) => letter.charCodeAt(0).toString(16)).join("");

const span = (id: string, parent: string, startMs: number, seconds = 1): RunSpan => ({
  span_id: idOf(id),
  parent_span_id: idOf(parent),
  name: id,
  service: "s",
  start_ns: String(START_NS + BigInt(startMs) * 1_000_000n),
  duration_seconds: seconds,
});

const treeOf = (spans: RunSpan[]) => atOnce(treeSteps(new RunSpans(columnsOf(spans))));

const drawn = (spans: RunSpan[], folded: string[] = []) => {
  const tree = treeOf(spans);
  return [...visibleLines(tree, new Set(folded.map((name) => idOf(name).padStart(16, "0"))))].map(
    (line) => " ".repeat(tree.depthOf[line] ?? 0) + tree.spans.at(tree.spanOf[line] ?? 0)?.name,
  );
};

describe("the tree of a run", () => {
  const run = [span("a", "", 0), span("d", "a", 30), span("b", "a", 10), span("c", "b", 20)];

  test("has each span below its parent, siblings by start, whatever order they came in", () => {
    expect(drawn(run)).toEqual(["a", " b", "  c", " d"]);
    expect(drawn(run.toReversed())).toEqual(["a", " b", "  c", " d"]);
  });

  test("hides what is below folded spans, and knows how much that is", () => {
    expect(drawn(run, ["b", "unknown"])).toEqual(["a", " b", " d"]);
    expect(belowOf(treeOf(run), 0)).toBe(3);
    expect(belowOf(treeOf(run), 2)).toBe(0);
  });

  test("gives each span the agent of the nearest one above", () => {
    const [a, d, b, c] = run as [RunSpan, RunSpan, RunSpan, RunSpan];
    const tree = treeOf([{ ...a, agent: "lead" }, d, { ...b, agent: "helper" }, c]);
    expect(tree.agentOf).toEqual(["lead", "lead", "helper", "helper"]);
  });

  test("names what is above a span, nearest first", () => {
    expect(ancestorsOf(treeOf(run), 2).map(({ name }) => name)).toEqual(["b", "a"]);
  });

  test.each([
    ["a parent that never came", [span("a", "gone", 0)], ["a"], [PARENT_MISSING]],
    ["its own parent", [span("a", "a", 0)], ["a"], [IN_A_CIRCLE]],
    [
      "a circle with something hanging from it",
      [span("a", "b", 0), span("b", "a", 1), span("c", "b", 2)],
      ["a", " b", "  c"],
      [IN_A_CIRCLE, 0, 0],
    ],
    [
      "a circle whose member has a sibling that comes later",
      [span("b", "a", 1), span("a", "b", 0), span("z", "b", 9), span("r", "", 5)],
      ["r", "a", " b", "  z"],
      [0, IN_A_CIRCLE, 0, 0],
    ],
    ["one id twice", [span("a", "", 0), span("a", "", 1)], ["a", "a"], [0, 0]],
    ["nothing at all", [], [], []],
  ])("shows %s", (_, spans, lines, odd) => {
    expect(drawn(spans)).toEqual(lines);
    const { oddOf, spanOf } = treeOf(spans);
    expect([...spanOf].map((own) => oddOf[own])).toEqual(odd);
  });

  test("counts time in which no child was at work, overlapping children once", () => {
    const tree = treeOf([
      span("a", "", 0, 10),
      span("b", "a", 1000, 3),
      span("c", "a", 2000, 3),
      span("d", "a", 9000, 5),
    ]);
    // 1 to 5 s are b's and c's, 9 to 10 s are d's, which goes on when its parent has ended.
    expect(tree.selfOf[0]).toBeCloseTo(5, 6);
    expect(tree.lengthSeconds).toBeCloseTo(14, 6);
    expect([...tree.startOf].map((at) => Math.round(at))).toEqual([0, 1, 2, 9]);
  });

  test("100,000 spans in one chain are no deeper than any other", () => {
    const chain = Array.from({ length: 100_000 }, (_, i) => span(`s${i}`, `s${i - 1}`, i));
    const tree = treeOf(chain.toReversed());
    expect(tree.depthOf.at(-1)).toBe(99_999);
    expect(tree.endOf[0]).toBe(100_000);
  });
});

describe("work in slices", () => {
  function* count(to: number): Steps<number> {
    for (let at = 0; at < to; at++) yield;
    return to;
  }

  test("rests whenever a slice is over, and goes on", async () => {
    let ms = 0;
    let rests = 0;
    const rest = async () => void (rests += 1);
    expect(await inSlices(count(100), { now: () => (ms += 1), rest })).toBe(100);
    expect(rests).toBeGreaterThan(5);
  });

  test("ends when nobody waits any more", async () => {
    const stop = new AbortController();
    const rest = async () => stop.abort();
    let ms = 0;
    expect(await inSlices(count(1e9), { signal: stop.signal, now: () => (ms += 9), rest })).toBe(
      undefined,
    );
  });

  test("orders by key, equal keys as they were", () => {
    const keys = Float64Array.from({ length: 10_000 }, (_, at) => (at * 7919) % 101);
    const sorted = [...atOnce(sortedBy(keys))];
    const expected = [...keys.keys()].sort((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0) || a - b);
    expect(sorted).toEqual(expected);
  });
});
