import { MODEL_OPERATIONS, type Operation } from "#collect";
import type { SpanRow } from "#store";

/** What one span used, and on whose account. */
export interface Spend {
  tenant: string;
  /** Names the span. */
  span: string;
  /** When it ended, Unix milliseconds. */
  atMs: number;
  startMs: number;
  agent: string;
  conversation: string;
  user: string;
  workflow: string;
  tokens: number;
  costUsd: number;
  /** Whether its price is not known. */
  isUnpriced: boolean;
}

/** What its trace knows when the span itself says nothing. */
export interface RunFacts {
  conversation: string;
  user: string;
  workflow: string;
}

/** @param nowMs spans that end later by their own clock end now */
export function spendOf(
  tenant: string,
  row: SpanRow,
  agent: string,
  facts: RunFacts,
  nowMs: number,
): Spend {
  const startMs = Number(row.startNs.slice(0, -6));
  const tokens = row.inputTokens + row.outputTokens;
  return {
    tenant,
    // Ids of spans are random, but not in every library: a part of the trace's id makes them so.
    span: row.spanId + row.traceId.slice(-16),
    startMs,
    atMs: Math.min(nowMs, startMs + row.durationNs / 1e6),
    agent,
    conversation: row.conversation || facts.conversation,
    user: row.user || facts.user,
    workflow: row.workflow || facts.workflow,
    tokens,
    costUsd: row.costUsd,
    isUnpriced:
      row.costUsd === 0 &&
      row.costSource === "" &&
      tokens > 0 &&
      MODEL_OPERATIONS.has(row.operation as Operation),
  };
}
