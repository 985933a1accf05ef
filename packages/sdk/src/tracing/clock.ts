/** The two clocks may be this far apart before the precise one is set again, in milliseconds. */
const MAX_DRIFT_MS = 20;
/** Looking at the other clock each time would make time the dearest part of a span. */
const CALLS_PER_LOOK = 32;

/**
 * Unix milliseconds with a fraction. The precise clock of a process stands still while the machine sleeps, and knows nothing
 * of corrections: it is set again when it has drifted from the clock on the wall.
 */
export function createClock(): () => number {
  let originMs = Date.now() - performance.now();
  let calls = 0;
  return () => {
    const preciseMs = originMs + performance.now();
    if (++calls % CALLS_PER_LOOK !== 0) return preciseMs;
    const driftMs = Date.now() - preciseMs;
    if (Math.abs(driftMs) <= MAX_DRIFT_MS) return preciseMs;
    originMs += driftMs;
    return preciseMs + driftMs;
  };
}
