/** The two clocks may be this far apart before the precise one is set again, in milliseconds. */
const MAX_DRIFT_MS = 20;

/**
 * Unix milliseconds with a fraction. The precise clock of a process stands still while the machine sleeps, and knows nothing
 * of corrections: it is set again when it has drifted from the clock on the wall.
 */
export function createClock(): () => number {
  let originMs = Date.now() - performance.now();
  return () => {
    const wallMs = Date.now();
    const preciseMs = originMs + performance.now();
    if (Math.abs(wallMs - preciseMs) <= MAX_DRIFT_MS) return preciseMs;
    originMs += wallMs - preciseMs;
    return wallMs;
  };
}
