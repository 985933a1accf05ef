import type { EdgeRow } from "./types.ts";

/** A row as it is kept, for tests. */
export const edgeRow = (row: Partial<EdgeRow> = {}): EdgeRow => ({
  timeMs: 1_780_315_200_000,
  part: 7_290_000_000_000_001,
  version: 1,
  service: "fleet",
  sourceKind: "agent",
  source: "lead",
  targetKind: "tool",
  target: "search",
  kind: "tool",
  calls: 1,
  errors: 0,
  durationNs: 5_000_000,
  inputTokens: 0,
  outputTokens: 0,
  costUsd: 0,
  buckets: [[89, 1]],
  ...row,
});
