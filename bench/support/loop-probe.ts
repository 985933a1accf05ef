import { createHistogram, monitorEventLoopDelay } from "node:perf_hooks";

/**
 * Loaded into the server by `--import`: answers over the channel to its parent how late the event loop is. The server's
 * own figure looks every 50 ms and in windows of 10 s, which is too coarse for a percentile of a minute.
 */

/** Milliseconds between two looks. */
const RESOLUTION_MS = 2;

export interface Delays {
  p50: number;
  p99: number;
  max: number;
}

/** Milliseconds, since the question before. */
export interface LoopDelay {
  /** By which a timer came late. */
  late: Delays;
  /**
   * CPU of the main thread between two looks: what the server itself makes others wait. A timer is also late when other
   * programs have the machine.
   */
  held: Delays;
}

const delays = (
  histogram: { percentile(percentile: number): number; max: number },
  resolutionMs: number,
): Delays => {
  const ms = (nanoseconds: number) => Math.max(0, nanoseconds / 1e6 - resolutionMs);
  return {
    p50: ms(histogram.percentile(50)),
    p99: ms(histogram.percentile(99)),
    max: ms(histogram.max),
  };
};

if (process.send !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delay.enable();
  const held = createHistogram();
  let before = process.threadCpuUsage();
  const looking = setInterval(() => {
    const now = process.threadCpuUsage();
    const microseconds = now.user + now.system - before.user - before.system;
    held.record(Math.max(1, microseconds * 1000));
    before = now;
  }, RESOLUTION_MS);
  looking.unref();
  process.on("message", (question) => {
    if (question === "rest") {
      delay.disable();
      clearInterval(looking);
    }
    if (question !== "loop delay") return;
    const answer: LoopDelay = { late: delays(delay, RESOLUTION_MS), held: delays(held, 0) };
    delay.reset();
    held.reset();
    process.send?.(answer);
  });
  // The channel must not keep a server alive that was told to end.
  process.channel?.unref();
}
