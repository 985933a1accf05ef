const FIRST_MS = 250;
const LONGEST_MS = 5 * 60_000;

/** A receiver that asks for more patience than this is asked again nevertheless. */
const LONGEST_RETRY_AFTER_MS = 3_600_000;

/** Share by which a wait is made shorter or longer, so that many do not come back at once. */
const JITTER = 0.2;

/**
 * Milliseconds to the next attempt: a quarter of a second after the first failure, twice as long after each further one, up to 5 min,
 * and never before the receiver wants it.
 */
export function backoffMs(
  failures: number,
  { random, retryAfterMs }: { random: () => number; retryAfterMs: number | null },
): number {
  const exponential = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(30, failures - 1));
  const spread = exponential * (1 - JITTER + 2 * JITTER * random());
  return Math.round(Math.max(spread, Math.min(retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS)));
}
