import { expect, it } from "vitest";

import { knownCost } from "./tally.ts";

it.each([
  ["what was paid", { inputTokens: 10, outputTokens: 2, costUsd: 0.5 }, 0.5],
  ["nothing where nothing was used", { inputTokens: 0, outputTokens: 0, costUsd: 0 }, 0],
  ["unknown where tokens have no price", { inputTokens: 10, outputTokens: 0, costUsd: 0 }, null],
])("the cost is %s", (_what, used, expected) => {
  expect(knownCost(used)).toBe(expected);
});
