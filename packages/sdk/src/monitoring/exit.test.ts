import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

import { afterEach, describe, expect, it } from "vitest";

import { startCollector } from "../fixture.ts";

const INDEX = fileURLToPath(import.meta.resolve("../index.ts"));

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

type Program = {
  url: string;
  /** What it does once it has recorded a span. */
  end: string;
  exitTimeoutMs?: number;
  exitSignals?: NodeJS.Signals[];
};

/** A process that records one span; a request alone would hold it up for ten minutes. */
function start({ url, end, exitTimeoutMs = 30_000, exitSignals = [] }: Program) {
  const options = { url, service: "crew", register: false, timeoutMs: 600_000 };
  // Spans go out at the end, and not before.
  const tracing = { flushIntervalMs: 3_600_000 };
  const all = JSON.stringify({ ...options, exitTimeoutMs, exitSignals, tracing });
  const script = `
    const { createMonitoring } = await import(${JSON.stringify(INDEX)});
    const options = ${all};
    const fleet = createMonitoring(options);
    fleet.traceAgentOperation("a", "last words", () => {});
    ${end}`;
  return spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

async function run(program: Program) {
  const [code] = (await once(start(program), "close")) as [number | null];
  return code;
}

/** Starts a program that waits, sends the signals when it is ready, and says how it ended. */
async function signalled(program: Program, ...signals: NodeJS.Signals[]) {
  const end = `${program.end}
    const alive = setInterval(() => {}, 1000);
    console.log("ready");`;
  const child = start({ ...program, end });
  const ended = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  await once(child.stdout, "data");
  for (const signal of signals) {
    child.kill(signal);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  const [code, signal] = await ended;
  return { code, signal };
}

async function collector(...route: Parameters<typeof startCollector>) {
  const server = await startCollector(...route);
  stops.push(server.stop);
  return { ...server, names: () => server.ended().map(({ name }) => name) };
}

describe("the end of a process", () => {
  it.each([
    ["when nothing is left to do", "", 0],
    ["by process.exit", "process.exit(3);", 3],
    ["by an error", "setTimeout(() => { throw new Error('expected in this test'); }, 1);", 1],
    ["after shutdown", "await fleet.shutdown(); process.exit(0);", 0],
  ])("%s loses no span", async (_, end, code) => {
    const { url, names } = await collector();
    expect(await run({ url, end })).toBe(code);
    expect(names()).toEqual(["last words"]);
  });

  it("sends several requests, one after the other", async () => {
    const { url, names, requests } = await collector();
    const end = `for (let index = 0; index < 30; index++)
      fleet.startAgentOperation("a", "prompt").set("text", "x".repeat(60_000)).end();
      for (let index = 0; index < 40; index++)
      fleet.startAgentOperation("a", "prompt").set("text", "x".repeat(60_000)).end();
      process.exit(0);`;
    expect(await run({ url, end })).toBe(0);
    expect(names()).toHaveLength(71);
    expect(requests.length).toBeGreaterThan(2);
  });

  it.each([
    ["when nothing is left to do", ""],
    ["by process.exit", "process.exit(0);"],
  ])("%s is held up no longer than it may be", async (_, end) => {
    const { url } = await collector(() => true);
    expect(await run({ url, end, exitTimeoutMs: 500 })).toBe(0);
  });
});

describe("a signal", () => {
  it.each(["SIGTERM", "SIGINT", "SIGHUP"] as const)(
    "%s ends the process as a signal, after what waits",
    async (name) => {
      const { url, names } = await collector();
      const program = { url, end: "", exitSignals: [name] };
      expect(await signalled(program, name)).toEqual({ code: null, signal: name });
      expect(names()).toEqual(["last words"]);
    },
  );

  it("ends the process at once where nobody asked for more", async () => {
    const { url, requests } = await collector();
    expect(await signalled({ url, end: "" }, "SIGTERM")).toEqual({ code: null, signal: "SIGTERM" });
    expect(requests).toEqual([]);
  });

  it("is left to those who listen to it, and what waits is sent at their end", async () => {
    const { url, names } = await collector();
    const end = `process.on("SIGTERM", () => setTimeout(() => process.exit(7), 300));`;
    const program = { url, end, exitSignals: ["SIGTERM" as const] };
    expect(await signalled(program, "SIGTERM")).toEqual({ code: 7, signal: null });
    expect(names()).toEqual(["last words"]);
  });

  it("waits for all monitorings of the process, but for none that was shut down", async () => {
    const { url, names } = await collector();
    const end = `
      const second = createMonitoring(options);
      second.traceAgentOperation("b", "second", () => {});
      const gone = createMonitoring(options);
      await gone.shutdown();`;
    const program = { url, end, exitSignals: ["SIGTERM" as const, "SIGINT" as const] };
    expect(await signalled(program, "SIGTERM")).toEqual({ code: null, signal: "SIGTERM" });
    expect(names().toSorted()).toEqual(["last words", "second"]);
  });

  it("does not wait for a server that hangs for longer than it may", async () => {
    const { url } = await collector(() => true);
    const program = { url, end: "", exitTimeoutMs: 300, exitSignals: ["SIGTERM" as const] };
    expect(await signalled(program, "SIGTERM")).toEqual({ code: null, signal: "SIGTERM" });
  });

  it("does not wait any more when it comes a second time", async () => {
    const { url } = await collector(() => true);
    const program = { url, end: "", exitTimeoutMs: 600_000, exitSignals: ["SIGINT" as const] };
    const started = performance.now();
    expect(await signalled(program, "SIGINT", "SIGINT")).toEqual({ code: null, signal: "SIGINT" });
    expect(performance.now() - started).toBeLessThan(60_000);
  });

  it("is nothing to a monitoring that has ended", async () => {
    const { url, names } = await collector();
    const end = "await fleet.shutdown();";
    const program = { url, end, exitSignals: ["SIGTERM" as const] };
    expect(await signalled(program, "SIGTERM")).toEqual({ code: null, signal: "SIGTERM" });
    expect(names()).toEqual(["last words"]);
  });
});
