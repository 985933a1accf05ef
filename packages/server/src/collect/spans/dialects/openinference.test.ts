import { expect, test } from "vitest";

import type { Span } from "../model.ts";
import { understand } from "../understand.ts";
import { spanOf } from "./fixture.ts";

const agentSpan = (more: Partial<Span> = {}): Span =>
  spanOf("CodeAgent.run", { "openinference.span.kind": "AGENT" }, more);

test.each([
  [
    "openinference.instrumentation.smolagents",
    "",
    { operation: "invoke_agent", agent: "CodeAgent.run" },
  ],
  [
    "openinference.instrumentation.langchain",
    "",
    { operation: "workflow", workflow: "CodeAgent.run" },
  ],
  ["openinference.instrumentation.langchain", "00f067aa0ba902b7", { operation: "invoke_agent" }],
  ["openinference.instrumentation.openai_agents", "00f067aa0ba902b7", { operation: "workflow" }],
])("an agent without a name, told of by %s below %j", (scope, parentSpanId, expected) => {
  expect(understand(agentSpan({ parentSpanId }), scope).facets).toMatchObject(expected);
});
