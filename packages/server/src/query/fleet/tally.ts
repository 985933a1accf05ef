import { BUCKET_COUNT, type EdgeSum } from "#store";

import { quantileSeconds } from "./quantile.ts";

type Counted = Omit<EdgeSum, "step" | keyof Key>;
type Key = Pick<EdgeSum, "service" | "sourceKind" | "source" | "targetKind" | "target" | "kind">;

/** Null where tokens were used that nobody knew a price of. */
export const knownCost = ({
  inputTokens,
  outputTokens,
  costUsd,
}: Pick<EdgeSum, "inputTokens" | "outputTokens" | "costUsd">): number | null =>
  costUsd > 0 || inputTokens + outputTokens === 0 ? costUsd : null;

/** What was counted of one node or edge, from all rows that speak of it. */
export class Tally {
  readonly services = new Set<string>();
  private counts: Float64Array | undefined;
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
    if (buckets.length === 0) return;
    const counts = (this.counts ??= new Float64Array(BUCKET_COUNT));
    for (const [index, count] of buckets) counts[index] = (counts[index] ?? 0) + count;
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

  private quantile(share: number): number | null {
    return (this.counts && quantileSeconds(this.counts, share)) ?? null;
  }

  /** As the API answers it. */
  figures(seconds: number) {
    return {
      calls: this.calls,
      errors: this.errors,
      error_share: this.errorShare,
      calls_per_second: this.calls / seconds,
      p50_seconds: this.quantile(0.5),
      p95_seconds: this.quantile(0.95),
      mean_seconds: this.meanSeconds,
      input_tokens: this.inputTokens,
      output_tokens: this.outputTokens,
      cost_usd: knownCost(this),
    };
  }
}
