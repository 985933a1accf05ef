import { expect, it, vi } from "vitest";

import { Turns } from "./turns.ts";

/** Keeps the event loop for so long. */
function work(ms: number): void {
  for (const endMs = performance.now() + ms; performance.now() < endMs;);
}

it("maps all items in their order, and lets others have a turn meanwhile", async () => {
  const other = vi.fn<() => void>();
  setImmediate(other);
  const seen: number[] = [];
  const items = Array.from({ length: 1000 }, (_, at) => at);
  const made = await new Turns().map(items, (item) => {
    work(0.05);
    seen.push(other.mock.calls.length);
    return item * 2;
  });
  expect(made).toEqual(items.map((item) => item * 2));
  expect(seen.at(0)).toBe(0);
  expect(seen.at(-1)).toBe(1);
});

it("of nothing makes nothing", async () => {
  expect(await new Turns().map([], () => 1)).toEqual([]);
});
