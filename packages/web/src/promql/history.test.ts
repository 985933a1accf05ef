import { expect, test } from "vitest";

import { HISTORY_LIMIT, readHistory, remember } from "./history.ts";

const memory = (start?: string) => {
  let kept: string | null = start ?? null;
  return {
    getItem: () => kept,
    setItem: (_key: string, value: string) => {
      kept = value;
    },
  };
};

test("the latest expression is first, and none is there twice", () => {
  const storage = memory();
  for (const one of ["up", " down ", "up", ""]) remember(storage, one);
  expect(readHistory(storage)).toEqual(["up", "down"]);
});

test("it is bounded, in number and in length", () => {
  const storage = memory();
  for (let index = 0; index < HISTORY_LIMIT + 5; index += 1) remember(storage, `up + ${index}`);
  remember(storage, "x".repeat(5000));
  expect(readHistory(storage)).toHaveLength(HISTORY_LIMIT);
  expect(readHistory(storage)[0]).toBe(`up + ${HISTORY_LIMIT + 4}`);
});

test.each(["nonsense", "{}", '[1,null,"up"]'])("a storage with %s does no harm", (kept) => {
  expect(readHistory(memory(kept)).filter((one) => one !== "up")).toEqual([]);
});

test("a full storage does no harm", () => {
  const full = {
    getItem: () => null,
    setItem: () => {
      throw new Error("quota exceeded");
    },
  };
  expect(() => remember(full, "up")).not.toThrow();
});
