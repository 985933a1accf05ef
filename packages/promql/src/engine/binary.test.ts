import { describe, expect, it } from "vitest";

import { createHistogram } from "../histogram/index.ts";
import { askOnce, askRange, failureOf } from "../testing/ask.ts";

const histogram = (count: number) =>
  createHistogram({
    count,
    sum: count,
    positiveSpans: [{ offset: 0, length: 1 }],
    positiveBuckets: [count],
  });
const custom = createHistogram({
  schema: -53,
  count: 1,
  sum: 1,
  customValues: [1],
  positiveSpans: [{ offset: 0, length: 1 }],
  positiveBuckets: [1],
});

describe("scalars", () => {
  it.each([
    ["7 + 2", 9],
    ["7 - 2", 5],
    ["7 * 2", 14],
    ["7 / 2", 3.5],
    ["-7 % 3", -1],
    ["-7 % 0", NaN],
    ["2 ^ 3 ^ 2", 512],
    ["1 ^ NaN", 1],
    ["10 atan2 -10", 2.356194490192345],
    ["1 == bool NaN", 0],
    ["NaN != bool NaN", 1],
    ["1 < bool 2", 1],
    ["1 >= bool 2", 0],
    ["-(3 + 4)", -7],
    ["+3", 3],
  ])("%s is %d", async (text, expected) => {
    expect((await askOnce({}, text)).rows).toEqual([["", expected]]);
  });
});

describe("a vector and a scalar", () => {
  const load = { 'a{x="1"}': [1, 2, undefined, NaN], 'a{x="2"}': [5, 0, 7, -3] };

  it.each([
    ["a * 2", { '{x="1"}': [2, 4, undefined, NaN], '{x="2"}': [10, 0, 14, -6] }],
    ["10 - a", { '{x="1"}': [9, 8, undefined, NaN], '{x="2"}': [5, 10, 3, 13] }],
    [
      "a > 1",
      {
        'a{x="1"}': [undefined, 2, undefined, undefined],
        'a{x="2"}': [5, undefined, 7, undefined],
      },
    ],
    // The vector's value stays, on whichever side it stands.
    [
      "1 < a",
      {
        'a{x="1"}': [undefined, 2, undefined, undefined],
        'a{x="2"}': [5, undefined, 7, undefined],
      },
    ],
    ["a > bool 1", { '{x="1"}': [0, 1, undefined, 0], '{x="2"}': [1, 0, 1, 0] }],
    ["1 > bool a", { '{x="1"}': [0, 0, undefined, 0], '{x="2"}': [0, 1, 0, 1] }],
    ["a != NaN", { 'a{x="1"}': [1, 2, undefined, NaN], 'a{x="2"}': [5, 0, 7, -3] }],
    ["-a", { '{x="1"}': [-1, -2, undefined, NaN], '{x="2"}': [-5, -0, -7, 3] }],
    [
      "a > time() / 60",
      { 'a{x="1"}': [1, 2, undefined, undefined], 'a{x="2"}': [5, undefined, 7, undefined] },
    ],
  ])("%s", async (text, rows) => {
    expect((await askRange(load, text)).rows).toEqual(rows);
  });
});

describe("matching of vectors", () => {
  it("is on all labels but the name, and drops the name of results", async () => {
    const load = { 'a{x="1"}': [1, 2], 'b{x="1"}': [10, 20], 'b{x="2"}': [1, 1] };
    expect((await askRange(load, "a + b")).rows).toEqual({ '{x="1"}': [11, 22] });
  });

  it("keeps the left value and name where it filters", async () => {
    const load = { 'a{x="1"}': [1, 5], 'b{x="1"}': [2, 2] };
    expect((await askRange(load, "a < b")).rows).toEqual({ 'a{x="1"}': [1, undefined] });
    expect((await askRange(load, "b < on(x) group_left() a")).rows).toEqual({
      'b{x="1"}': [undefined, 2],
    });
    expect((await askRange(load, "a < bool b")).rows).toEqual({ '{x="1"}': [1, 0] });
  });

  it("does not give a dropped name back where it filters", async () => {
    const load = { 'a{x="1"}': [1], 'b{x="1"}': [2] };
    expect((await askRange(load, "-a < -b or abs(a) < b")).rows).toEqual({ '{x="1"}': [1] });
  });

  it("follows rows of the one side that take turns", async () => {
    const load = {
      'a{x="1"}': [1, 1, 1],
      'info{x="1",v="old"}': [10, undefined, undefined],
      'info{x="1",v="new"}': [undefined, undefined, 20],
    };
    expect((await askRange(load, "a * on(x) group_left(v) info")).rows).toEqual({
      '{v="old", x="1"}': [10, undefined, undefined],
      '{v="new", x="1"}': [undefined, undefined, 20],
    });
    expect((await askRange(load, "a * on(x) info")).rows).toEqual({
      '{x="1"}': [10, undefined, 20],
    });
  });

  it("joins rows whose labels become equal", async () => {
    const load = {
      'a{x="1",p="u"}': [1, undefined],
      'a{x="1",p="v"}': [undefined, 2],
      'b{x="1"}': [10, 10],
    };
    expect((await askRange(load, "a + ignoring(p) b")).rows).toEqual({ '{x="1"}': [11, 12] });
  });

  it("takes included labels from the one side, and takes them away where it has none", async () => {
    const load = {
      'a{x="1",v="mine"}': [1],
      'a{x="2",v="mine"}': [1],
      'info{x="1",v="theirs",zone="z"}': [2],
      'info{x="2"}': [3],
    };
    const rows = { '{v="theirs", x="1", zone="z"}': [2], '{x="2"}': [3] };
    expect((await askRange(load, "a * on(x) group_left(zone, v) info")).rows).toEqual(rows);
    expect((await askRange(load, "info * on(x) group_right(v, zone) a")).rows).toEqual(rows);
  });

  it("swaps back for group_right", async () => {
    const load = { 'one{x="1"}': [100], 'many{x="1",p="u"}': [1], 'many{x="1",p="v"}': [2] };
    expect((await askRange(load, "one - on(x) group_right() many")).rows).toEqual({
      '{p="u", x="1"}': [99],
      '{p="v", x="1"}': [98],
    });
    expect((await askRange(load, "one > on(x) group_right() many")).rows).toEqual({
      'many{p="u", x="1"}': [100],
      'many{p="v", x="1"}': [100],
    });
  });

  it("gives rows of instant queries in the order of the many side", async () => {
    const load = { 'a{x="3"}': [1], 'a{x="1"}': [1], 'a{x="2"}': [1], 'b{k="k"}': [1] };
    const { rows } = await askOnce(load, "a + on() group_left() b");
    expect(rows.map(([name]) => name)).toEqual(['{x="3"}', '{x="1"}', '{x="2"}']);
  });

  it("leaves out type and unit of what is computed", async () => {
    const load = {
      'a{__type__="counter",__unit__="s",x="1"}': [1, undefined],
      'a{__type__="gauge",__unit__="s",x="1"}': [undefined, 3],
    };
    expect((await askRange(load, "a + a")).rows).toEqual({ '{x="1"}': [2, 6] });
  });
});

describe("errors of matching", () => {
  const duplicates = {
    'a{x="1"}': [1, 1],
    'b{p="v",x="1"}': [1, 1],
    'b{p="u",x="1"}': [undefined, 1],
    'c{p="1"}': [1, 1],
    'c{p="2"}': [1, 1],
  };
  const pair = '[{__name__="b", p="u", x="1"}, {__name__="b", p="v", x="1"}]';
  const unique = ";many-to-many matching not allowed: matching labels must be unique on one side";
  const explicit =
    "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)";

  it.each([
    [
      "a + on(x) b",
      `found duplicate series for the match group {x="1"} on the right hand-side of the operation: ${pair}${unique}`,
    ],
    [
      "b + on(x) group_right() a",
      `found duplicate series for the match group {x="1"} on the left hand-side of the operation: ${pair}${unique}`,
    ],
    [
      "a + ignoring(p) b",
      `found duplicate series for the match group {x="1"} on the right hand-side of the operation: ${pair}${unique}`,
    ],
    [
      // Several on both sides: named as they were found, the later one first.
      "c + on() c",
      `found duplicate series for the match group {} on the right hand-side of the operation: [{__name__="c", p="2"}, {__name__="c", p="1"}]${unique}`,
    ],
    ["b + on(x) a", explicit],
    ["b > on(x) a", explicit],
    ["b == bool on(x) a", explicit],
    [
      "(b or a) + on(x) group_left(p) a",
      "multiple matches for labels: grouping labels must ensure unique matches",
    ],
  ])("%s", async (text, message) => {
    expect(await failureOf(askRange(duplicates, text))).toBe(message);
  });

  it("come at the step where upstream meets them first", async () => {
    const load = {
      'a{p="u",x="1"}': [1, 1],
      'a{p="v",x="1"}': [1, 1],
      'b{p="u",x="1"}': [1, 1],
      'b{p="v",x="1"}': [undefined, 1],
    };
    expect(await failureOf(askRange(load, "a + on(x) b"))).toBe(explicit);
  });

  it("do not come where the other side is empty", async () => {
    const load = {
      'a{x="1"}': [1, undefined],
      'b{p="u",x="1"}': [1, 1],
      'b{p="v",x="1"}': [undefined, 1],
    };
    expect((await askRange(load, "a + on(x) b")).rows).toEqual({ '{x="1"}': [2, undefined] });
  });

  it("come also where a filter takes the first of two equal results away", async () => {
    const load = {
      'a{x="1",v="u"}': [1, 1],
      'a{x="1",v="w"}': [undefined, 9],
      'b{x="1",v="k"}': [5, 5],
    };
    const text = "a > on(x) group_left(v) b";
    expect(await failureOf(askRange(load, text))).toBe(
      "multiple matches for labels: grouping labels must ensure unique matches",
    );
    const turns = { ...load, 'a{x="1",v="u"}': [1, undefined] };
    expect((await askRange(turns, text)).rows).toEqual({ 'a{v="k", x="1"}': [undefined, 9] });
  });

  it("tell of equal labels of different groups", async () => {
    const load = { 'a{x="1"}': [1], 'b{x="1"}': [1] };
    const text = '{x="1"} + on(__name__, x) {x="1"}';
    const message = "vector cannot contain metrics with the same labelset";
    expect(await failureOf(askOnce(load, text))).toBe(message);
    expect(await failureOf(askRange({ 'a{x="1"}': [1, 1], 'b{x="1"}': [1, 1] }, text))).toBe(
      message,
    );
  });
});

describe("fill values", () => {
  const load = {
    'a{x="1"}': [1, undefined, 3],
    'b{x="1"}': [undefined, 20, 30],
    'b{x="2"}': [100, 200, undefined],
  };

  it.each([
    ["a + fill(0) b", { '{x="1"}': [1, 20, 33], '{x="2"}': [100, 200, undefined] }],
    ["a + fill_right(7) b", { '{x="1"}': [8, undefined, 33] }],
    ["a - fill_left(7) b", { '{x="1"}': [undefined, -13, -27], '{x="2"}': [-93, -193, undefined] }],
    ["a > fill_right(2) b", {}],
    ["a < fill_right(2) b", { 'a{x="1"}': [1, undefined, 3] }],
    // As upstream, the fill values change sides with the operands: fill_left is that of the many side.
    ["a - on(x) group_right() fill_left(7) b", { '{x="1"}': [-6, undefined, -27] }],
  ])("%s", async (text, rows) => {
    expect((await askRange(load, text)).rows).toEqual(rows);
  });
});

describe("sets", () => {
  const load = {
    'a{x="1"}': [1, 2, undefined],
    'a{x="2"}': [3, undefined, 4],
    'b{x="1"}': [undefined, 5, 6],
  };

  it.each([
    ["a and b", { 'a{x="1"}': [undefined, 2, undefined] }],
    ["a unless b", { 'a{x="1"}': [1, undefined, undefined], 'a{x="2"}': [3, undefined, 4] }],
    [
      "a or b",
      {
        'a{x="1"}': [1, 2, undefined],
        'a{x="2"}': [3, undefined, 4],
        'b{x="1"}': [undefined, undefined, 6],
      },
    ],
    [
      "a and on() b",
      { 'a{x="1"}': [undefined, 2, undefined], 'a{x="2"}': [undefined, undefined, 4] },
    ],
    [
      "b or on() a",
      {
        'b{x="1"}': [undefined, 5, 6],
        'a{x="1"}': [1, undefined, undefined],
        'a{x="2"}': [3, undefined, undefined],
      },
    ],
    ["nothing or a{x='1'}", { 'a{x="1"}': [1, 2, undefined] }],
    ["nothing and a", {}],
    ["a{x='1'} unless nothing", { 'a{x="1"}': [1, 2, undefined] }],
    ["(a{x='1'} > 1) or a{x='1'}", { 'a{x="1"}': [1, 2, undefined] }],
  ])("%s", async (text, rows) => {
    expect((await askRange(load, text)).rows).toEqual(rows);
  });

  it("of equal labels at one step fail", async () => {
    const text =
      'label_replace(a{x="1"}, "k", "1", "", "") or label_replace(a{x="1"}, "k", "2", "", "")';
    const same = `label_replace(${text}, "k", "", "", "")`;
    expect(await failureOf(askRange(load, same))).toBe(
      "vector cannot contain metrics with the same labelset",
    );
  });

  it("of one step keep their order", async () => {
    const { rows } = await askOnce(load, "b or a");
    expect(rows).toEqual([
      ['a{x="1"}', 1],
      ['a{x="2"}', 3],
    ]);
  });
});

describe("histograms", () => {
  const load = {
    h: [histogram(2), histogram(2), 4, histogram(1)],
    g: [histogram(3), 5, 6, custom],
    f: [2, 2, 2, 2],
  };
  const two = "{count:2, sum:2, (0.5,1]:2}";

  it.each([
    ["h * 2", ["{count:4, sum:4, (0.5,1]:4}", "{count:4, sum:4, (0.5,1]:4}", 8, two], [], []],
    [
      "3 * h",
      [
        "{count:6, sum:6, (0.5,1]:6}",
        "{count:6, sum:6, (0.5,1]:6}",
        12,
        "{count:3, sum:3, (0.5,1]:3}",
      ],
      [],
      [],
    ],
    [
      "h / f",
      [
        "{count:1, sum:1, (0.5,1]:1}",
        "{count:1, sum:1, (0.5,1]:1}",
        2,
        "{count:0.5, sum:0.5, (0.5,1]:0.5}",
      ],
      [],
      [],
    ],
    [
      "-h",
      [
        "{count:-2, sum:-2, (0.5,1]:-2}",
        "{count:-2, sum:-2, (0.5,1]:-2}",
        -4,
        "{count:-1, sum:-1, (0.5,1]:-1}",
      ],
      [],
      [],
    ],
    [
      "h + 1",
      [undefined, undefined, 5, undefined],
      [],
      [
        'PromQL info: incompatible sample types encountered for binary operator "+": histogram + float (1:1)',
      ],
    ],
    [
      "1 / h",
      [undefined, undefined, 0.25, undefined],
      [],
      [
        'PromQL info: incompatible sample types encountered for binary operator "/": float / histogram (1:1)',
      ],
    ],
    [
      "h == bool 4",
      [undefined, undefined, 1, undefined],
      [],
      [
        'PromQL info: incompatible sample types encountered for binary operator "==": histogram == float (1:1)',
      ],
    ],
    [
      "h + g",
      ["{count:5, sum:5, (0.5,1]:5}", undefined, 10, undefined],
      ["PromQL warning: incompatible bucket layout encountered for binary operator + (1:1)"],
      [
        'PromQL info: incompatible sample types encountered for binary operator "+": histogram + float (1:1)',
      ],
    ],
    [
      "f </ f",
      undefined,
      [],
      [
        'PromQL info: incompatible sample types encountered for binary operator "</": float </ float (1:1)',
      ],
    ],
    [
      "f >/ 2",
      undefined,
      [],
      [
        'PromQL info: incompatible sample types encountered for binary operator ">/": float >/ float (1:1)',
      ],
    ],
    ["h != bool on() h", [0, 0, 0, 0], [], []],
  ])("%s", async (text, row, warnings, infos) => {
    const got = await askRange(load, text);
    expect(got).toEqual({ rows: row ? { "{}": row } : {}, warnings, infos });
  });

  it("that are equal pass a filter with their name", async () => {
    expect((await askRange(load, "h == on() h")).rows).toEqual({
      "{}": [two, two, 4, "{count:1, sum:1, (0.5,1]:1}"],
    });
    expect((await askRange(load, "h == h")).rows).toEqual({
      "h{}": [two, two, 4, "{count:1, sum:1, (0.5,1]:1}"],
    });
  });
});

describe("limits", () => {
  it("bound the rows that labels of the one side multiply", async () => {
    const steps = 60;
    const load: Record<string, (number | undefined)[]> = {};
    for (let i = 0; i < steps; i++) {
      load[`info{v="${i}"}`] = Array.from({ length: steps }, (_, step) =>
        step === i ? 1 : undefined,
      );
      load[`a{i="${i}"}`] = Array.from({ length: steps }, () => 1);
    }
    const text = "count(a * on() group_left(v) info)";
    expect((await askRange(load, text)).rows["{}"]?.[0]).toBe(steps);
    expect(await failureOf(askRange(load, text, { maxSamples: 100_000 }))).toContain(
      "too many samples",
    );
  });
});
