import type { Facets, Span } from "../model.ts";
import { jsonAt, numberOf, textAt, type Dialect } from "./dialect.ts";

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
  return {
    inputTokens: first("input", "input_tokens", "prompt_tokens"),
    outputTokens: first("output", "output_tokens", "completion_tokens"),
    cachedTokens: first("input_cached_tokens", "cache_read_input_tokens"),
    reasoningTokens: first("output_reasoning_tokens"),
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
