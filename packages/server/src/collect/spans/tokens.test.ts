import { expect, test } from "vitest";

import { facetsOf, type Said } from "./dialects/fixture.ts";
import type { Facets } from "./model.ts";

const tokensOf = (attributes: Said) => {
  const pick = ({
    inputTokens: input,
    cachedTokens: cached,
    cacheWriteTokens: written,
    outputTokens: output,
    reasoningTokens: reasoning,
  }: Facets) => ({ input, cached, written, output, reasoning });
  return pick(facetsOf("chat", attributes, { kind: 3 }));
};

const langfuse = (usage: Record<string, number>): Said => ({
  "langfuse.observation.type": "generation",
  "langfuse.observation.usage_details": JSON.stringify(usage),
});

test.each<[string, Said, Partial<ReturnType<typeof tokensOf>>]>([
  [
    "gen_ai: parts are in the whole",
    {
      "gen_ai.usage.input_tokens": 100,
      "gen_ai.usage.cache_read.input_tokens": 60,
      "gen_ai.usage.cache_creation.input_tokens": 10,
      "gen_ai.usage.output_tokens": 50,
      "gen_ai.usage.reasoning.output_tokens": 20,
    },
    { input: 100, cached: 60, written: 10, output: 50, reasoning: 20 },
  ],
  [
    "gen_ai of somebody who hands on Anthropic's own numbers",
    { "gen_ai.usage.input_tokens": 4, "gen_ai.usage.cache_read_input_tokens": 5000 },
    { input: 5004, cached: 5000 },
  ],
  [
    "gen_ai of somebody who hands on Gemini's own numbers",
    { "gen_ai.usage.output_tokens": 40, "gen_ai.usage.reasoning_tokens": 900 },
    { output: 940, reasoning: 900 },
  ],
  [
    "OpenInference: parts are in the whole",
    {
      "openinference.span.kind": "LLM",
      "llm.token_count.prompt": 100,
      "llm.token_count.prompt_details.cache_read": 30,
      "llm.token_count.prompt_details.cache_write": 20,
      "llm.token_count.completion": 9,
      "llm.token_count.completion_details.reasoning": 4,
    },
    { input: 100, cached: 30, written: 20, output: 9, reasoning: 4 },
  ],
  [
    "Vercel 6 and 7 with details: parts are in the whole",
    {
      "ai.model.provider": "anthropic.messages",
      "ai.usage.inputTokens": 100,
      "ai.usage.cachedInputTokens": 60,
      "ai.usage.inputTokenDetails.noCacheTokens": 30,
      "ai.usage.inputTokenDetails.cacheReadTokens": 60,
      "ai.usage.inputTokenDetails.cacheWriteTokens": 10,
      "ai.usage.outputTokens": 8,
      "ai.usage.outputTokenDetails.reasoningTokens": 3,
    },
    { input: 100, cached: 60, written: 10, output: 8, reasoning: 3 },
  ],
  [
    "Vercel 5 on Anthropic: the cache is beside the input",
    {
      "ai.model.provider": "anthropic.messages",
      "ai.usage.inputTokens": 30,
      "ai.usage.cachedInputTokens": 20,
      "ai.response.providerMetadata": '{"anthropic":{"cacheCreationInputTokens":10}}',
    },
    { input: 60, cached: 20, written: 10 },
  ],
  [
    "Vercel 5 on OpenAI: the cache is in the input",
    {
      "ai.model.provider": "openai.responses",
      "ai.usage.inputTokens": 30,
      "ai.usage.cachedInputTokens": 20,
    },
    { input: 30, cached: 20 },
  ],
  [
    "Langfuse: kinds of usage stand beside one another",
    langfuse({ input: 40, input_cached_tokens: 60, output: 5, output_reasoning_tokens: 15 }),
    { input: 100, cached: 60, output: 20, reasoning: 15 },
  ],
  [
    "Langfuse on Anthropic",
    langfuse({
      input: 4,
      cache_read_input_tokens: 3,
      cache_creation_input_tokens: 90,
      output: 5,
      total: 102,
    }),
    { input: 97, cached: 3, written: 90, output: 5 },
  ],
  [
    "Langfuse where the total says that parts are in the whole",
    langfuse({ input: 100, input_cached_tokens: 60, output: 20, total: 120 }),
    { input: 100, cached: 60, output: 20 },
  ],
  [
    "Langfuse with OpenAI's words",
    langfuse({ prompt_tokens: 12, completion_tokens: 7, total_tokens: 19 }),
    { input: 12, output: 7 },
  ],
])("%s", (_, attributes, expected) => {
  expect(tokensOf(attributes)).toMatchObject(expected);
});
