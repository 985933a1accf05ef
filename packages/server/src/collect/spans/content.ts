/** Attributes that hold what people and models said, or what tools were given and gave back. */
const NAMES = new Set([
  "gen_ai.input.messages",
  "gen_ai.output.messages",
  "gen_ai.system_instructions",
  "gen_ai.tool.definitions",
  "gen_ai.tool.call.arguments",
  "gen_ai.tool.call.result",
  "gen_ai.prompt",
  "gen_ai.completion",
  "input.value",
  "output.value",
  "traceloop.entity.input",
  "traceloop.entity.output",
  "langfuse.observation.input",
  "langfuse.observation.output",
  "langfuse.trace.input",
  "langfuse.trace.output",
  "ai.prompt",
  "ai.response.text",
  "ai.response.object",
  "ai.response.toolCalls",
  "ai.response.reasoning",
  "ai.toolCall.args",
  "ai.toolCall.result",
  "ai.value",
  "ai.values",
]);

/** Beginnings of further ones, which have numbers in their names. */
const PREFIXES = [
  "gen_ai.prompt.",
  "gen_ai.completion.",
  "llm.input_messages.",
  "llm.output_messages.",
  "llm.prompts",
  "llm.completions",
  "ai.prompt.",
  "embedding.embeddings.",
  "retrieval.documents.",
  "reranker.",
];

/** Whether an attribute is kept apart from the others, with limits and masks of its own. */
export const isContent = (name: string): boolean =>
  NAMES.has(name) || PREFIXES.some((prefix) => name.startsWith(prefix));
