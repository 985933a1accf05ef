import { LangChainInstrumentation } from "@arizeai/openinference-instrumentation-langchain";
import * as callbackManager from "@langchain/core/callbacks/manager";
import { BaseChatModel } from "@langchain/core/language_models/chat_models";
import { AIMessage } from "@langchain/core/messages";
import { tool } from "@langchain/core/tools";
import { Annotation, Command, END, START, StateGraph } from "@langchain/langgraph";
import { z } from "zod";

import { produce } from "./fleet.mjs";

new LangChainInstrumentation().manuallyInstrument(callbackManager);

/** A model that says what it is told to, and what that cost. */
class Scripted extends BaseChatModel {
  constructor(text) {
    super({});
    this.text = text;
  }
  _llmType() {
    return "scripted";
  }
  async _generate() {
    const usage = { input_tokens: 50, output_tokens: 5, total_tokens: 55 };
    const message = new AIMessage({ content: this.text, usage_metadata: usage });
    return {
      generations: [{ text: this.text, message }],
      llmOutput: { tokenUsage: { promptTokens: 50, completionTokens: 5, totalTokens: 55 } },
    };
  }
}

const search = tool(async ({ query }) => `nothing about ${query}`, {
  name: "web_search",
  description: "Searches.",
  schema: z.object({ query: z.string() }),
});
const State = Annotation.Root({
  notes: Annotation({ reducer: (a, b) => a.concat(b), default: () => [] }),
});

const graph = new StateGraph(State)
  .addNode("supervisor", async () => new Command({ goto: "researcher" }), { ends: ["researcher"] })
  .addNode(
    "researcher",
    async () => {
      const answer = await new Scripted("found it").invoke("search");
      const found = await search.invoke({ query: "fleets" });
      return new Command({ goto: "writer", update: { notes: [answer.content, found] } });
    },
    { ends: ["writer"] },
  )
  .addNode("writer", async () => {
    const answer = await new Scripted("written").invoke("write");
    return { notes: [answer.content] };
  })
  .addEdge(START, "supervisor")
  .addEdge("writer", END)
  .compile({ name: "report" });

await produce(async () => {
  const { notes } = await graph.invoke({ notes: [] });
  if (notes.length !== 3) throw new Error(`unexpected notes ${notes}`);
});
