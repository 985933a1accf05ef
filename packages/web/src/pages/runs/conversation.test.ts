import type { TraceSpan } from "@fleetlight/contract";
import { describe, expect, test } from "vitest";

import { conversationOf, type Turn } from "./conversation.ts";
import { messagesOf } from "./messages.ts";
import { beginningOf, pieces, readable } from "./texts.ts";

const span = (id: string, parent: string, startMs: number, more: Partial<TraceSpan> = {}) =>
  ({
    span_id: id,
    parent_span_id: parent,
    name: id,
    service: "fleet",
    operation: "chat",
    tool: "",
    agent: "",
    start_ns: String(1_780_000_000_000_000_000n + BigInt(startMs) * 1_000_000n),
    duration_seconds: 1,
    content: [],
    ...more,
  }) as unknown as TraceSpan;

const content = (name: string, text: string) => ({ name, text, truncated: false });

const told = (turn: Turn): string => {
  if (turn.kind === "tool") return `${turn.who} used ${turn.tool}(${turn.given}) = ${turn.answer}`;
  if (turn.kind === "handoff") return `${turn.who} asked ${turn.to}`;
  return `${turn.who} to ${turn.to}: ${turn.text}`;
};

describe("the conversation", () => {
  test("is made of events as well, each of whom its name says", () => {
    const say = (name: string, words: string) => content(name, JSON.stringify({ content: words }));
    const turns = conversationOf([
      span("a", "", 0, {
        agent: "lead",
        content: [
          say("gen_ai.system.message", "Be kind"),
          say("gen_ai.user.message", "Refund?"),
          content(
            "gen_ai.choice",
            '{"index":0,"finish_reason":"stop","message":{"content":"Wait"}}',
          ),
        ],
      }),
      span("b", "", 2000, {
        agent: "lead",
        content: [
          say("gen_ai.user.message", "Refund?"),
          say("gen_ai.assistant.message", "Wait"),
          say("gen_ai.tool.message", "42 EUR"),
          say("gen_ai.choice", "Done"),
        ],
      }),
    ]);
    expect(turns.map(told)).toEqual([
      "Instructions to lead: Be kind",
      "User to lead: Refund?",
      "lead to User: Wait",
      "Tool to lead: 42 EUR",
      "lead to User: Done",
    ]);
  });

  test("tells each text once, with who said it to whom, in the order of time", () => {
    const input = '[{"role":"user","content":"Refund?"}]';
    const again =
      '[{"role":"user","content":"Refund?"},{"role":"assistant","content":"Wait"},{"role":"tool","content":"42 EUR"}]';
    const turns = conversationOf([
      span("a", "", 0, {
        agent: "lead",
        operation: "invoke_agent",
        duration_seconds: 9,
        content: [
          content("gen_ai.input.messages", input),
          content("gen_ai.output.messages", "Done"),
        ],
      }),
      span("b", "a", 100, {
        agent: "lead",
        content: [
          content("gen_ai.input.messages", input),
          content("gen_ai.tool.definitions", "[]"),
          content("gen_ai.output.messages", "Wait"),
        ],
      }),
      span("c", "a", 2000, {
        agent: "helper",
        operation: "execute_tool",
        tool: "look",
        content: [
          content("gen_ai.tool.call.arguments", "order 7"),
          content("gen_ai.tool.call.result", "42 EUR"),
        ],
      }),
      span("d", "a", 4000, {
        agent: "lead",
        content: [
          content("gen_ai.input.messages", again),
          content("gen_ai.output.messages", "Done"),
        ],
      }),
    ]);
    expect(turns.map(told)).toEqual([
      "User to lead: Refund?",
      "lead to User: Wait",
      "lead asked helper",
      "helper used look(order 7) = 42 EUR",
      "lead to User: Done",
    ]);
  });

  test("what a model of an asked agent says is for the one who asked", () => {
    const turns = conversationOf([
      span("a", "", 0, { agent: "lead", operation: "invoke_agent" }),
      span("b", "a", 1, { agent: "helper", operation: "invoke_agent" }),
      span("c", "b", 2, { agent: "helper", content: [content("gen_ai.output.messages", "42")] }),
    ]);
    expect(turns.map(told)).toEqual(["lead asked helper", "helper to lead: 42"]);
  });

  test.each([
    ["plain", [["user", "plain"]]],
    ['"in quotes"', [["user", "in quotes"]]],
    ['[{"role":"user","content":"hi"}]', [["user", "hi"]]],
    [
      '[{"role":"system","parts":[{"type":"text","content":"be"},{"type":"text","text":"kind"}]}]',
      [["system", "be\n\nkind"]],
    ],
    [
      '{"messages":[[{"lc":1,"type":"constructor","id":["messages","HumanMessage"],"kwargs":{"content":"hi"}}]]}',
      [["user", "hi"]],
    ],
    ['{"q":"otel"}', []],
    ["{cut", [["user", "{cut"]]],
    ["", []],
  ])("%s holds messages", (text, expected) => {
    expect(messagesOf(text, "user").map(({ role, text: words }) => [role, words])).toEqual(
      expected,
    );
  });
});

describe("texts", () => {
  test("JSON is laid out, the rest is left alone", () => {
    expect(readable('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(readable("{broken")).toBe("{broken");
  });

  test("words that are looked for are cut out, whatever they hold", () => {
    expect(pieces("A.b a.B", "a.b")).toEqual([
      { text: "A.b", found: true },
      { text: " ", found: false },
      { text: "a.B", found: true },
    ]);
    expect(pieces("aXb", "a.b")).toEqual([{ text: "aXb", found: false }]);
    expect(pieces("text", undefined)).toEqual([{ text: "text", found: false }]);
  });

  test("long texts have a beginning", () => {
    expect(beginningOf("short")).toBeUndefined();
    expect(beginningOf("word ".repeat(400))?.length).toBeLessThan(701);
    expect(beginningOf("line\n".repeat(40))?.split("\n").length).toBeLessThan(13);
  });
});
