import type { ServiceStatus } from "@fleetlight/contract";

/** What one probe says, before flapping is damped. */
export type Verdict = Exclude<ServiceStatus, "unknown">;

export interface Thresholds {
  /** Failures in a row before a service is unhealthy. */
  failures: number;
  /** Successes in a row before an unhealthy service is healthy again. */
  successes: number;
}

/** Results in a row since the last one of the other kind. */
export interface Streak {
  failures: number;
  successes: number;
  /** The next result decides alone: the service is new, or is asked for something else than before. */
  undecided: boolean;
}

export const newStreak = (): Streak => ({ failures: 0, successes: 0, undecided: true });

/** The status after one more result; counts it in `streak`. */
export function nextStatus(
  current: ServiceStatus,
  streak: Streak,
  verdict: Verdict,
  thresholds: Thresholds,
): ServiceStatus {
  const failed = verdict === "unhealthy";
  streak.failures = failed ? streak.failures + 1 : 0;
  streak.successes = failed ? 0 : streak.successes + 1;
  const decidesAlone = current === "unknown" || streak.undecided;
  streak.undecided = false;
  if (decidesAlone) return verdict;
  if (failed) return streak.failures >= thresholds.failures ? "unhealthy" : current;
  if (current !== "unhealthy") return verdict;
  return streak.successes >= thresholds.successes ? verdict : current;
}
