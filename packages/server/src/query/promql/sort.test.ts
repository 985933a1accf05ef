import { expect, it } from "vitest";

import { sortInTurns } from "./sort.ts";

it.each([0, 1, 4096, 4097, 8192, 50_001])(
  "%d entries are sorted, equal ones as they came",
  async (length) => {
    let state = 7;
    const entries = Array.from({ length }, (_, i) => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return { key: state % 1000, i };
    });
    const compare = (a: { key: number }, b: { key: number }) => a.key - b.key;
    expect(await sortInTurns(entries, compare)).toEqual(entries.toSorted(compare));
  },
);

it("others get their turn meanwhile", async () => {
  let turns = 0;
  const count = setInterval(() => turns++, 0);
  await sortInTurns(
    Array.from({ length: 200_000 }, (_, i) => (i * 7919) % 200_003),
    (a, b) => a - b,
  );
  clearInterval(count);
  expect(turns).toBeGreaterThan(3);
});
