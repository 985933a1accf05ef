import { expect, test } from "vitest";

import { LabelTree } from "./label-tree.ts";

const labels = (agent: string, model: string, tool = "") => ({ agent, model, tool });

test("finds what was set under the same values, and nothing else", () => {
  const tree = new LabelTree<number>();
  tree.set(labels("planner", "m1"), 1);
  tree.set(labels("planner", "m2"), 2);
  tree.set(labels("", "m1"), 3);
  expect(tree.get(labels("planner", "m1"))).toBe(1);
  expect(tree.get(labels("planner", "m2"))).toBe(2);
  expect(tree.get(labels("", "m1"))).toBe(3);
  expect(tree.get(labels("m1", ""))).toBeUndefined();
  expect(tree.get(labels("planner", "m1", "search"))).toBeUndefined();
});

test("tells values apart that look alike one behind the other", () => {
  const tree = new LabelTree<string>();
  tree.set(labels("a", "bc"), "a bc");
  tree.set(labels("ab", "c"), "ab c");
  expect([tree.get(labels("a", "bc")), tree.get(labels("ab", "c"))]).toEqual(["a bc", "ab c"]);
});

test("takes values that are names of an object's own", () => {
  const tree = new LabelTree<number>();
  tree.set(labels("__proto__", "constructor", "size"), 1);
  expect(tree.get(labels("__proto__", "constructor", "size"))).toBe(1);
  expect(tree.get(labels("__proto__", "constructor", "get"))).toBeUndefined();
});

test("forgets one and keeps its neighbours", () => {
  const tree = new LabelTree<number>();
  tree.set(labels("planner", "m1", "a"), 1);
  tree.set(labels("planner", "m1", "b"), 2);
  tree.delete(labels("planner", "m1", "a"));
  tree.delete(labels("planner", "never", "there"));
  expect(tree.get(labels("planner", "m1", "a"))).toBeUndefined();
  expect(tree.get(labels("planner", "m1", "b"))).toBe(2);
  tree.delete(labels("planner", "m1", "b"));
  tree.set(labels("planner", "m1", "a"), 3);
  expect(tree.get(labels("planner", "m1", "a"))).toBe(3);
});
