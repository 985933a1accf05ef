import { expect, test } from "vitest";

import { facetsOf, type Said } from "./fixture.ts";

test.each<[string, Said, object]>([
  [
    "openai.chat",
    { "llm.request.type": "chat", "gen_ai.request.model": "m", "gen_ai.usage.prompt_tokens": 9 },
    { operation: "chat", model: "m", inputTokens: 9 },
  ],
  ["openai.embeddings", { "llm.request.type": "embedding" }, { operation: "embeddings" }],
  [
    "Refunds.agent",
    { "traceloop.span.kind": "agent" },
    { operation: "invoke_agent", agent: "Refunds" },
  ],
  [
    "x.agent",
    { "traceloop.span.kind": "agent", "gen_ai.agent.name": "Refunds" },
    { operation: "invoke_agent", agent: "Refunds" },
  ],
  ["look.tool", { "traceloop.span.kind": "tool" }, { operation: "execute_tool", tool: "look" }],
  [
    "Triage → Refunds.handoff",
    {
      "traceloop.span.kind": "handoff",
      "gen_ai.handoff.from_agent": "Triage",
      "gen_ai.handoff.to_agent": "Refunds",
    },
    { operation: "handoff", agent: "Triage", peer: "Refunds" },
  ],
])("%s %o", (name, attributes, expected) => {
  expect(facetsOf(name, attributes)).toMatchObject(expected);
});
