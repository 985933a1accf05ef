import { OpenAIAgentsInstrumentation } from "@arizeai/openinference-instrumentation-openai-agents";
import * as agents from "@openai/agents";
import { z } from "zod";

import { produce } from "./fleet.mjs";

new OpenAIAgentsInstrumentation({}).manuallyInstrument(agents);

const usage = (input, output) =>
  new agents.Usage({
    requests: 1,
    inputTokens: input,
    outputTokens: output,
    totalTokens: input + output,
  });
const call = (name, args) => ({
  type: "function_call",
  callId: `call_${name}`,
  name,
  status: "completed",
  arguments: JSON.stringify(args),
});
const say = (text) => ({
  type: "message",
  role: "assistant",
  status: "completed",
  content: [{ type: "output_text", text }],
});

/** A model that says what it is told to, turn by turn. */
class Scripted {
  constructor(turns) {
    this.turns = turns;
  }
  /** Models write the span of their call themselves. */
  getResponse() {
    return agents.withGenerationSpan(async (span) => {
      span.spanData.model = "mock";
      span.spanData.usage = { input_tokens: 100, output_tokens: 10 };
      return { usage: usage(100, 10), output: [this.turns.shift()], responseId: "r" };
    });
  }
}

const weather = agents.tool({
  name: "get_weather",
  description: "The weather of a city.",
  parameters: z.object({ city: z.string() }),
  execute: async ({ city }) => `sunny in ${city}`,
});
const weatherAgent = new agents.Agent({
  name: "weather_agent",
  model: new Scripted([call("get_weather", { city: "Oslo" }), say("It is sunny.")]),
  tools: [weather],
});
const triage = new agents.Agent({
  name: "triage",
  model: new Scripted([call("transfer_to_weather_agent", {})]),
  handoffs: [weatherAgent],
});

await produce(async () => {
  const { finalOutput } = await agents.run(triage, "How is the weather in Oslo?");
  if (finalOutput !== "It is sunny.") throw new Error(`unexpected answer ${finalOutput}`);
  await agents.getGlobalTraceProvider().forceFlush();
});
