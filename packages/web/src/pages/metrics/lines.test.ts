import { describe, expect, test } from "vitest";

import type { Matrix } from "../../promql/columns.ts";
import { fingerprint } from "../../promql/columns.ts";
import type { Query } from "./explore-state.ts";
import { queriesOf } from "./explore-state.ts";
import { linesOf, MAX_LINES, picturesOf } from "./lines.ts";

const matrix = (...sets: Record<string, string>[]): Matrix => ({
  grid: { startMs: 0, stepMs: 1000, count: 2 },
  histograms: 0,
  series: sets.map((labels, index) => ({
    labels,
    key: fingerprint(labels),
    values: Float64Array.of(index, index + 1),
  })),
});

const query = (expression: string, legend = ""): Query => ({
  ...(queriesOf({ e: expression })[0] as Query),
  legend,
});

const labels = (one: Query, ...sets: Record<string, string>[]) =>
  linesOf([{ query: one, matrix: matrix(...sets) }]).lines.map(({ label }) => label);

describe("names of lines", () => {
  test("are what tells the series apart", () => {
    expect(
      labels(
        query("up"),
        { __name__: "up", job: "b", x: "1" },
        { __name__: "up", job: "a", x: "1" },
      ),
    ).toEqual(["a", "b"]);
  });

  test("are the expression when nothing is left of the labels", () => {
    expect(labels(query("sum(\n  up)"), {})).toEqual(["sum( up)"]);
    expect(labels(query("up"), { __name__: "up" })).toEqual(["up"]);
  });

  test("are the whole selector of an only series", () => {
    expect(labels(query("up"), { __name__: "up", job: "a" })).toEqual(['up{job="a"}']);
  });

  test("follow the format of the query, and sort as people count", () => {
    const three = ["10", "9", "1"].map((id) => ({ id }));
    expect(labels(query("up", "host {{id}}"), ...three)).toEqual(["host 1", "host 9", "host 10"]);
  });
});

describe("several queries", () => {
  const [a, b] = queriesOf({ e: ["a_bytes", "rate(b_total[5m])"] }) as [Query, Query];
  const answers = [
    { query: a, matrix: matrix({ job: "x" }, { job: "y" }) },
    { query: b, matrix: matrix({ job: "x" }) },
  ];

  test("have a family of colours each, and keys of their own", () => {
    const { lines } = linesOf(answers);
    expect(lines.map(({ colour }) => colour.hue)).toEqual([a.hue, a.hue, b.hue]);
    expect(new Set(lines.map(({ key }) => key)).size).toBe(3);
  });

  test("share a picture only when they share a unit", () => {
    const pictures = picturesOf(linesOf(answers).lines, "lines");
    expect(pictures.map(({ unit, lines }) => [unit, lines.length])).toEqual([
      ["bytes", 2],
      ["per_second", 1],
    ]);
  });

  test("stand on one another when stacked, and keep their own values", () => {
    const [picture] = picturesOf(linesOf(answers).lines, "stacked");
    const top = picture?.lines[1];
    expect([...(top?.drawn ?? [])]).toEqual([1, 3]);
    expect([...(top?.values ?? [])]).toEqual([1, 2]);
  });
});

test("one picture holds only so many lines", () => {
  const many = Array.from({ length: MAX_LINES + 20 }, (_, index) => ({ id: String(index) }));
  const { lines, total } = linesOf([{ query: query("up"), matrix: matrix(...many) }]);
  expect([lines.length, total]).toEqual([MAX_LINES, MAX_LINES + 20]);
});
