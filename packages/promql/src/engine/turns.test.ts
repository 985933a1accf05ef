import { expect, it } from "vitest";

import { turns } from "./turns.ts";

const nextTurn = () => new Promise<void>((resolve) => setImmediate(resolve));

it("lets what was waiting run first", async () => {
  let ran = false;
  setImmediate(() => (ran = true));
  await turns.next();
  expect(ran).toBe(true);
});

it("lets one go on per turn of the event loop, in the order in which they gave way", async () => {
  const order: string[] = [];
  const worker = async (name: string) => {
    for (let round = 0; round < 3; round++) {
      await turns.next();
      order.push(name);
    }
  };
  const looks: number[] = [];
  let working = true;
  const watch = async () => {
    for (let seen = 0; working; seen = order.length) {
      await nextTurn();
      looks.push(order.length - seen);
    }
  };
  const watching = watch();
  await Promise.all(["a", "b", "c"].map(worker));
  working = false;
  await watching;
  expect(order.join("")).toBe("abcabcabc");
  expect(Math.max(...looks)).toBe(1);
});

it("gives those that begin in one turn the same slice, and later ones another", async () => {
  await turns.next();
  const first = turns.sliceEnd();
  expect(turns.sliceEnd()).toBe(first);
  await nextTurn();
  await nextTurn();
  expect(turns.sliceEnd()).toBeGreaterThan(first);
});

it("begins a slice for whoever goes on", async () => {
  const before = performance.now();
  await turns.next();
  expect(turns.sliceEnd()).toBeGreaterThan(before);
});
