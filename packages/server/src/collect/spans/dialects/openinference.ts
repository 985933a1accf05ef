import type { Facets, Span } from "../model.ts";
import { textAt, type Dialect } from "./dialect.ts";

/** Tools that frameworks make for handing the conversation to another agent. */
const HANDOFF = /^(?:handoff|transfer)_(?:back_)?to_(.+)$/;

/** A tool that is a hand-off in disguise; the name of a guardrail stands where a tool's would. */
function tool(name: string): Partial<Facets> {
  const peer = HANDOFF.exec(name)?.[1];
  return peer === undefined
    ? { operation: "execute_tool", tool: name }
    : { operation: "handoff", peer };
}

/** Its instrumentation makes an agent of each run as a whole, also where the run is part of something larger. */
const OPENAI_AGENTS = /openai[-_]agents/;

/** The span of the whole run is of kind AGENT as well; only those with a place in the graph of agents are one. */
function agent(span: Span, scope: string): Partial<Facets> {
  const node = textAt(span.attributes, "graph.node.id");
  const name = node === "" ? textAt(span.attributes, "agent.name") : node;
  if (name === "" && (span.parentSpanId === "" || OPENAI_AGENTS.test(scope)))
    return { operation: "workflow", workflow: span.name };
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
    return tool(name === "" ? span.name : name);
  },
};
