import { OpenTelemetry } from "@ai-sdk/otel";
import { generateText, registerTelemetry, stepCountIs, tool } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { z } from "zod";

import { produce } from "./fleet.mjs";

registerTelemetry(new OpenTelemetry());

const usage = {
  inputTokens: { total: 80, noCache: 80, cacheRead: 0, cacheWrite: 0 },
  outputTokens: { total: 8, text: 8, reasoning: 0 },
};
const turns = [
  {
    content: [
      { type: "tool-call", toolCallId: "c1", toolName: "web_search", input: '{"query":"fleets"}' },
    ],
    finishReason: { unified: "tool-calls", raw: "tool_calls" },
  },
  { content: [{ type: "text", text: "done" }], finishReason: { unified: "stop", raw: "stop" } },
];
const model = new MockLanguageModelV4({
  modelId: "mock-small",
  doGenerate: async () => ({ ...turns.shift(), usage, warnings: [] }),
});

await produce(async () => {
  const { text } = await generateText({
    model,
    prompt: "Search for fleets.",
    stopWhen: stepCountIs(3),
    tools: {
      web_search: tool({
        description: "Searches.",
        inputSchema: z.object({ query: z.string() }),
        execute: async ({ query }) => `nothing about ${query}`,
      }),
    },
    telemetry: { isEnabled: true, functionId: "researcher" },
  });
  if (text !== "done") throw new Error(`unexpected answer ${text}`);
});
