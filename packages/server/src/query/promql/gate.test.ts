import { describe, expect, it } from "vitest";

import { Gate } from "./gate.ts";

const LONG_MS = 60_000;
const open = new AbortController().signal;
const gateOf = (limits: { maxConcurrency: number; maxQueue: number }) =>
  new Gate({ maxConcurrency: () => limits.maxConcurrency, maxQueue: () => limits.maxQueue });

describe("the gate", () => {
  it("lets as many in as may run, the others in the order they came", async () => {
    const gate = gateOf({ maxConcurrency: 1, maxQueue: 10 });
    const order: number[] = [];
    const leaveFirst = await gate.enter(open, LONG_MS);
    const others = [1, 2, 3].map(async (i) => {
      const leave = await gate.enter(open, LONG_MS);
      order.push(i);
      leave();
    });
    expect([gate.running, gate.waiting]).toEqual([1, 3]);
    leaveFirst();
    await Promise.all(others);
    expect(order).toEqual([1, 2, 3]);
    expect([gate.running, gate.waiting]).toEqual([0, 0]);
  });

  it("turns away who comes when the queue is full", async () => {
    const gate = gateOf({ maxConcurrency: 1, maxQueue: 0 });
    const leave = await gate.enter(open, LONG_MS);
    await expect(gate.enter(open, LONG_MS)).rejects.toMatchObject({
      code: "overloaded",
      status: 503,
    });
    leave();
    (await gate.enter(open, LONG_MS))();
  });

  it("says why a wait ended without its turn", async () => {
    const gate = gateOf({ maxConcurrency: 1, maxQueue: 10 });
    const leave = await gate.enter(open, LONG_MS);
    await expect(gate.enter(open, 1)).rejects.toMatchObject({
      type: "timeout",
      message: "query timed out in query queue",
    });
    const controller = new AbortController();
    const waiting = gate.enter(controller.signal, LONG_MS);
    controller.abort();
    await expect(waiting).rejects.toMatchObject({
      type: "canceled",
      message: "query was canceled in query queue",
    });
    await expect(gate.enter(controller.signal, LONG_MS)).rejects.toMatchObject({
      type: "canceled",
    });
    leave();
    expect([gate.running, gate.waiting]).toEqual([0, 0]);
  });

  it("fills up again slowly when the limit was lowered", async () => {
    const limits = { maxConcurrency: 2, maxQueue: 10 };
    const gate = gateOf(limits);
    const [first, second] = [await gate.enter(open, LONG_MS), await gate.enter(open, LONG_MS)];
    limits.maxConcurrency = 1;
    const third = gate.enter(open, LONG_MS);
    first();
    expect([gate.running, gate.waiting]).toEqual([1, 1]);
    second();
    (await third)();
    expect(gate.running).toBe(0);
  });
});
