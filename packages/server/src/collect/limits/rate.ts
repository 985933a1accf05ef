import { FleetlightError } from "#lib";

/** A tenant that was silent may send this many seconds' worth at once. */
const BURST_SECONDS = 10;
/** Tenants whose rates are remembered. */
const MAX_TENANTS = 10_000;

interface Bucket {
  tokens: number;
  atMs: number;
}

/** Samples per second and tenant, as a token bucket. */
export class SampleRates {
  private readonly buckets = new Map<string, Bucket>();

  /**
   * Takes `count` samples out of the tenant's allowance. One request larger than the burst is let through when the bucket
   * is full, else it could never be sent.
   * @throws FleetlightError `limit_reached` (429) when the tenant has to wait.
   */
  take(tenant: string, count: number, perSecond: number, nowMs: number): void {
    if (perSecond === 0) return;
    const burst = perSecond * BURST_SECONDS;
    const bucket = this.buckets.get(tenant) ?? { tokens: burst, atMs: nowMs };
    const earned = (Math.max(0, nowMs - bucket.atMs) / 1000) * perSecond;
    bucket.tokens = Math.min(burst, bucket.tokens + earned);
    bucket.atMs = nowMs;
    // Anew at the end: the front of the map is the tenant that was silent for longest.
    this.buckets.delete(tenant);
    this.buckets.set(tenant, bucket);
    if (this.buckets.size > MAX_TENANTS)
      this.buckets.delete(this.buckets.keys().next().value as string);
    if (bucket.tokens < Math.min(count, burst))
      throw new FleetlightError(
        "limit_reached",
        429,
        `the tenant may send ${perSecond} samples a second (limits.samples_per_second)`,
        {
          details: [{ path: "limits.samples_per_second", message: "send less, or raise it" }],
          retryable: true,
        },
      );
    bucket.tokens -= count;
  }
}
