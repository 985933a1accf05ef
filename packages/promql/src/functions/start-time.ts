/**
 * Whether counting began anew between two samples, by when they say that it began (upstream: isStartTimestampReset).
 * Times in Unix milliseconds; a start of 0 is unknown, one at or after its own sample is no start.
 */
export function isStartReset(
  previousStartMs: number,
  previousMs: number,
  startMs: number,
  timeMs: number,
): boolean {
  if (startMs === 0 || startMs >= timeMs || startMs < previousMs) return false;
  if (startMs > previousMs) return true;
  // It began at the sample before: a delta, unless that sample's own start was unknown.
  return previousStartMs !== 0 && previousStartMs < previousMs;
}

/** Whether a sample counts from before the sample before it, though that one counts from elsewhere. */
export function startsOverlap(
  previousStartMs: number,
  previousMs: number,
  startMs: number,
): boolean {
  return startMs !== 0 && startMs < previousMs && startMs !== previousStartMs;
}

/** Go's Duration.Seconds: whole seconds and the rest are converted apart. */
export function rangeSeconds(window: { startMs: number; endMs: number }): number {
  const ms = window.endMs - window.startMs;
  const seconds = Math.floor(ms / 1000);
  return seconds + (ms - seconds * 1000) / 1000;
}

/** Whether counting began anew right before a sample of a window, by what the store knows. */
export function startReset(
  window: { times: Float64Array; startTimes: Float64Array | undefined },
  at: number,
): boolean {
  const { times, startTimes } = window;
  if (startTimes === undefined) return false;
  return isStartReset(
    startTimes[at - 1] as number,
    times[at - 1] as number,
    startTimes[at] as number,
    times[at] as number,
  );
}
