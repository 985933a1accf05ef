import { monitorEventLoopDelay } from "node:perf_hooks";

/**
 * Loaded into the server by `--import`: answers over the channel to its parent how late the event loop is. The server's
 * own figure looks every 50 ms and in windows of 10 s, which is too coarse for a percentile of a minute.
 */

/** Milliseconds between two looks. */
const RESOLUTION_MS = 2;

/** Milliseconds by which a timer came late, since the question before. */
export interface LoopDelay {
  p50: number;
  p99: number;
  max: number;
}

if (process.send !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  process.on("message", (question) => {
    if (question !== "loop delay") return;
    const late = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
    const answer: LoopDelay = {
      p50: late(delay.percentile(50)),
      p99: late(delay.percentile(99)),
      max: late(delay.max),
    };
    delay.reset();
    process.send?.(answer);
  });
  // The channel must not keep a server alive that was told to end.
  process.channel?.unref();
}
