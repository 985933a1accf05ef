import { describe, expect, it } from "vitest";

import { Labels } from "../../labels.ts";
import { LabelNumbers } from "./label-numbers.ts";

/** All label sets of some names, each with one of some values or without. */
function sets(names: readonly string[], values: readonly string[]): Labels[] {
  let all: Record<string, string>[] = [{}];
  for (const name of names) {
    all = all.flatMap((one) => [one, ...values.map((value) => ({ ...one, [name]: value }))]);
  }
  return all.map((one) => Labels.fromObject(one));
}

describe("numbers of label sets", () => {
  it("are as many as there are keys, however many there are", () => {
    const values = Array.from({ length: 9 }, (_, i) => String(i));
    const all = sets(["a", "b", "c", "d"], values);
    expect(all).toHaveLength(10_000);
    const numbers = new LabelNumbers();
    const byKey = new Map<string, number>();
    for (const labels of all) byKey.set(labels.key, numbers.number(labels));
    expect(numbers.count).toBe(10_000);
    expect(new Set(byKey.values()).size).toBe(10_000);
    for (const labels of all.toReversed()) {
      expect(numbers.find(labels)).toBe(byKey.get(labels.key));
      expect(numbers.number(labels)).toBe(byKey.get(labels.key));
    }
    expect(numbers.count).toBe(10_000);
  });

  it("do not mind labels that are skipped", () => {
    const numbers = new LabelNumbers(new Set(["a", "c"]));
    for (const labels of sets(["a", "b", "c"], ["x", "y"])) {
      const b = Labels.fromObject({ b: labels.get("b") ?? "" });
      expect(numbers.number(labels)).toBe(numbers.number(b));
    }
    expect(numbers.count).toBe(3);
  });

  it("tell a beginning from the whole, and a name from a value", () => {
    const numbers = new LabelNumbers();
    const whole = Labels.fromObject({ a: "b", b: "a" });
    expect(numbers.number(whole)).toBe(0);
    expect(numbers.find(Labels.fromObject({ a: "b" }))).toBe(-1);
    expect(numbers.find(Labels.empty)).toBe(-1);
    expect(numbers.number(Labels.fromObject({ a: "b" }))).toBe(1);
    expect(numbers.number(Labels.fromObject({ b: "a" }))).toBe(2);
    expect(numbers.number(Labels.empty)).toBe(3);
    expect(numbers.find(whole)).toBe(0);
  });
});
