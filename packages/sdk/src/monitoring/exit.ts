import { builtin } from "../builtin.ts";

export type LastWords = {
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Longest time for which the end of the process is held up, in milliseconds. */
  timeoutMs: number;
};

/** Runs beside the main thread, which can no longer wait for anything but this. One request after the other. */
const SENDER = `
const { workerData } = require("node:worker_threads");
const { request } = require(workerData.url.startsWith("https:") ? "node:https" : "node:http");
const done = new Int32Array(workerData.done);
const end = () => {
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
};
const next = () => {
  const body = workerData.bodies.shift();
  if (body === undefined) return end();
  const headers = { ...workerData.headers, "content-length": body.length };
  request(workerData.url, { method: "POST", headers })
    .on("response", (response) => response.on("end", next).on("error", end).resume())
    .on("error", end)
    .end(body);
};
next();
`;

/** Sends while `process.exit` has the last word; returns when it is done or the time is over. Never throws. */
export function sendAtExit(
  bodies: readonly Uint8Array[],
  { url, headers, timeoutMs }: LastWords,
): void {
  if (bodies.length === 0 || timeoutMs <= 0) return;
  try {
    const { Worker } = builtin("node:worker_threads");
    const done = new SharedArrayBuffer(4);
    const options = { eval: true, workerData: { bodies, done, url, headers }, execArgv: [] };
    void new Worker(SENDER, options);
    Atomics.wait(new Int32Array(done), 0, 0, timeoutMs);
  } catch {
    // A process that may have no threads loses its last spans, and ends all the same.
  }
}

export type ExitHooks = {
  /** Something waits to be sent, and there is time for it. */
  beforeExit(): Promise<unknown>;
  /** The process ends now. */
  exit(): void;
};

/** Calls the hooks when the process ends; the answer takes them away again. */
export function onExit({ beforeExit, exit }: ExitHooks): () => void {
  const before = (): void => void beforeExit().catch(() => {});
  process.on("beforeExit", before);
  process.on("exit", exit);
  return () => {
    process.off("beforeExit", before);
    process.off("exit", exit);
  };
}
