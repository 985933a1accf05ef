import type { Facets, Span } from "../model.ts";
import { jsonAt, numberOf, textAt, type Dialect } from "./dialect.ts";

/**
 * Kinds of usage stand beside one another: `input` is what no other kind of input has. Who hands on what a provider answered
 * may count otherwise; then a total says that the parts are in the whole.
 */
function usageOf(span: Span): Partial<Facets> {
  const usage = jsonAt(span.attributes, "langfuse.observation.usage_details") ?? {};
  const cost = jsonAt(span.attributes, "langfuse.observation.cost_details") ?? {};
  const first = (...names: string[]): number => {
    for (const name of names) {
      const value = numberOf(usage[name] as string | number | undefined);
      if (value !== undefined) return value;
    }
    return 0;
  };
  const [input, output] = [first("input", "input_tokens"), first("output", "output_tokens")];
  const cachedTokens = first("input_cached_tokens", "cache_read_input_tokens", "input_cache_read");
  const cacheWriteTokens = first("cache_creation_input_tokens", "input_cache_creation");
  const reasoningTokens = first("output_reasoning_tokens", "output_reasoning");
  const isWhole = first("total", "total_tokens") === input + output;
  return {
    inputTokens: input + (isWhole ? 0 : cachedTokens + cacheWriteTokens) || first("prompt_tokens"),
    outputTokens: output + (isWhole ? 0 : reasoningTokens) || first("completion_tokens"),
    cachedTokens,
    cacheWriteTokens,
    reasoningTokens,
    costUsd: numberOf(cost["total"] as string | number | undefined),
  };
}

/** Langfuse's SDKs, which send OTLP since version 3: https://langfuse.com/integrations/native/opentelemetry */
export const langfuse: Dialect = {
  name: "langfuse",
  prefixes: ["langfuse"],
  operation: {
    attribute: "langfuse.observation.type",
    values: {
      generation: "chat",
      embedding: "embeddings",
      agent: "invoke_agent",
      tool: "execute_tool",
      chain: "step",
      span: "step",
      retriever: "retrieval",
      evaluator: "step",
      guardrail: "guardrail",
    },
  },
  texts: {
    conversation: ["langfuse.session.id", "session.id"],
    user: ["langfuse.user.id", "user.id"],
    model: ["langfuse.observation.model.name"],
    workflow: ["langfuse.trace.name"],
  },
  derive(span): Partial<Facets> {
    const usage = usageOf(span);
    switch (textAt(span.attributes, "langfuse.observation.type")) {
      case "agent":
        return { ...usage, agent: span.name };
      case "tool":
        return { ...usage, tool: span.name };
      default:
        return usage;
    }
  },
};
