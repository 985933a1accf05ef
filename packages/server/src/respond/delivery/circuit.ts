/** Temporary failures in a row after which a channel counts as dead. */
const MAX_FAILURES = 5;

/** Pause before a dead channel is tried again; it doubles with each try that fails. */
const FIRST_PAUSE_MS = 2000;
const LONGEST_PAUSE_MS = 30_000;

type CircuitState = "closed" | "open" | "half_open";

/**
 * Keeps a dead channel from being asked for every notification that waits for it: while it is open nothing is sent, then
 * one notification tries whether the channel is back.
 */
export class Circuit {
  failures = 0;
  openSinceMs: number | null = null;
  private pauseMs = FIRST_PAUSE_MS;
  private retryAtMs = 0;

  stateAt(nowMs: number): CircuitState {
    if (this.openSinceMs === null) return "closed";
    return nowMs < this.retryAtMs ? "open" : "half_open";
  }

  /** When the channel may be tried again; 0 when it may be used. */
  get waitUntilMs(): number {
    return this.openSinceMs === null ? 0 : this.retryAtMs;
  }

  /** How many may be under way at that time, of those that usually may. */
  room(nowMs: number, usual: number): number {
    const state = this.stateAt(nowMs);
    return state === "closed" ? usual : state === "open" ? 0 : 1;
  }

  /** The channel answered; also an answer that refuses the notification shows that it lives. @returns whether it was dead. */
  succeed(): boolean {
    const wasOpen = this.openSinceMs !== null;
    this.failures = 0;
    this.openSinceMs = null;
    this.pauseMs = FIRST_PAUSE_MS;
    return wasOpen;
  }

  /** @returns whether the channel counts as dead from now on. */
  fail(nowMs: number): boolean {
    this.failures++;
    if (this.openSinceMs !== null) this.pauseMs = Math.min(LONGEST_PAUSE_MS, this.pauseMs * 2);
    else if (this.failures < MAX_FAILURES) return false;
    const isNew = this.openSinceMs === null;
    this.openSinceMs ??= nowMs;
    this.retryAtMs = nowMs + this.pauseMs;
    return isNew;
  }
}
