import { describe, expect, it } from "vitest";

import { compareBytes, Labels } from "./labels.ts";

describe("a label set with another label", () => {
  const labels = Labels.fromObject({ b: "2", d: "4" });
  it.each([
    ["a", "1", { a: "1", b: "2", d: "4" }],
    ["c", "3", { b: "2", c: "3", d: "4" }],
    ["e", "5", { b: "2", d: "4", e: "5" }],
    ["b", "x", { b: "x", d: "4" }],
    ["d", "", { b: "2" }],
    ["c", "", { b: "2", d: "4" }],
    ["\u{1F600}", "x", { b: "2", d: "4", "\u{1F600}": "x" }],
  ])("%s=%j is in order", (name, value, expected) => {
    const changed = labels.with(name, value);
    expect(changed.toObject()).toEqual(expected);
    expect(changed.key).toBe(Labels.fromObject(expected).key);
    expect(changed.names).toEqual(changed.names.toSorted(compareBytes));
  });

  it("leaves the first as it was", () => {
    labels.with("b", "x");
    expect(labels.toObject()).toEqual({ b: "2", d: "4" });
    expect(labels.with("b", "2")).toBe(labels);
  });
});
