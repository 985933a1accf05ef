import { spawn } from "node:child_process";
import type { Readable } from "node:stream";

/** Of what a program says only the beginning is kept; the rest is read and dropped, so that it is never held up. */
const MAX_OUTPUT_BYTES = 4096;
/** Between asking a program to end and ending it. */
const GRACE_MS = 2000;

export interface RunOptions {
  command: readonly string[];
  input: string;
  environment: Readonly<Record<string, string>>;
  directory: string;
  timeoutMs: number;
  signal: AbortSignal;
}

export interface RunResult {
  /** Null when a signal ended it, or when it could not be started. */
  exitCode: number | null;
  endedBy: "exit" | "timeout" | "abort" | NodeJS.Signals;
  stderr: string;
}

function beginningOf(stream: Readable): () => string {
  const chunks: Buffer[] = [];
  let room = MAX_OUTPUT_BYTES;
  stream.on("data", (chunk: Buffer) => {
    if (room > 0) chunks.push(chunk.subarray(0, room));
    room -= chunk.length;
  });
  stream.on("error", () => undefined);
  return () => Buffer.concat(chunks).toString("utf8");
}

/** A program leads a group of its own, so that what it starts ends with it. */
function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody of the group is left.
  }
}

/**
 * Runs a program without a shell and waits until it has ended.
 * @throws what `spawn` says when it cannot be started
 */
export async function run(options: RunOptions): Promise<RunResult> {
  const { input, environment, directory, timeoutMs, signal } = options;
  const [program = "", ...args] = options.command;
  const child = spawn(program, args, {
    cwd: directory,
    env: environment,
    detached: true,
    shell: false,
    stdio: ["pipe", "pipe", "pipe"],
  });
  child.stdout.resume().on("error", () => undefined);
  const stderr = beginningOf(child.stderr);
  // A program need not read what it is given.
  child.stdin.on("error", () => undefined);
  child.stdin.end(input);

  return await new Promise<RunResult>((resolve, reject) => {
    let stopped: "timeout" | "abort" | undefined;
    let grace: NodeJS.Timeout | undefined;
    const stop = (why: "timeout" | "abort"): void => {
      if (stopped) return;
      stopped = why;
      signalGroup(child.pid, "SIGTERM");
      grace = setTimeout(() => signalGroup(child.pid, "SIGKILL"), GRACE_MS);
    };
    const timer = setTimeout(() => stop("timeout"), timeoutMs);
    const onAbort = (): void => stop("abort");
    const finish = (): void => {
      clearTimeout(timer);
      clearTimeout(grace);
      signal.removeEventListener("abort", onAbort);
      // What it started and left behind must neither stay nor keep our ends of its pipes open.
      signalGroup(child.pid, "SIGKILL");
      for (const stream of [child.stdin, child.stdout, child.stderr]) stream.destroy();
    };
    child.once("error", (error) => {
      finish();
      reject(error);
    });
    child.once("exit", (exitCode, by) => {
      // What it said last may still be on its way.
      setImmediate(() => {
        finish();
        resolve({ exitCode, endedBy: stopped ?? by ?? "exit", stderr: stderr() });
      });
    });
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
}
