import { expect, test } from "vitest";

import { facetsOf, type Said } from "./fixture.ts";

const process: Said = { "messaging.operation": "process" };
const team = "writer_7f9c2ba4-e88f-4c2f-9d01-23456789abcd";

test.each<[string, Said, object]>([
  ["autogen process writer.(default)-A", process, { operation: "invoke_agent", agent: "writer" }],
  [`autogen process ${team}.(1)-A`, process, { operation: "invoke_agent", agent: "writer" }],
  [
    "autogen send editor.(default)-A",
    { "messaging.operation": "publish" },
    { operation: "message", peer: "editor" },
  ],
  ["autogen process RoundRobinGroupChatManager_1.(1)-A", process, { operation: "", agent: "" }],
  ["autogen publish news.(default)-T", { "messaging.operation": "publish" }, { operation: "" }],
  [
    "invoke_agent writer",
    {
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": "writer",
      "gen_ai.system": "autogen",
    },
    { operation: "invoke_agent", agent: "writer" },
  ],
  [
    "conversation lead",
    { "ag2.span.type": "conversation", "gen_ai.operation.name": "conversation" },
    { operation: "workflow", workflow: "conversation lead" },
  ],
  [
    "invoke_agent coder",
    { "ag2.span.type": "agent", "gen_ai.agent.name": "coder" },
    { operation: "invoke_agent", agent: "coder" },
  ],
  ["orders process", { "messaging.operation": "process" }, { operation: "", agent: "" }],
])("%s %o", (name, attributes, expected) => {
  expect(facetsOf(name, attributes)).toMatchObject(expected);
});
