import { expect, test } from "vitest";

import { columnsOf, RunSpans, type RunSpan } from "./run-spans.ts";

const span = (id: number, more: Partial<RunSpan> = {}): RunSpan => ({
  span_id: id.toString(16).padStart(16, "0"),
  name: "step",
  service: "fleet",
  start_ns: String(1_780_000_000_000_000_000n + BigInt(id)),
  duration_seconds: 1,
  ...more,
});

const FULL = span(1, {
  parent_span_id: "f000000000000001",
  host: "h",
  kind: "client",
  status: "error",
  ended: false,
  operation: "chat",
  agent: "lead",
  peer: "helper",
  tool: "look",
  model: "m",
  error_type: "Timeout",
  input_tokens: 12,
  output_tokens: 3,
  cost_usd: 0.25,
});

const all = (spans: RunSpans) => Array.from({ length: spans.length }, (_, at) => spans.at(at));
const of = (...spans: RunSpan[]) => new RunSpans(columnsOf(spans));

test.each([
  ["everything", FULL],
  ["nothing but its name", span(2)],
  ["a cost of nothing", span(3, { cost_usd: 0 })],
])("a span with %s comes back from its columns", (_, one) => {
  expect(all(of(one))).toEqual([one]);
  expect(of(one).at(1)).toBeUndefined();
});

test("news replace what was known of a span, and new spans follow", () => {
  const before = of(span(1), span(2, { ended: false }), span(3));
  const ended = span(2, { duration_seconds: 7, status: "error" });
  const after = before.with([span(4, { ended: false }), ended, span(4, { agent: "late" })]);
  expect(all(after)).toEqual([span(1), ended, span(3), span(4, { agent: "late" })]);
  expect(all(before)).toHaveLength(3);
});

test("a span that has ended does not go on again", () => {
  const before = of(span(1, { duration_seconds: 5 }));
  expect(all(before.with([span(1, { ended: false, duration_seconds: 2 })]))).toEqual(all(before));
});

test("no news of no spans are none", () => {
  expect(all(of().with([]))).toEqual([]);
  expect(all(of().with([FULL]))).toEqual([FULL]);
});
