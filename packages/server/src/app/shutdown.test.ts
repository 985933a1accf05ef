import { Writable } from "node:stream";

import { pino } from "pino";
import { expect, it } from "vitest";

import { Shutdown } from "./shutdown.ts";

it("runs the steps in the opposite order, each once, also after one failed, and says which", async () => {
  const lines: string[] = [];
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      lines.push(String(chunk));
      done();
    },
  });
  const logger = Object.assign(pino(output), { reconfigure: () => {}, close: async () => {} });
  const shutdown = new Shutdown(logger as never);
  const ran: string[] = [];
  shutdown.add("first", () => ran.push("first"));
  shutdown.add("second", async () => {
    throw new Error("stuck");
  });
  shutdown.add("third", async () => ran.push("third"));
  await Promise.all([shutdown.run(), shutdown.run()]);
  expect(ran).toEqual(["third", "first"]);
  expect(lines.join("")).toMatch(/failed to stop: second/);
});
