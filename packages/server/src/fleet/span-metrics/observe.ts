import type { LabelSet } from "#lib";

import { FAMILIES, type Family } from "./families.ts";
import type { SpanFacts } from "./facts.ts";

const KINDS = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"] as const;
const STATUSES = ["UNSET", "OK", "ERROR"] as const;
const ERROR = 2;

/** Tells series that are counted here from those that producers send under the same names. */
const SOURCE = { source: "spans" };

/** Takes what was observed; labels without a value are left out. */
export type Take = (family: Family, labels: LabelSet, value: number, of: SpanFacts) => void;

const genAi = (of: SpanFacts): Record<string, string> => ({
  gen_ai_agent_name: of.agent,
  gen_ai_operation_name: of.operation,
  gen_ai_provider_name: of.provider,
  gen_ai_request_model: of.model,
});

function observeEnd(of: SpanFacts, name: string, take: Take): void {
  const labels = {
    service_name: of.service,
    span_name: name,
    span_kind: `SPAN_KIND_${KINDS[of.kind] ?? KINDS[0]}`,
    status_code: `STATUS_CODE_${STATUSES[of.status] ?? STATUSES[0]}`,
    gen_ai_agent_name: of.agent,
    gen_ai_operation_name: of.operation,
    gen_ai_request_model: of.model,
    gen_ai_tool_name: of.tool,
  };
  take(FAMILIES.calls, labels, 1, of);
  take(FAMILIES.duration, labels, of.seconds, of);
}

const DURATIONS: Readonly<Record<string, Family>> = {
  chat: FAMILIES.operation,
  embeddings: FAMILIES.operation,
  invoke_agent: FAMILIES.agent,
  execute_tool: FAMILIES.tool,
};

function observeOperation(of: SpanFacts, take: Take): void {
  const family = Object.hasOwn(DURATIONS, of.operation) ? DURATIONS[of.operation] : undefined;
  if (family === undefined) return;
  const error_type = of.status === ERROR ? of.errorType || "_OTHER" : "";
  const labels = { service_name: of.service, ...genAi(of), error_type, ...SOURCE };
  const tool = family === FAMILIES.tool ? { gen_ai_tool_name: of.tool } : {};
  take(family, { ...labels, ...tool }, of.seconds, of);
}

function observeMessage(of: SpanFacts, take: Take): void {
  if (of.message === undefined) return;
  const { type, bytes } = of.message;
  take(FAMILIES.messages, { type, status: of.status === ERROR ? "failed" : "ok" }, 1, of);
  take(FAMILIES.messageTime, { type }, of.seconds, of);
  if (bytes !== undefined && bytes >= 0) take(FAMILIES.messageSize, { type }, bytes, of);
}

function observeUsage(of: SpanFacts, take: Take): void {
  if (of.usage === undefined) return;
  const { inputTokens, outputTokens, cachedTokens, reasoningTokens, costUsd } = of.usage;
  const labels = { service_name: of.service, ...genAi(of), ...SOURCE };
  for (const [gen_ai_token_type, value] of [
    ["input", inputTokens],
    ["output", outputTokens],
  ] as const)
    if (value > 0) take(FAMILIES.usage, { ...labels, gen_ai_token_type }, value, of);
  const own = { service_name: of.service, agent: of.agent, model: of.model };
  for (const [type, value] of [
    ["input", inputTokens],
    ["output", outputTokens],
    ["cache_read", cachedTokens],
    ["reasoning", reasoningTokens],
  ] as const)
    if (value > 0) take(FAMILIES.tokens, { ...own, type }, value, of);
  if (costUsd > 0) take(FAMILIES.cost, own, costUsd, of);
}

/** Everything that one span says to the metrics. */
export function observe(of: SpanFacts, nameOf: (of: SpanFacts) => string, take: Take): void {
  if (of.usage !== undefined) {
    observeUsage(of, take);
    return;
  }
  observeEnd(of, nameOf(of), take);
  observeOperation(of, take);
  observeMessage(of, take);
}
