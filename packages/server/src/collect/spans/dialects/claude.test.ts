import { expect, test } from "vitest";

import { facetsOf, type Said } from "./fixture.ts";

const session: Said = { "session.id": "s-1", "user.id": "u-1" };

test.each<[string, Said, object]>([
  [
    "claude_code.interaction",
    { "span.type": "interaction" },
    { operation: "invoke_agent", agent: "claude-code", conversation: "s-1", user: "u-1" },
  ],
  [
    "claude_code.llm_request",
    {
      "span.type": "llm_request",
      model: "claude-opus-4-7",
      "gen_ai.system": "anthropic",
      input_tokens: 2,
      output_tokens: 40,
      cache_read_tokens: 900,
      cache_creation_tokens: 98,
    },
    {
      operation: "chat",
      provider: "anthropic",
      model: "claude-opus-4-7",
      inputTokens: 1000,
      cachedTokens: 900,
      cacheWriteTokens: 98,
      outputTokens: 40,
    },
  ],
  [
    "claude_code.tool",
    { "span.type": "tool", tool_name: "Bash", tool_use_id: "toolu_1" },
    { operation: "execute_tool", tool: "Bash", toolCallId: "toolu_1", agent: "" },
  ],
  [
    "claude_code.tool",
    { "span.type": "tool", tool_name: "Agent", subagent_type: "Explore" },
    { operation: "invoke_agent", agent: "Explore", tool: "" },
  ],
  ["claude_code.tool.execution", { "span.type": "tool.execution" }, { operation: "step" }],
])("%s %o", (name, attributes, expected) => {
  expect(facetsOf(name, { ...session, ...attributes })).toMatchObject(expected);
});

test("spans of others with such attributes are left alone", () => {
  expect(facetsOf("GET /", { "span.type": "web", input_tokens: 5 })).toMatchObject({
    operation: "",
    inputTokens: 0,
  });
});
