import { ATTRIBUTES } from "@fleetlight/sdk";

import type { SpanRow } from "#store";

/** What is counted of a span, and kept while its agent is not known. */
export interface SpanFacts {
  traceId: string;
  spanId: string;
  parentSpanId: string;
  service: string;
  name: string;
  kind: number;
  status: number;
  operation: string;
  provider: string;
  model: string;
  tool: string;
  errorType: string;
  seconds: number;
  message: { type: string; bytes: number | undefined } | undefined;
  usage: Usage | undefined;
  agent: string;
}

interface Usage {
  inputTokens: number;
  outputTokens: number;
  cachedTokens: number;
  reasoningTokens: number;
  costUsd: number;
}

const messageOf = ({ operation, attributes, numbers }: SpanRow): SpanFacts["message"] =>
  operation === "message"
    ? {
        type: attributes[ATTRIBUTES.messageType] || "unknown",
        bytes: numbers[ATTRIBUTES.messageSize],
      }
    : undefined;

/** @param isUsage whether it is about what the span used, which comes apart from its end */
export const factsOf = (row: SpanRow, isUsage: boolean): SpanFacts => ({
  traceId: row.traceId,
  spanId: row.spanId,
  parentSpanId: row.parentSpanId,
  service: row.service,
  name: row.name,
  kind: row.kind,
  status: row.status,
  operation: row.operation,
  provider: row.provider,
  model: row.model,
  tool: row.tool,
  errorType: row.errorType,
  seconds: row.durationNs / 1e9,
  message: isUsage ? undefined : messageOf(row),
  usage: isUsage
    ? {
        inputTokens: row.inputTokens,
        outputTokens: row.outputTokens,
        cachedTokens: row.cachedTokens,
        reasoningTokens: row.reasoningTokens,
        costUsd: row.costUsd,
      }
    : undefined,
  agent: row.agent,
});
