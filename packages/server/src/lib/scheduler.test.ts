import { setTimeout as sleep } from "node:timers/promises";

import { afterEach, describe, expect, it, vi } from "vitest";

import { AFTER_ERROR_MS, createScheduler, type Scheduler } from "./scheduler.ts";

let scheduler: Scheduler;

afterEach(async () => {
  vi.useRealTimers();
  await scheduler.stop();
});

const START = 1_800_000_000_000;

function fakeClock(): void {
  vi.useFakeTimers({ now: START });
}

describe("the scheduler", () => {
  it("runs jobs in the order of their times, each at its own pace", async () => {
    fakeClock();
    scheduler = createScheduler({ now: Date.now });
    const runs: string[] = [];
    const job = (name: string, everyMs: number) => (dueMs: number) => {
      runs.push(`${name}@${dueMs - START}`);
      expect(Date.now()).toBe(dueMs);
      return dueMs + everyMs;
    };
    scheduler.add("slow", START + 1000, job("slow", 5000));
    scheduler.add("fast", START + 500, job("fast", 2000));
    await vi.advanceTimersByTimeAsync(6500);
    expect(runs).toEqual([
      "fast@500",
      "slow@1000",
      "fast@2500",
      "fast@4500",
      "slow@6000",
      "fast@6500",
    ]);
  });

  it("keeps thousands of jobs in order while some are taken out", async () => {
    fakeClock();
    scheduler = createScheduler({ now: Date.now });
    const seen: number[] = [];
    let seed = 7;
    for (let index = 0; index < 3000; index++) {
      seed = (seed * 48_271) % 2_147_483_647;
      scheduler.add(`job ${index}`, START + (seed % 10_000), (dueMs) => {
        seen.push(dueMs);
        return null;
      });
    }
    for (let index = 0; index < 3000; index += 3) scheduler.remove(`job ${index}`);
    expect(scheduler.stats()).toEqual({ jobs: 2000, running: 0, waiting: 0 });
    await vi.advanceTimersByTimeAsync(10_001);
    expect(seen.length).toBe(2000);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(scheduler.stats().jobs).toBe(0);
  });

  it("never lets a job overlap itself and goes on with the others", async () => {
    fakeClock();
    scheduler = createScheduler({ now: Date.now });
    let underWay = 0;
    let most = 0;
    let others = 0;
    scheduler.add("long", START, async (dueMs) => {
      underWay++;
      most = Math.max(most, underWay);
      await new Promise((resolve) => setTimeout(resolve, 700));
      underWay--;
      return Math.max(dueMs + 100, Date.now());
    });
    scheduler.add("short", START, (dueMs) => {
      others++;
      return dueMs + 100;
    });
    await vi.advanceTimersByTimeAsync(2050);
    expect(most).toBe(1);
    expect(others).toBe(21);
    scheduler.remove("long");
    await vi.advanceTimersByTimeAsync(1000);
    expect(scheduler.stats()).toMatchObject({ jobs: 1, running: 0 });
  });

  it("holds at most as many runs as allowed and serves the one that waited longest", async () => {
    scheduler = createScheduler({ now: Date.now, maxConcurrency: () => 2 });
    const order: string[] = [];
    let release: (() => void)[] = [];
    const begin = Date.now();
    for (const [index, name] of ["a", "b", "c", "d"].entries()) {
      scheduler.add(name, begin - 100 + index, async () => {
        order.push(name);
        await new Promise<void>((resolve) => release.push(resolve));
        return null;
      });
    }
    await sleep(30);
    expect(order).toEqual(["a", "b"]);
    expect(scheduler.stats()).toEqual({ jobs: 4, running: 2, waiting: 2 });
    release[0]?.();
    await sleep(30);
    expect(order).toEqual(["a", "b", "c"]);
    for (const one of release) one();
    release = [];
    await sleep(30);
    expect(order).toEqual(["a", "b", "c", "d"]);
    for (const one of release) one();
  });

  it("reports a run that throws and tries again later", async () => {
    fakeClock();
    const errors: string[] = [];
    scheduler = createScheduler({
      now: Date.now,
      onError: (error, key) => errors.push(`${key}: ${(error as Error).message}`),
    });
    let runs = 0;
    scheduler.add("bad", START, () => {
      runs++;
      if (runs === 1) throw new Error("broken");
      return null;
    });
    await vi.advanceTimersByTimeAsync(AFTER_ERROR_MS - 1);
    expect(runs).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(runs).toBe(2);
    expect(errors).toEqual(["bad: broken"]);
  });

  it("forgets what a replaced or removed job would do next", async () => {
    fakeClock();
    scheduler = createScheduler({ now: Date.now });
    const runs: string[] = [];
    const job = (name: string) => async (dueMs: number) => {
      runs.push(name);
      await new Promise((resolve) => setTimeout(resolve, 50));
      return dueMs + 100;
    };
    scheduler.add("x", START, job("old"));
    await vi.advanceTimersByTimeAsync(10);
    scheduler.add("x", START + 20, job("new"));
    await vi.advanceTimersByTimeAsync(100);
    expect(runs).toEqual(["old", "new"]);
    scheduler.remove("x");
    await vi.advanceTimersByTimeAsync(1000);
    expect(runs).toEqual(["old", "new"]);
  });

  it("brings a job forward, never back", async () => {
    fakeClock();
    scheduler = createScheduler({ now: Date.now });
    const runs: number[] = [];
    scheduler.add("x", START + 500, (dueMs) => {
      runs.push(dueMs - START);
      return dueMs + 10_000;
    });
    scheduler.advance("x", START + 900);
    scheduler.advance("unknown", START);
    await vi.advanceTimersByTimeAsync(600);
    scheduler.advance("x", START + 700);
    await vi.advanceTimersByTimeAsync(200);
    expect(runs).toEqual([500, 700]);
  });

  it("goes on when the clock is set back by an hour", async () => {
    fakeClock();
    let offsetMs = 0;
    scheduler = createScheduler({ now: () => Date.now() + offsetMs });
    let runs = 0;
    scheduler.add("x", START, (dueMs) => {
      runs++;
      return dueMs + 1000;
    });
    await vi.advanceTimersByTimeAsync(2500);
    expect(runs).toBe(3);
    offsetMs = -3_600_000;
    await vi.advanceTimersByTimeAsync(4000);
    expect(runs).toBeGreaterThanOrEqual(6);
  });

  it("waits at its stop for what is under way and starts nothing more", async () => {
    scheduler = createScheduler({ now: Date.now });
    let ended = false;
    let late = 0;
    scheduler.add("long", 0, async () => {
      await sleep(60);
      ended = true;
      return Date.now();
    });
    scheduler.add("later", Date.now() + 40, () => {
      late++;
      return null;
    });
    await sleep(20);
    await scheduler.stop();
    expect(ended).toBe(true);
    await sleep(40);
    expect(late).toBe(0);
  });
});
