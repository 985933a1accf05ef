import { expect, it } from "vitest";

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
