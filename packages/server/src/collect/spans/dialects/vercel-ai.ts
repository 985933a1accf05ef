import type { Facets, Operation, Span } from "../model.ts";
import { jsonAt, numberOf, textAt, type Dialect } from "./dialect.ts";

/** `ai.generateText` is the whole loop of an agent, `ai.generateText.doGenerate` one call of a model inside of it. */
const OPERATIONS: ReadonlyMap<string, Operation> = new Map([
  ["ai.generateText", "invoke_agent"],
  ["ai.streamText", "invoke_agent"],
  ["ai.generateObject", "invoke_agent"],
  ["ai.streamObject", "invoke_agent"],
  ["ai.generateText.doGenerate", "chat"],
  ["ai.streamText.doStream", "chat"],
  ["ai.generateObject.doGenerate", "chat"],
  ["ai.streamObject.doStream", "chat"],
  ["ai.embed", "step"],
  ["ai.embedMany", "step"],
  ["ai.embed.doEmbed", "embeddings"],
  ["ai.embedMany.doEmbed", "embeddings"],
  ["ai.toolCall", "execute_tool"],
]);

/** Providers whose input tokens were those beside the cache in version 5; since 6 the whole is handed on, with its parts. */
const COUNTS_BESIDE_CACHE = /^(?:anthropic|amazon-bedrock)/;

function besideCache({ attributes }: Span): Partial<Facets> {
  const cached = numberOf(attributes.get("ai.usage.cachedInputTokens")) ?? 0;
  const isBeside =
    COUNTS_BESIDE_CACHE.test(textAt(attributes, "ai.model.provider")) &&
    !attributes.has("ai.usage.inputTokenDetails.noCacheTokens");
  if (!isBeside) return {};
  const { anthropic } = jsonAt(attributes, "ai.response.providerMetadata") ?? {};
  const written = (anthropic as Record<string, unknown> | undefined)?.["cacheCreationInputTokens"];
  const cacheWriteTokens = numberOf(written as number | undefined) ?? 0;
  const plain = numberOf(attributes.get("ai.usage.inputTokens")) ?? 0;
  return { inputTokens: plain + cached + cacheWriteTokens, cacheWriteTokens };
}

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
    inputTokens: ["ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens"],
    outputTokens: ["ai.usage.outputTokens", "ai.usage.completionTokens"],
    cachedTokens: ["ai.usage.inputTokenDetails.cacheReadTokens", "ai.usage.cachedInputTokens"],
    cacheWriteTokens: ["ai.usage.inputTokenDetails.cacheWriteTokens"],
    reasoningTokens: ["ai.usage.outputTokenDetails.reasoningTokens", "ai.usage.reasoningTokens"],
  },
  derive(span): Partial<Facets> {
    const operation = OPERATIONS.get(textAt(span.attributes, "ai.operationId"));
    return { ...(operation !== undefined && { operation }), ...besideCache(span) };
  },
};
