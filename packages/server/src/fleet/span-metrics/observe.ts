import type { LabelSet } from "#lib";

import { FAMILIES, type Family } from "./families.ts";
import type { SpanFacts } from "./facts.ts";

const KINDS = ["UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER"] as const;
const STATUSES = ["UNSET", "OK", "ERROR"] as const;
const ERROR = 2;

/** Tells series that are counted here from those that producers send under the same names. */
const SOURCE = "spans";
const KIND_LABELS = KINDS.map((kind) => `SPAN_KIND_${kind}`);
const STATUS_LABELS = STATUSES.map((status) => `STATUS_CODE_${status}`);

/** Takes what was observed; labels without a value are left out, but a family always names all of its own. */
export type Take = (family: Family, labels: LabelSet, value: number, of: SpanFacts) => void;

function observeEnd(of: SpanFacts, name: string, take: Take): void {
  const labels = {
    service_name: of.service,
    span_name: name,
    span_kind: KIND_LABELS[of.kind] ?? "SPAN_KIND_UNSPECIFIED",
    status_code: STATUS_LABELS[of.status] ?? "STATUS_CODE_UNSET",
    gen_ai_agent_name: of.agent,
    gen_ai_operation_name: of.operation,
    gen_ai_request_model: of.model,
    gen_ai_tool_name: of.tool,
  };
  take(FAMILIES.calls, labels, 1, of);
  take(FAMILIES.duration, labels, of.seconds, of);
}

const DURATIONS: ReadonlyMap<string, Family> = new Map([
  ["chat", FAMILIES.operation],
  ["embeddings", FAMILIES.operation],
  ["invoke_agent", FAMILIES.agent],
  ["execute_tool", FAMILIES.tool],
]);

function observeOperation(of: SpanFacts, take: Take): void {
  const family = DURATIONS.get(of.operation);
  if (family === undefined) return;
  const labels = {
    service_name: of.service,
    gen_ai_agent_name: of.agent,
    gen_ai_operation_name: of.operation,
    gen_ai_provider_name: of.provider,
    gen_ai_request_model: of.model,
    gen_ai_tool_name: family === FAMILIES.tool ? of.tool : "",
    error_type: of.status === ERROR ? of.errorType || "_OTHER" : "",
    source: SOURCE,
  };
  take(family, labels, of.seconds, of);
}

function observeMessage(of: SpanFacts, take: Take): void {
  if (of.message === undefined) return;
  const { type, bytes } = of.message;
  take(FAMILIES.messages, { type, status: of.status === ERROR ? "failed" : "ok" }, 1, of);
  take(FAMILIES.messageTime, { type }, of.seconds, of);
  if (bytes !== undefined && bytes >= 0) take(FAMILIES.messageSize, { type }, bytes, of);
}

/** The conventions' histogram knows two types, the counter all of them. */
function observeTokens(of: SpanFacts, type: string, tokens: number, take: Take): void {
  if (!(tokens > 0)) return;
  if (type === "input" || type === "output") {
    const labels = {
      service_name: of.service,
      gen_ai_agent_name: of.agent,
      gen_ai_operation_name: of.operation,
      gen_ai_provider_name: of.provider,
      gen_ai_request_model: of.model,
      gen_ai_token_type: type,
      source: SOURCE,
    };
    take(FAMILIES.usage, labels, tokens, of);
  }
  const labels = { service_name: of.service, agent: of.agent, model: of.model, type };
  take(FAMILIES.tokens, labels, tokens, of);
}

function observeUsage(of: SpanFacts, take: Take): void {
  if (of.usage === undefined) return;
  const { inputTokens, outputTokens, cachedTokens, reasoningTokens, costUsd } = of.usage;
  observeTokens(of, "input", inputTokens, take);
  observeTokens(of, "output", outputTokens, take);
  observeTokens(of, "cache_read", cachedTokens, take);
  observeTokens(of, "reasoning", reasoningTokens, take);
  const labels = { service_name: of.service, agent: of.agent, model: of.model };
  if (costUsd > 0) take(FAMILIES.cost, labels, costUsd, of);
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
