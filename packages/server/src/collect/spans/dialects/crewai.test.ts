import { expect, test } from "vitest";

import { facetsOf, type Said } from "./fixture.ts";

test.each<[string, Said, object]>([
  [
    "newsroom.kickoff",
    { "openinference.span.kind": "CHAIN", crew_key: "k" },
    { operation: "workflow", workflow: "newsroom" },
  ],
  [
    "Crew_0b0e6c1e-8d4c-4f55-9d4d-0a1b2c3d4e5f.kickoff",
    { "openinference.span.kind": "CHAIN", crew_key: "k" },
    { operation: "workflow", workflow: "Crew" },
  ],
  [
    "Senior Writer._execute_core",
    {
      "openinference.span.kind": "AGENT",
      "graph.node.id": "Senior Writer",
      crew_key: "k",
      task_key: "t",
      task_id: "t-1",
    },
    { operation: "invoke_agent", agent: "Senior Writer", task: "t-1" },
  ],
  [
    "Editor._execute_core",
    { "openinference.span.kind": "AGENT", task_key: "t" },
    { operation: "invoke_agent", agent: "Editor" },
  ],
  [
    "Senior Writer.agent",
    { "traceloop.span.kind": "agent", "crewai.agent.role": "Senior Writer" },
    { operation: "invoke_agent", agent: "Senior Writer" },
  ],
  [
    "Tool Usage",
    { crew_key: "k", agent_role: "Editor", tool_name: "search" },
    { operation: "execute_tool", agent: "Editor", tool: "search" },
  ],
])("%s %o", (name, attributes, expected) => {
  expect(facetsOf(name, attributes)).toMatchObject(expected);
});
