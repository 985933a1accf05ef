import { expect, it } from "vitest";

import { toldWithin, withTold } from "./remarks.ts";

it("are told for the steps of their evaluations, and no longer", () => {
  const first = withTold([], ["a", "b"], { fromMs: 0, toMs: 100, keptFromMs: 0 });
  const both = withTold(first, ["b", "c"], { fromMs: 110, toMs: 150, keptFromMs: 0 });
  expect(toldWithin(both, 0, 100)).toEqual(["a", "b"]);
  expect(toldWithin(both, 100, 150)).toEqual(["a", "b", "c"]);
  expect(toldWithin(both, 110, 150)).toEqual(["b", "c"]);
  expect(toldWithin(both, 160, 200)).toEqual([]);
});

it("are forgotten with the steps before what is kept", () => {
  const first = withTold([], ["a"], { fromMs: 0, toMs: 100, keptFromMs: 0 });
  expect(withTold(first, [], { fromMs: 110, toMs: 150, keptFromMs: 100 })).toEqual(first);
  expect(withTold(first, [], { fromMs: 110, toMs: 150, keptFromMs: 101 })).toEqual([]);
});
