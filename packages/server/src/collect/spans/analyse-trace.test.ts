import { describe, expect, test } from "vitest";

import { analyseTrace } from "./analyse-trace.ts";
import type { Facets, Span, UnderstoodSpan } from "./model.ts";
import { understand } from "./understand.ts";

let next = 0;

/** A span whose attributes speak `gen_ai`. */
function span(id: string, parent: string, attributes: Record<string, string | number>): Span {
  return {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: id,
    parentSpanId: parent,
    traceState: "",
    name: id,
    kind: 1,
    startNs: BigInt(++next),
    endNs: BigInt(next + 1),
    status: 0,
    statusMessage: "",
    attributes: new Map(Object.entries(attributes)),
    events: [],
    links: [],
  };
}

const agent = (id: string, parent: string, name: string, tokens = 0): UnderstoodSpan =>
  understand(
    span(id, parent, {
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": name,
      "gen_ai.usage.input_tokens": tokens,
    }),
    "test",
  );

const chat = (id: string, parent: string, tokens: number): UnderstoodSpan =>
  understand(
    span(id, parent, {
      "gen_ai.operation.name": "chat",
      "gen_ai.request.model": "m",
      "gen_ai.usage.input_tokens": tokens,
    }),
    "test",
  );

const inputOf = (spans: readonly UnderstoodSpan[]): number =>
  analyseTrace(spans).usage.reduce((sum, { inputTokens }) => sum + inputTokens, 0);

describe("what is paid", () => {
  test("the sum on an agent counts when no call below it says anything", () => {
    expect(inputOf([agent("a", "", "lead", 50)])).toBe(50);
    expect(inputOf([agent("a", "", "lead", 50), chat("c", "a", 0)])).toBe(50);
  });

  test("the sum on an agent does not count beside the calls below it", () => {
    expect(inputOf([agent("a", "", "lead", 50), chat("c", "a", 20), chat("d", "a", 30)])).toBe(50);
  });

  test("sums of agents above one another count once", () => {
    expect(inputOf([agent("a", "", "lead", 50), agent("b", "a", "helper", 50)])).toBe(50);
  });

  test("one call that two instrumentations saw counts once", () => {
    expect(inputOf([chat("outer", "", 20), chat("inner", "outer", 20)])).toBe(20);
  });

  test("a call below a tool of another call is one of its own", () => {
    const tool = understand(
      span("t", "c", { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "ask" }),
      "test",
    );
    expect(inputOf([chat("c", "", 20), tool, chat("d", "t", 5)])).toBe(25);
  });
});

describe("calls of tools", () => {
  const tool = (id: string, parent: string, name: string): UnderstoodSpan =>
    understand(
      span(id, parent, {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": name,
      }),
      "test",
    );
  const callsOf = (spans: readonly UnderstoodSpan[]): string[] =>
    analyseTrace(spans).toolCalls.map(({ spanId }) => spanId);

  test("one that a framework, a client and a server tell of is one", () => {
    expect(
      callsOf([tool("a", "", "look"), tool("b", "a", "look"), tool("c", "b", "look")]),
    ).toEqual(["a"]);
  });

  test("further ones below are calls of their own when they are of another agent or tool", () => {
    const helped = [tool("a", "", "ask"), agent("b", "a", "helper"), tool("c", "b", "ask")];
    expect(callsOf(helped)).toEqual(["a", "c"]);
    expect(callsOf([tool("d", "", "ask"), tool("e", "d", "look")])).toEqual(["d", "e"]);
  });
});

describe("a trace that is not whole", () => {
  test("an agent whose parent has not come yet is there, and its caller when it comes", () => {
    const [lead, helper] = [agent("a", "", "lead"), agent("b", "a", "helper")];
    expect(analyseTrace([helper])).toMatchObject({ agents: ["helper"], edges: [] });
    expect(analyseTrace([helper, lead]).edges).toEqual([
      { from: "lead", to: "helper", kind: "delegation" },
    ]);
  });

  test("a hand-over by a tool reaches the agent that the tool is called for", () => {
    const agent = (id: string, name: string) =>
      span(id, "", { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": name });
    const tool = span("t", "a", {
      "gen_ai.operation.name": "execute_tool",
      "gen_ai.tool.name": "transfer_to_refund_agent",
    });
    const rows = [agent("a", "Triage Agent"), tool, agent("b", "Refund Agent")];
    const { edges } = analyseTrace(rows.map((one) => understand(one, "test")));
    expect(edges).toEqual([{ from: "Triage Agent", to: "Refund Agent", kind: "handoff" }]);
  });

  test("parents in a circle end the search", () => {
    const found = analyseTrace([chat("a", "b", 1), chat("b", "a", 1)]);
    expect(found.agents).toEqual([]);
  });
});

describe("what a span says", () => {
  const facetsOf = (attributes: Record<string, string | number>, status = 0): Facets =>
    understand({ ...span("x", "", attributes), status }, "test").facets;

  test.each([
    [{ "gen_ai.system": "openai" }, { provider: "openai" }],
    [{ "gen_ai.usage.prompt_tokens": 7 }, { inputTokens: 7 }],
    [{ "gen_ai.usage.input_tokens": "12" }, { inputTokens: 12 }],
    [{ "gen_ai.usage.input_tokens": -1 }, { inputTokens: 0 }],
    [{ "gen_ai.operation.name": "constructor" }, { operation: "" }],
    [
      { "openinference.span.kind": "TOOL", "tool.name": "transfer_to_bob" },
      { operation: "handoff", peer: "bob", tool: "" },
    ],
    [
      { "openinference.span.kind": "TOOL", "tool.name": "look" },
      { operation: "execute_tool", tool: "look" },
    ],
    [{ metadata: "{broken" }, { agent: "" }],
    [{ metadata: '{"langgraph_node":"n","langgraph_checkpoint_ns":"n:1|m:2"}' }, { agent: "n" }],
    [{ "gen_ai.agent.name": "a".repeat(1000) }, { agent: "a".repeat(256) }],
    [{ "http.method": "GET" }, { dialects: [], operation: "" }],
  ])("%o means %o", (attributes, expected) => {
    expect(facetsOf(attributes as Record<string, string | number>)).toMatchObject(expected);
  });

  test("a failure has a type, if only that it is one", () => {
    expect(facetsOf({ "error.type": "timeout" }, 2).errorType).toBe("timeout");
    expect(facetsOf({}, 2).errorType).toBe("_OTHER");
    expect(facetsOf({}, 0).errorType).toBe("");
  });
});

test("the agent of a span far below is found, and each way up is gone once", () => {
  const depth = 20_000;
  const spans = [agent("0", "", "writer")];
  for (let at = 1; at < depth; at++) spans.push(chat(String(at), String(at - 1), 1));
  const { agentOf } = analyseTrace(spans.slice(0, 3000));
  expect(agentOf.get("2999")).toBe("writer");
  expect(analyseTrace(spans).agentOf.size).toBe(depth);
});

test("parents in a circle have no agent, and end", () => {
  const { agentOf } = analyseTrace([chat("a", "b", 1), chat("b", "c", 1), chat("c", "a", 1)]);
  expect([...agentOf.values()]).toEqual(["", "", ""]);
});

test("the workflow is what the span nearest to the root says", () => {
  const inner = understand(span("b", "a", { "gen_ai.workflow.name": "inner" }), "test");
  const outer = understand(span("a", "root", { "gen_ai.workflow.name": "outer" }), "test");
  const root = understand(span("root", "", {}), "test");
  expect(analyseTrace([inner, outer, root]).workflow).toBe("outer");
});
