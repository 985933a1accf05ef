import { describe, expect, it } from "vitest";

import { Labels } from "../../labels.ts";
import type { VectorMatching } from "../../syntax/ast.ts";
import { groupLabels, ResultLabels } from "./result-labels.ts";
import { signatures } from "./signature.ts";

const of = (labels: Record<string, string>): Labels => Labels.fromObject(labels);

describe("signatures", () => {
  it.each([
    [true, ["job"], { job: "a", i: "1" }, { job: "a", i: "2" }, true],
    [true, ["job"], { job: "a" }, { job: "b" }, false],
    [true, ["job", "zone"], { job: "a", zone: "b" }, { job: "b", zone: "a" }, false],
    [true, ["job", "zone"], { job: "a" }, { zone: "a" }, false],
    [true, ["none"], { job: "a" }, { job: "b" }, true],
    [true, [], { job: "a" }, {}, true],
    [true, ["__name__"], { __name__: "a" }, { __name__: "b" }, false],
    [false, [], { __name__: "a", job: "a" }, { __name__: "b", job: "a" }, true],
    [false, ["i"], { job: "a", i: "1" }, { job: "a" }, true],
    [false, ["i"], { job: "a" }, { job: "b" }, false],
    [false, [], { a: "bc" }, { ab: "c" }, false],
    [false, [], { a: "1", b: "2" }, { a: "1" }, false],
  ])("by %s %j: %j and %j agree: %s", (by, names, a, b, agree) => {
    const numbers = signatures(by, names);
    const first = numbers.number(of(a));
    expect(numbers.number(of(b)) === first).toBe(agree);
    expect(numbers.find(of(a))).toBe(first);
    expect(numbers.count).toBe(agree ? 1 : 2);
  });

  it("are found only after they were numbered", () => {
    for (const numbers of [
      signatures(true, ["job"]),
      signatures(false, []),
      signatures(true, []),
    ]) {
      expect(numbers.find(of({ job: "a" }))).toBe(-1);
      expect(numbers.number(of({ job: "a" }))).toBe(0);
      expect(numbers.find(of({ job: "a" }))).toBe(0);
    }
  });
});

describe("labels of results", () => {
  const matching = (part: Partial<VectorMatching>): VectorMatching => ({
    cardinality: "one-to-one",
    on: false,
    labels: [],
    include: [],
    fillLeft: undefined,
    fillRight: undefined,
    ...part,
  });
  const many = of({ __name__: "m", __type__: "counter", a: "1", b: "2", z: "3" });
  const one = of({ __name__: "o", a: "1", c: "4", z: "5" });

  it.each([
    ["+", {}, { a: "1", b: "2", z: "3" }],
    ["==", {}, { __name__: "m", __type__: "counter", a: "1", b: "2", z: "3" }],
    ["+", { on: true, labels: ["a", "__name__"] }, { a: "1" }],
    ["==", { on: true, labels: ["a", "__name__"] }, { __name__: "m", a: "1" }],
    ["+", { labels: ["b", "z"] }, { a: "1" }],
    [
      "+",
      { cardinality: "many-to-one", on: true, labels: ["a"], include: ["z", "c"] },
      { a: "1", b: "2", c: "4", z: "5" },
    ],
    [
      "==",
      { cardinality: "many-to-one", on: true, labels: ["a"], include: ["b"] },
      { __name__: "m", __type__: "counter", a: "1", z: "3" },
    ],
    [
      "+",
      { cardinality: "one-to-many", labels: ["b", "c", "z"], include: ["__name__"] },
      { __name__: "o", a: "1", b: "2", z: "3" },
    ],
  ] as const)("of %s with %j", (op, part, expected) => {
    const labels = new ResultLabels(op, matching(part as Partial<VectorMatching>)).of(many, one);
    expect(labels.toObject()).toEqual(expected);
    expect(labels.key).toBe(of(expected).key);
  });

  it("of a match group are those that are compared", () => {
    expect(groupLabels(many, matching({ on: true, labels: ["a", "q"] })).toObject()).toEqual({
      a: "1",
    });
    expect(groupLabels(one, matching({ labels: ["a"] })).toObject()).toEqual({ c: "4", z: "5" });
  });
});
