import { Worker } from "node:worker_threads";

export type LastWords = {
  url: string;
  headers: Readonly<Record<string, string>>;
  /** Longest time for which the end of the process is held up, in milliseconds. */
  timeoutMs: number;
};

/** Runs beside the main thread, which can no longer wait for anything but this. */
const SENDER = `
const { workerData } = require("node:worker_threads");
const done = new Int32Array(workerData.done);
(async () => {
  for (const body of workerData.bodies)
    await fetch(workerData.url, { method: "POST", headers: workerData.headers, body,
      signal: AbortSignal.timeout(workerData.timeoutMs) });
})().catch(() => {}).finally(() => {
  Atomics.store(done, 0, 1);
  Atomics.notify(done, 0);
});
`;

/** Sends while `process.exit` has the last word; returns when it is done or the time is over. Never throws. */
export function sendAtExit(
  bodies: readonly string[],
  { url, headers, timeoutMs }: LastWords,
): void {
  if (bodies.length === 0 || timeoutMs <= 0) return;
  try {
    const done = new SharedArrayBuffer(4);
    const workerData = {
      bodies,
      done,
      url,
      headers: { ...headers, "content-type": "application/json" },
      timeoutMs,
    };
    void new Worker(SENDER, { eval: true, workerData, execArgv: [] });
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
