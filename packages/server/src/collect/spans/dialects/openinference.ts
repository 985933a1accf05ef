import type { Facets, Span } from "../model.ts";
import { textAt, type Dialect } from "./dialect.ts";

/** Its instrumentation makes an agent of each run as a whole, also where the run is part of something larger. */
const OPENAI_AGENTS = /openai[-_]agents/;
/** Its instrumentation does so for the outermost graph. */
const LANGCHAIN = /langchain/;

/** A span of kind AGENT that names none is the run of a whole, or else an agent that is named as its span is. */
function agent(span: Span, scope: string): Partial<Facets> {
  const node = textAt(span.attributes, "graph.node.id");
  const name = node === "" ? textAt(span.attributes, "agent.name") : node;
  const isWhole = OPENAI_AGENTS.test(scope) || (span.parentSpanId === "" && LANGCHAIN.test(scope));
  if (name === "" && isWhole) return { operation: "workflow", workflow: span.name };
  return { operation: "invoke_agent", agent: name === "" ? span.name : name };
}

/** Arize's OpenInference: https://github.com/Arize-ai/openinference/tree/main/spec */
export const openInference: Dialect = {
  name: "openinference",
  prefixes: ["openinference", "llm"],
  operation: {
    attribute: "openinference.span.kind",
    values: {
      LLM: "chat",
      EMBEDDING: "embeddings",
      CHAIN: "step",
      RETRIEVER: "retrieval",
      RERANKER: "retrieval",
      GUARDRAIL: "guardrail",
      EVALUATOR: "step",
      PROMPT: "step",
    },
  },
  texts: {
    conversation: ["session.id"],
    user: ["user.id"],
    provider: ["llm.provider", "llm.system"],
    model: ["llm.model_name", "embedding.model_name"],
    toolCallId: ["tool_call.id", "tool.id"],
  },
  numbers: {
    inputTokens: ["llm.token_count.prompt"],
    outputTokens: ["llm.token_count.completion"],
    cachedTokens: ["llm.token_count.prompt_details.cache_read"],
    cacheWriteTokens: ["llm.token_count.prompt_details.cache_write"],
    reasoningTokens: ["llm.token_count.completion_details.reasoning"],
    costUsd: ["llm.cost.total"],
  },
  derive(span, scope) {
    const kind = textAt(span.attributes, "openinference.span.kind");
    if (kind === "AGENT") return agent(span, scope);
    if (kind !== "TOOL") return {};
    const name = textAt(span.attributes, "tool.name");
    return { operation: "execute_tool", tool: name === "" ? span.name : name };
  },
};
