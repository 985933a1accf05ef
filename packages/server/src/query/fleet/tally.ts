import type { EdgeSum } from "#store";

import { quantileSeconds } from "./quantile.ts";

type Counted = Omit<EdgeSum, "step" | keyof Key>;
type Key = Pick<EdgeSum, "service" | "sourceKind" | "source" | "targetKind" | "target" | "kind">;

/** What was counted of one node or edge, from all rows that speak of it. */
export class Tally {
  readonly services = new Set<string>();
  private readonly counts = new Map<number, number>();
  calls = 0;
  errors = 0;
  durationNs = 0;
  inputTokens = 0;
  outputTokens = 0;
  costUsd = 0;

  addCalls({ calls, errors, durationNs, buckets }: Counted): void {
    this.calls += calls;
    this.errors += errors;
    this.durationNs += durationNs;
    for (const [index, count] of buckets)
      this.counts.set(index, (this.counts.get(index) ?? 0) + count);
  }

  addUsage({ inputTokens, outputTokens, costUsd }: Counted): void {
    this.inputTokens += inputTokens;
    this.outputTokens += outputTokens;
    this.costUsd += costUsd;
  }

  get errorShare(): number {
    return this.calls === 0 ? 0 : this.errors / this.calls;
  }

  get meanSeconds(): number | null {
    return this.calls === 0 ? null : this.durationNs / this.calls / 1e9;
  }

  /** As the API answers it. */
  figures(seconds: number) {
    return {
      calls: this.calls,
      errors: this.errors,
      error_share: this.errorShare,
      calls_per_second: this.calls / seconds,
      p50_seconds: quantileSeconds(this.counts, 0.5) ?? null,
      p95_seconds: quantileSeconds(this.counts, 0.95) ?? null,
      mean_seconds: this.meanSeconds,
      input_tokens: this.inputTokens,
      output_tokens: this.outputTokens,
      cost_usd: this.costUsd,
    };
  }
}
