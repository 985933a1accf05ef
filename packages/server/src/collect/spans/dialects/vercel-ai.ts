import type { Facets, Operation } from "../model.ts";
import { textAt, type Dialect } from "./dialect.ts";

/** `ai.generateText` is the whole loop of an agent, `ai.generateText.doGenerate` one call of a model inside of it. */
const OPERATIONS: Readonly<Record<string, Operation>> = {
  "ai.generateText": "invoke_agent",
  "ai.streamText": "invoke_agent",
  "ai.generateObject": "invoke_agent",
  "ai.streamObject": "invoke_agent",
  "ai.generateText.doGenerate": "chat",
  "ai.streamText.doStream": "chat",
  "ai.generateObject.doGenerate": "chat",
  "ai.streamObject.doStream": "chat",
  "ai.embed": "step",
  "ai.embedMany": "step",
  "ai.embed.doEmbed": "embeddings",
  "ai.embedMany.doEmbed": "embeddings",
  "ai.toolCall": "execute_tool",
};

/** Vercel's AI SDK 4 to 6, and the legacy telemetry of 7; 7 itself speaks `gen_ai`. */
export const vercelAi: Dialect = {
  name: "vercel-ai",
  prefixes: ["ai"],
  texts: {
    agent: ["ai.telemetry.metadata.agent", "ai.telemetry.functionId", "resource.name"],
    conversation: ["ai.telemetry.metadata.sessionId"],
    user: ["ai.telemetry.metadata.userId"],
    provider: ["ai.model.provider"],
    model: ["ai.response.model", "ai.model.id"],
    tool: ["ai.toolCall.name"],
    toolCallId: ["ai.toolCall.id"],
  },
  numbers: {
    inputTokens: ["ai.usage.inputTokens", "ai.usage.promptTokens"],
    outputTokens: ["ai.usage.outputTokens", "ai.usage.completionTokens"],
    cachedTokens: ["ai.usage.cachedInputTokens"],
    reasoningTokens: ["ai.usage.reasoningTokens"],
  },
  derive(span): Partial<Facets> {
    const operation = OPERATIONS[textAt(span.attributes, "ai.operationId")];
    return operation === undefined ? {} : { operation };
  },
};
