import { fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type { LoopDelay } from "./loop-probe.ts";
import type { SendProgress, SendRequest, SendResult, SenderOptions } from "./sender.ts";

const MAIN = "packages/cli/src/main.ts";
const CLI = fileURLToPath(new URL(`../../${MAIN}`, import.meta.url));
const PROBE = new URL("loop-probe.ts", import.meta.url).href;
const READY_MS = 600_000;
const STOP_MS = 60_000;
const ANSWER_MS = 20_000;

/** Options of Node that `npm start` and `npm run demo` give the server. */
export const NODE_OPTIONS = ["--max-semi-space-size=16", "--no-allocation-site-pretenuring"];

/** Whatever happens to the benchmark, its children and their data do not outlive it. */
const children = new Set<ChildProcess>();
const directories = new Set<string>();
process.once("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

/** A data directory that is removed in the end. */
export function makeDataDir(parent: string): string {
  const directory = mkdtempSync(join(parent, "fleetlight-bench-"));
  directories.add(directory);
  return directory;
}

function adopt(child: ChildProcess): ChildProcess {
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

/** Waits, but not longer than so many milliseconds. */
export async function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  try {
    await within(STOP_MS, "the end of a process", exited);
  } catch {
    child.kill("SIGKILL");
    await exited;
  }
}

/** The server in a process of its own, with room for more series and older samples than by default. */
export interface BenchServer {
  url: string;
  pid: number;
  /** From the start of the process until it was ready. */
  readyMs: number;
  /** Of the event loop since the last call. */
  loopDelay(): Promise<LoopDelay>;
  /** Ends the looks at the event loop, which take 2 % of a core: an idle server is measured without them. */
  rest(): void;
  /** The end of what it printed. */
  output(): string;
  stop(): Promise<void>;
}

export interface ServerOptions {
  dataDir: string;
  /** A checkout other than this one, and options of Node other than those of `npm start`. */
  checkout?: string | undefined;
  nodeOptions?: readonly string[] | undefined;
  /** Directory for a CPU profile of the whole run. */
  profile?: string | undefined;
}

const ENVIRONMENT = {
  FLEETLIGHT_STORAGE__RETENTION__METRICS: "10y",
  FLEETLIGHT_STORAGE__MAX_SERIES: "3000000",
  FLEETLIGHT_LIMITS__MAX_SERIES: "3000000",
  FLEETLIGHT_SERVER__RATE_LIMIT__REQUESTS_PER_MINUTE: "0",
  FLEETLIGHT_HOST__ENABLED: "false",
  FLEETLIGHT_LOGGING__LEVEL: "info",
  FLEETLIGHT_OTLP__GRPC_PORT: "off",
  FLEETLIGHT_OTLP__HTTP_PORT: "off",
};

export async function startServer(options: ServerOptions): Promise<BenchServer> {
  const { dataDir, profile, checkout, nodeOptions = NODE_OPTIONS } = options;
  const start = performance.now();
  const profiling = profile === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profile}`];
  const child = adopt(
    spawn(
      process.execPath,
      [
        ...nodeOptions,
        `--import=${PROBE}`,
        ...profiling,
        checkout === undefined ? CLI : join(checkout, MAIN),
        "serve",
        "--port",
        "0",
        "--data-dir",
        dataDir,
      ],
      { env: { ...process.env, ...ENVIRONMENT }, stdio: ["ignore", "pipe", "pipe", "ipc"] },
    ),
  );
  let output = "";
  const url = await within(
    READY_MS,
    "the start of the server",
    new Promise<string>((resolve, reject) => {
      const read = (chunk: Buffer) => {
        output = (output + chunk.toString()).slice(-20_000);
        const line = output.split("\n").find((one) => /\bready\b/.test(one));
        const found = /https?:\/\/[^\s"]+/.exec(line ?? "")?.[0];
        if (found !== undefined) resolve(found);
      };
      child.stdout?.on("data", read);
      child.stderr?.on("data", read);
      child.once("exit", (code) => reject(new Error(`the server ended (${code}):\n${output}`)));
    }),
  );
  return {
    url,
    pid: child.pid ?? 0,
    readyMs: performance.now() - start,
    loopDelay: async () => {
      const answer = once(child, "message");
      child.send("loop delay");
      return (await within(ANSWER_MS, "the figure of the event loop", answer))[0] as LoopDelay;
    },
    rest: () => void child.send("rest"),
    output: () => output,
    stop: () => end(child, "SIGTERM"),
  };
}

export interface Sender {
  send(request: SendRequest, onSent?: (timeMs: number) => void): Promise<SendResult>;
  stop(): Promise<void>;
}

/** How long a request of the sender may take: it sends this slowly only when something is broken. */
const LEAST_PER_SECOND = 2000;

export async function startSender(options: SenderOptions): Promise<Sender> {
  const child = adopt(fork(new URL("sender.ts", import.meta.url), [JSON.stringify(options)]));
  await within(READY_MS, "the start of the sender", once(child, "message"));
  return {
    send: async (asked, onSent) => {
      const done = new Promise<SendResult>((resolve, reject) => {
        const listen = (message: SendResult | SendProgress) => {
          if (message.kind === "sent") onSent?.(message.timeMs);
          else {
            child.off("message", listen);
            if (message.error === undefined) resolve(message);
            else reject(new Error(message.error));
          }
        };
        child.on("message", listen);
        child.once("exit", () => reject(new Error("the sender ended")));
      });
      child.send(asked);
      const samples = options.series * asked.ticks;
      return within(60_000 + (samples / LEAST_PER_SECOND) * 1000, "sending", done);
    },
    stop: () => end(child, "SIGKILL"),
  };
}
