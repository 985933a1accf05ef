import { afterEach, describe, expect, it } from "vitest";

import { listenForStop, stopWithin, type StopSignal } from "./signals.ts";

const wait = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

describe("listenForStop", () => {
  let signal: StopSignal | undefined;
  afterEach(() => signal?.release());

  it("asks to stop at the first signal and forces it at a later one, but not at npm's copy of the first", async () => {
    let forced = 0;
    signal = listenForStop(() => forced++);
    process.kill(process.pid, "SIGINT");
    expect(await signal.requested).toBe("SIGINT");
    process.kill(process.pid, "SIGINT");
    await wait(100);
    expect(forced).toBe(0);
    await wait(500);
    process.kill(process.pid, "SIGTERM");
    await wait(100);
    expect(forced).toBe(1);
  });
});

describe("stopWithin", () => {
  it("waits for a stop that ends, and no longer than the limit for one that does not", async () => {
    let ended = false;
    const orderly = await stopWithin(1000, async () => {
      await wait(10);
      ended = true;
    });
    expect([orderly, ended]).toEqual([true, true]);
    expect(await stopWithin(20, () => new Promise(() => undefined))).toBe(false);
  });

  it("passes on why a stop failed", async () => {
    await expect(stopWithin(1000, () => Promise.reject(new Error("flush failed")))).rejects.toThrow(
      "flush failed",
    );
  });
});
