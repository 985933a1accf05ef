import { expect, test } from "vitest";

import { facetsOf, type Said } from "./fixture.ts";

const CLIENT = 3;
const request: Said = { "gen_ai.system": "openai", "gen_ai.request.model": "gpt-4o" };

test.each<[string, Said, number, object]>([
  ["a call before there were operations", request, CLIENT, { operation: "chat", model: "gpt-4o" }],
  [
    "a call that was answered",
    { ...request, "gen_ai.response.id": "r-1" },
    1,
    { operation: "chat" },
  ],
  ["settings of something else", request, 1, { operation: "" }],
  [
    "an agent that names its model",
    { ...request, "gen_ai.agent.name": "lead" },
    CLIENT,
    { operation: "", agent: "lead" },
  ],
  [
    "a hand-off",
    { "gen_ai.handoff.from_agent": "triage", "gen_ai.handoff.to_agent": "refunds" },
    1,
    { operation: "handoff", agent: "triage", peer: "refunds" },
  ],
  [
    "a tool that is a hand-off",
    { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "transfer_to_refunds" },
    1,
    { operation: "handoff", peer: "refunds", tool: "" },
  ],
])("%s", (_, attributes, kind, expected) => {
  expect(facetsOf("x", attributes, { kind })).toMatchObject(expected);
});

test("OpenInference's names of hand-offs have spaces", () => {
  expect(facetsOf("handoff to Refund Agent", { "openinference.span.kind": "TOOL" })).toMatchObject({
    operation: "handoff",
    peer: "Refund Agent",
  });
});
