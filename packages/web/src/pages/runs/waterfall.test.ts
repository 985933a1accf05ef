import type { TraceSpan } from "@fleetlight/contract";
import { describe, expect, test } from "vitest";

import { filterOf } from "../../api/runs.ts";
import { parseRunSearch, parseRunsSearch } from "../../app/run-search.ts";
import { conversationOf, readable, spoken, waterfall } from "./waterfall.ts";

const span = (id: string, parent: string, startMs: number, more: Partial<TraceSpan> = {}) =>
  ({
    span_id: id,
    parent_span_id: parent,
    name: id,
    start_ns: String(1_780_000_000_000_000_000n + BigInt(startMs) * 1_000_000n),
    duration_seconds: 1,
    content: [],
    ...more,
  }) as unknown as TraceSpan;

const drawn = (spans: TraceSpan[], folded?: Set<string>) =>
  waterfall(spans, folded).map(({ span: { span_id }, depth }) => `${" ".repeat(depth)}${span_id}`);

describe("the waterfall", () => {
  const run = [span("a", "", 0), span("b", "a", 10), span("d", "a", 30), span("c", "b", 20)];

  test("has each span below its parent, siblings by start", () => {
    expect(drawn(run)).toEqual(["a", " b", "  c", " d"]);
  });

  test("hides what is below a folded span, and says how much there is", () => {
    expect(drawn(run, new Set(["b"]))).toEqual(["a", " b", " d"]);
    expect(waterfall(run, new Set(["b"]))[1]?.children).toBe(1);
  });

  test("draws bars as shares of the whole run", () => {
    const [, second] = waterfall([span("a", "", 0), span("b", "a", 1000)]);
    expect(second).toMatchObject({ start: 0.5, width: 0.5 });
  });

  test("shows spans whose parent is missing, and those in a circle", () => {
    expect(drawn([span("a", "gone", 0)])).toEqual(["a"]);
    expect(drawn([span("a", "b", 0), span("b", "a", 1)])).toEqual(["a", " b"]);
    expect(drawn([])).toEqual([]);
  });

  test("50,000 spans in one line are drawn", () => {
    const chain = Array.from({ length: 50_000 }, (_, i) => span(`s${i}`, `s${i - 1}`, i));
    expect(waterfall(chain)).toHaveLength(50_000);
  });
});

describe("the conversation", () => {
  const said = (name: string, text: string) => ({ name, text, truncated: false });

  test("tells each text once, with who said it", () => {
    const found = conversationOf([
      span("a", "", 0, { content: [said("gen_ai.input.messages", "hi")] }),
      span("b", "a", 1, {
        content: [
          said("gen_ai.input.messages", "hi"),
          said("gen_ai.tool.definitions", "[]"),
          said("gen_ai.output.messages", "hello"),
        ],
      }),
    ]);
    expect(found.map(({ role, text }) => `${role}: ${text}`)).toEqual([
      "prompt: hi",
      "answer: hello",
    ]);
  });

  test.each([
    ["plain", "plain"],
    ['[{"role":"user","content":"hi"}]', "hi"],
    [
      '[{"role":"user","parts":[{"type":"text","content":"hi"},{"type":"text","text":"you"}]}]',
      "hi\n\nyou",
    ],
    ['{"messages":[[{"kwargs":{"content":"hi"}},{"kwargs":{"content":"hi"}}]]}', "hi"],
    ['{"q":"otel"}', '{\n  "q": "otel"\n}'],
    ["{cut", "{cut"],
  ])("%s says %s", (text, expected) => {
    expect(spoken(text)).toBe(expected);
  });

  test("JSON is laid out, the rest is left alone", () => {
    expect(readable('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(readable("{broken")).toBe("{broken");
  });
});

test.each([
  ["", {}],
  ["lead", { agent: "lead" }],
  ["tool: look", { tool: "look" }],
  ["http.method=GET", { attribute: "http.method=GET" }],
  ["odd:thing", { agent: "odd:thing" }],
])("the filter %j asks for %o", (text, expected) => {
  expect(filterOf(text)).toEqual(expected);
});

test("addresses keep only what they may say", () => {
  expect(parseRunsSearch({ q: "x", errors: true, hours: 6, other: 1 })).toEqual({
    q: "x",
    errors: true,
    hours: 6,
  });
  expect(parseRunsSearch({ q: "", errors: "yes", hours: 5 })).toEqual({});
  expect(parseRunSearch({ span: "zz", view: "conversation" })).toEqual({ view: "conversation" });
});
