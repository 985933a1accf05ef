import type { AnalysedSpan } from "#collect";
import { costOf, type ListedRow } from "#store";

/** A span as it is analysed: without its attributes and texts, so that it may be remembered. */
export const analysedOf = (row: ListedRow): AnalysedSpan => ({
  span: {
    spanId: row.spanId,
    parentSpanId: row.parentSpanId,
    startNs: BigInt(row.startNs),
    status: row.status,
  },
  facets: {
    operation: row.operation as AnalysedSpan["facets"]["operation"],
    agent: row.agent,
    peer: row.peer,
    workflow: row.workflow,
    task: row.task,
    conversation: row.conversation,
    user: row.user,
    provider: row.provider,
    model: row.model,
    tool: row.tool,
    toolCallId: row.toolCallId,
    inputTokens: row.inputTokens,
    outputTokens: row.outputTokens,
    cachedTokens: row.cachedTokens,
    cacheWriteTokens: row.cacheWriteTokens,
    reasoningTokens: row.reasoningTokens,
    costUsd: costOf(row),
    errorType: row.errorType,
  },
});
