import type { Facets, Span } from "../model.ts";
import { textAt, type Dialect } from "./dialect.ts";

const CLIENT = 3;

/** Spans of before there was `gen_ai.operation.name`, and hand-offs, for which it has no word. */
function unnamed({ attributes, kind }: Span): Partial<Facets> {
  if (textAt(attributes, "gen_ai.handoff.to_agent") !== "") return { operation: "handoff" };
  if (attributes.has("gen_ai.operation.name") || attributes.has("gen_ai.agent.name")) return {};
  if (!attributes.has("gen_ai.request.model")) return {};
  const isCall =
    kind === CLIENT ||
    attributes.has("gen_ai.response.id") ||
    attributes.has("gen_ai.response.model");
  return isCall ? { operation: "chat" } : {};
}

/** OpenTelemetry's conventions for generative AI, of now and of before: https://opentelemetry.io/docs/specs/semconv/gen-ai/ */
export const genAi: Dialect = {
  name: "gen_ai",
  prefixes: ["gen_ai"],
  operation: {
    attribute: "gen_ai.operation.name",
    values: {
      chat: "chat",
      text_completion: "chat",
      generate_content: "chat",
      completion: "chat",
      embeddings: "embeddings",
      execute_tool: "execute_tool",
      invoke_agent: "invoke_agent",
      create_agent: "step",
      agent_step: "step",
      workflow: "workflow",
      invoke_workflow: "workflow",
      retrieval: "retrieval",
      handoff: "handoff",
      guardrail: "guardrail",
    },
  },
  texts: {
    agent: ["gen_ai.handoff.from_agent", "gen_ai.agent.name", "gen_ai.agent.id"],
    peer: ["gen_ai.handoff.to_agent"],
    workflow: ["gen_ai.workflow.name"],
    conversation: ["gen_ai.conversation.id"],
    provider: ["gen_ai.provider.name", "gen_ai.system"],
    model: ["gen_ai.response.model", "gen_ai.request.model"],
    tool: ["gen_ai.tool.name"],
    toolCallId: ["gen_ai.tool.call.id"],
    errorType: ["error.type"],
  },
  numbers: {
    inputTokens: ["gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"],
    outputTokens: ["gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"],
    cachedTokens: [
      "gen_ai.usage.cache_read.input_tokens",
      "gen_ai.usage.cache_read_input_tokens",
      "gen_ai.usage.input_tokens.cached",
    ],
    cacheWriteTokens: [
      "gen_ai.usage.cache_creation.input_tokens",
      "gen_ai.usage.cache_creation_input_tokens",
      "gen_ai.usage.input_tokens.cache_write",
    ],
    reasoningTokens: ["gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.reasoning_tokens"],
    costUsd: ["gen_ai.usage.cost"],
  },
  derive: unnamed,
};
