import type { LeanSpan } from "@fleetlight/contract";

import { costOf, type LeanRow } from "#store";

const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const;
const STATUSES = [undefined, "ok", "error"] as const;

/** A span as one of many: what is empty is left out. */
export function leanSpanOf(row: LeanRow): LeanSpan {
  const cost = costOf(row);
  const status = STATUSES[row.status];
  return {
    span_id: row.spanId,
    name: row.name,
    service: row.service,
    start_ns: row.startNs,
    duration_seconds: row.durationNs / 1e9,
    ...(row.parentSpanId !== "" && { parent_span_id: row.parentSpanId }),
    ...(row.host !== "" && { host: row.host }),
    ...(row.kind > 1 && { kind: KINDS[row.kind] ?? "unspecified" }),
    ...(status !== undefined && { status }),
    ...(!row.ended && { ended: false as const }),
    ...textsOf(row),
    ...(row.inputTokens > 0 && { input_tokens: row.inputTokens }),
    ...(row.outputTokens > 0 && { output_tokens: row.outputTokens }),
    ...(cost !== undefined && { cost_usd: cost }),
  };
}

const textsOf = (row: LeanRow): Partial<LeanSpan> => ({
  ...(row.operation !== "" && { operation: row.operation }),
  ...(row.agent !== "" && { agent: row.agent }),
  ...(row.peer !== "" && { peer: row.peer }),
  ...(row.tool !== "" && { tool: row.tool }),
  ...(row.model !== "" && { model: row.model }),
  ...(row.errorType !== "" && { error_type: row.errorType }),
});
