import type { Dialect } from "./dialect.ts";

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
      embeddings: "embeddings",
      execute_tool: "execute_tool",
      invoke_agent: "invoke_agent",
      create_agent: "step",
      agent_step: "step",
      workflow: "workflow",
      invoke_workflow: "workflow",
      retrieval: "retrieval",
    },
  },
  texts: {
    agent: ["gen_ai.agent.name", "gen_ai.agent.id"],
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
};
