import { describe, expect, it } from "vitest";

import { seededRandom } from "../testing/random-expression.ts";
import { Budget } from "./budget.ts";
import { sortPausing } from "./sort.ts";

const budget = () =>
  new Budget({ maxSamples: 1, timeoutMs: 60_000, signal: new AbortController().signal });

interface Item {
  key: number;
  at: number;
}
const byKey = (a: Item, b: Item) => a.key - b.key;

describe("sorting with pauses", () => {
  const random = seededRandom(7);
  it.each([
    [0, "nothing", () => 0],
    [1, "one", () => 0],
    [2048, "one part", () => random()],
    [10_001, "parts", () => Math.floor(random() * 50)],
    [6000, "what is in order", (at: number) => at],
    [6000, "what is in the opposite order", (at: number) => -at],
    [5000, "what is all the same", () => 1],
  ])("sorts %i: %s, stably", async (count, _, key) => {
    const list: Item[] = Array.from({ length: count }, (__, at) => ({ key: key(at), at }));
    const expected = list.toSorted(byKey);
    expect(await sortPausing(list, byKey, budget())).toEqual(expected);
  });

  it("ends when the query is cancelled", async () => {
    const controller = new AbortController();
    const own = new Budget({ maxSamples: 1, timeoutMs: 60_000, signal: controller.signal });
    const list = Array.from({ length: 20_000 }, (_, at) => ({ key: -at, at }));
    controller.abort();
    const slow = (a: Item, b: Item) => {
      for (let i = 0; i < 2000; i++) if (a.key === i + 0.5) return 0;
      return byKey(a, b);
    };
    await expect(sortPausing(list, slow, own)).rejects.toThrow("canceled");
  });
});
