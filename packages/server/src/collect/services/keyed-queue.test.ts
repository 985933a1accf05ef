import { setTimeout as sleep } from "node:timers/promises";

import { expect, it } from "vitest";

import { KeyedQueue } from "./keyed-queue.ts";

it("runs tasks of one key in order and of different keys side by side", async () => {
  const queue = new KeyedQueue();
  const order: string[] = [];
  const task = (name: string, ms: number) => async () => {
    order.push(`+${name}`);
    await sleep(ms);
    order.push(`-${name}`);
    return name;
  };
  const results = await Promise.all([
    queue.run("a", task("a1", 30)),
    queue.run("a", task("a2", 1)),
    queue.run("b", task("b1", 5)),
  ]);
  expect(results).toEqual(["a1", "a2", "b1"]);
  expect(order).toEqual(["+a1", "+b1", "-b1", "-a1", "+a2", "-a2"]);
});

it("goes on after a task that fails and hands its error to its caller", async () => {
  const queue = new KeyedQueue();
  const bad = queue.run("a", () => Promise.reject(new Error("no")));
  const good = queue.run("a", async () => "yes");
  await expect(bad).rejects.toThrow("no");
  await expect(good).resolves.toBe("yes");
  await queue.settle();
});

it("joins tasks that wait, and not with one that has begun", async () => {
  const queue = new KeyedQueue();
  let state = 0;
  const written: number[] = [];
  const write = async () => {
    written.push(state);
    await sleep(10);
  };
  void queue.run("a", () => sleep(10));
  for (state = 1; state < 5; state++) queue.once("a", write);
  await sleep(15);
  state = 9;
  queue.once("a", write);
  await queue.settle();
  expect(written).toEqual([5, 9]);
});
