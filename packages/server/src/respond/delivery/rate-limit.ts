const MINUTE_MS = 60_000;

/** At most so many in any minute, spread by what has come back since: a bucket of tokens. */
export class RateLimit {
  private tokens: number | undefined;
  private atMs = 0;

  /** When the next one may go; `nowMs` or earlier when it may go now. */
  nextMs(perMinute: number | undefined, nowMs: number): number {
    if (perMinute === undefined) return nowMs;
    const tokens = this.refill(perMinute, nowMs);
    return tokens >= 1 ? nowMs : nowMs + Math.ceil(((1 - tokens) * MINUTE_MS) / perMinute);
  }

  take(perMinute: number | undefined, nowMs: number): void {
    if (perMinute !== undefined) this.tokens = this.refill(perMinute, nowMs) - 1;
  }

  private refill(perMinute: number, nowMs: number): number {
    const back = (Math.max(0, nowMs - this.atMs) * perMinute) / MINUTE_MS;
    this.tokens = Math.min(perMinute, (this.tokens ?? perMinute) + back);
    this.atMs = nowMs;
    return this.tokens;
  }
}
