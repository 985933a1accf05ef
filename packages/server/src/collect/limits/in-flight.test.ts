import { expect, it, vi } from "vitest";

import { InFlight } from "./in-flight.ts";

it("refuses what is too much at once, and lets it in when there is room again", async () => {
  const inFlight = new InFlight(100);
  let resolve: (text: string) => void = () => {};
  const promise = new Promise<string>((done) => (resolve = done));
  const first = inFlight.run(60, () => promise);
  await expect(inFlight.run(60, async () => "second")).rejects.toMatchObject({ status: 503 });
  expect(await inFlight.run(40, async () => "small")).toBe("small");
  resolve("first");
  expect(await first).toBe("first");
  expect(await inFlight.run(60, async () => "again")).toBe("again");
  expect(inFlight.bytes).toBe(0);
});

it("lets one alone through, however large, and gives back what a failed one had", async () => {
  const inFlight = new InFlight(100);
  await expect(inFlight.run(500, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(inFlight.bytes).toBe(0);
});

it("reads one after the other what is of moderate size, and what is large beside it", async () => {
  const inFlight = new InFlight();
  const told: string[] = [];
  const job =
    (name: string, until: Promise<void> = Promise.resolve()) =>
    async () => {
      told.push(`${name} begins`);
      await until;
      told.push(`${name} ends`);
      return name;
    };
  let end = (): void => undefined;
  const long = new Promise<void>((done) => (end = done));
  const reads = [inFlight.read(10, job("first", long)), inFlight.read(10, job("second"))];
  expect(await inFlight.read(2 << 20, job("large"))).toBe("large");
  await vi.waitFor(() => expect(told).toContain("first begins"));
  expect(told).not.toContain("second begins");
  end();
  expect(await Promise.all(reads)).toEqual(["first", "second"]);
  expect(told.slice(-3)).toEqual(["first ends", "second begins", "second ends"]);
});

it("goes on reading behind one that failed", async () => {
  const inFlight = new InFlight();
  const failed = inFlight.read(10, () => Promise.reject(new Error("broken")));
  const next = inFlight.read(10, async () => "next");
  await expect(failed).rejects.toThrow("broken");
  expect(await next).toBe("next");
});

it("gives others a turn between many that are short", async () => {
  const inFlight = new InFlight();
  let turns = 0;
  const count = (): void => {
    turns++;
    if (turns < 100) setImmediate(count);
  };
  setImmediate(count);
  const short = async () => {
    for (const endMs = performance.now() + 3; performance.now() < endMs;);
    return turns;
  };
  const seen = await Promise.all(Array.from({ length: 20 }, () => inFlight.read(10, short)));
  expect(seen.at(-1)).toBeGreaterThan(2);
});
