import { describe, expect, test } from "vitest";

import { columnsOf, type LeanRow } from "#store";

import { reportOf } from "./report.ts";

const hex = (value: number): string => value.toString(16).padStart(16, "0");
const START_MS = 1_780_315_200_000;

/** A span from one second to another, with its number as its id. */
const span = (
  id: number,
  parent: number | undefined,
  from: number,
  to: number,
  more: Partial<LeanRow> = {},
): LeanRow => ({
  traceId: "a".repeat(32),
  spanId: hex(id),
  parentSpanId: parent === undefined ? "" : hex(parent),
  service: "fleet",
  name: `span ${id}`,
  kind: 1,
  status: 0,
  statusMessage: "",
  startNs: `${BigInt(START_MS) * 1_000_000n + BigInt(Math.round(from * 1e9))}`,
  durationNs: Math.round((to - from) * 1e9),
  ended: true,
  operation: "",
  agent: "",
  peer: "",
  workflow: "",
  task: "",
  conversation: "",
  user: "",
  provider: "",
  model: "",
  tool: "",
  toolCallId: "",
  errorType: "",
  inputTokens: 0,
  outputTokens: 0,
  cachedTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
  costUsd: 0,
  costSource: "",
  host: "",
  ...more,
});

const report = async (rows: readonly LeanRow[], usual = new Map<string, number>()) =>
  reportOf(
    await columnsOf(rows.toSorted((a, b) => (BigInt(a.startNs) < BigInt(b.startNs) ? -1 : 1))),
    usual,
    { traceId: "a".repeat(32), truncated: false },
  );

/** Steps as `id from-to`. */
const pathOf = async (rows: readonly LeanRow[]) =>
  (await report(rows)).critical_path.map(
    ({ span_id, offset_seconds: from, seconds }) =>
      `${Number.parseInt(span_id, 16)} ${from.toFixed(1)}-${(from + seconds).toFixed(1)}`,
  );

const ROOT = span(1, undefined, 0, 10);

describe("the critical path", () => {
  test.each<[string, LeanRow[], string[]]>([
    ["one span", [ROOT], ["1 0.0-10.0"]],
    [
      "children one after the other",
      [ROOT, span(2, 1, 1, 4), span(3, 1, 5, 9)],
      ["1 0.0-1.0", "2 1.0-4.0", "1 4.0-5.0", "3 5.0-9.0", "1 9.0-10.0"],
    ],
    [
      "children side by side: the last one counts",
      [ROOT, span(2, 1, 1, 6), span(3, 1, 2, 9)],
      ["1 0.0-2.0", "3 2.0-9.0", "1 9.0-10.0"],
    ],
    [
      "the one before those that go on side by side",
      [ROOT, span(2, 1, 0, 2), span(3, 1, 3, 9), span(4, 1, 4, 8)],
      ["2 0.0-2.0", "1 2.0-3.0", "3 3.0-9.0", "1 9.0-10.0"],
    ],
    ["grandchildren", [ROOT, span(2, 1, 0, 10), span(3, 2, 4, 10)], ["2 0.0-4.0", "3 4.0-10.0"]],
    [
      "a child that goes on beyond its parent",
      [ROOT, span(2, 1, 8, 30)],
      ["1 0.0-8.0", "2 8.0-10.0"],
    ],
    ["two roots", [span(1, undefined, 0, 2), span(2, undefined, 3, 5)], ["1 0.0-2.0", "2 3.0-5.0"]],
  ])("%s", async (name, rows, expected) => {
    const steps = await pathOf(rows);
    // A child that is longer than its parent makes the trace longer; the parent's own part of the path is as it was.
    expect(name.includes("beyond") ? steps.slice(0, 2) : steps).toEqual(expected);
  });
});

describe("self times", () => {
  test("are without the time of children, counted once where they go on side by side", async () => {
    const rows = [ROOT, span(2, 1, 1, 5), span(3, 1, 4, 6), span(4, 1, 9, 20)];
    const { span_self_seconds: self } = await report(rows);
    expect(self[hex(1)]).toBeCloseTo(4, 6);
    expect(self[hex(2)]).toBeCloseTo(4, 6);
    expect(self[hex(4)]).toBeCloseTo(11, 6);
  });

  test("of the same kind are one line, with the agent from above", async () => {
    const tool = { operation: "execute_tool", tool: "search", name: "search" };
    const rows = [
      { ...ROOT, agent: "lead", operation: "invoke_agent" },
      span(2, 1, 1, 4, tool),
      span(3, 1, 5, 9, { ...tool, status: 2 }),
    ];
    const [first] = (await report(rows)).self_times;
    expect(first).toMatchObject({
      tool: "search",
      agent: "lead",
      spans: 2,
      errors: 1,
      self_seconds: 7,
      critical_share: 0.7,
    });
  });
});

describe("bottlenecks", () => {
  const tool = (id: number, from: number, to: number, more: Partial<LeanRow> = {}) =>
    span(id, 1, from, to, { operation: "execute_tool", tool: "search", name: "search", ...more });
  const of = async (kind: string, rows: LeanRow[], usual = new Map<string, number>()) =>
    (await report(rows, usual)).bottlenecks.filter((one) => one.kind === kind);

  test("say what the run waits for", async () => {
    const [worst] = await of("waits", [ROOT, tool(2, 0, 6)]);
    expect(worst).toMatchObject({ share: 0.6, seconds: 6, span_ids: [hex(2)] });
    expect(worst?.reason).toContain("waits for tool search 60 %");
  });

  test("find calls that could go on side by side", async () => {
    const [worst] = await of("sequential", [ROOT, tool(2, 0, 3), tool(3, 3, 5), tool(4, 5, 6)]);
    expect(worst).toMatchObject({ seconds: 3, spans: 3 });
  });

  test.each<[string, LeanRow[]]>([
    ["that go on side by side already", [tool(2, 0, 3), tool(3, 1, 5)]],
    [
      "with a model between them, which may have asked for the second",
      [tool(2, 0, 3), span(5, 1, 3, 4, { operation: "chat" }), tool(3, 4, 7)],
    ],
    ["of which the first failed", [tool(2, 0, 3, { status: 2 }), tool(3, 3, 6)]],
  ])("leave calls alone %s", async (_, rows) => {
    expect(await of("sequential", [ROOT, ...rows])).toEqual([]);
  });

  test("find what was tried again", async () => {
    const rows = [ROOT, tool(2, 0, 3, { status: 2 }), tool(3, 3, 5, { status: 2 }), tool(4, 5, 6)];
    const [worst] = await of("retries", rows);
    expect(worst).toMatchObject({ seconds: 5, span_ids: [hex(2), hex(3)] });
    expect(worst?.reason).toContain("failed 2 times");
    expect(await of("retries", [ROOT, tool(2, 0, 3, { status: 2 })])).toEqual([]);
  });

  test("find calls of models that are slower than others", async () => {
    const call = span(2, 1, 0, 9, { operation: "chat", model: "m" });
    const [worst] = await of("slow_call", [ROOT, call], new Map([["m", 2]]));
    expect(worst).toMatchObject({ seconds: 7 });
    expect(await of("slow_call", [ROOT, call], new Map([["m", 20]]))).toEqual([]);
    expect(await of("slow_call", [ROOT, call])).toEqual([]);
  });

  test("find times of which nothing is known", async () => {
    const caller = { ...ROOT, operation: "invoke_agent" };
    const [worst] = await of("gap", [caller, span(2, 1, 0, 2), span(3, 1, 7, 9)]);
    expect(worst).toMatchObject({ seconds: 5, span_ids: [hex(1), hex(2), hex(3)] });
    expect(await of("gap", [ROOT, span(2, 1, 0, 2), span(3, 1, 7, 9)])).toEqual([]);
  });
});

describe("clocks of two hosts", () => {
  const parent = span(1, undefined, 0, 10, { host: "a" });
  test.each<[string, LeanRow[], number | undefined]>([
    ["ahead", [span(2, 1, 4, 14, { host: "b" })], 4],
    ["behind", [span(2, 1, -3, 5, { host: "b" })], -3],
    ["that agree", [span(2, 1, 1, 9, { host: "b" })], undefined],
    ["of one and the same host", [span(2, 1, 4, 14, { host: "a" })], undefined],
    ["nobody names", [span(2, 1, 4, 14)], undefined],
    ["a message that is read later", [span(2, 1, 4, 14, { host: "b", kind: 5 })], undefined],
    ["less than a millisecond apart", [span(2, 1, 0.0005, 10.0005, { host: "b" })], undefined],
  ])("%s", async (_, rows, offset) => {
    const { clock_skew: skew } = await report([parent, ...rows]);
    expect(skew.map((one) => Number(one.offset_seconds.toFixed(6)))).toEqual(
      offset === undefined ? [] : [offset],
    );
  });

  test("are told with how many spans show it, and times stay as they were sent", async () => {
    const rows = [parent, span(2, 1, 4, 14, { host: "b" }), span(3, 1, 5, 6, { host: "b" })];
    const found = await report(rows);
    expect(found.clock_skew).toMatchObject([
      { parent_host: "a", child_host: "b", outside: 1, spans: 2, example_span_id: hex(2) },
    ]);
    expect(found.duration_seconds).toBe(14);
  });
});

describe("traces that are broken", () => {
  test("parents that are missing are named", async () => {
    const { missing_parents } = await report([span(2, 99, 0, 1)]);
    expect(missing_parents).toEqual({
      count: 1,
      spans: [{ span_id: hex(2), parent_span_id: hex(99) }],
    });
  });

  test("circles of parents are cut open and named", async () => {
    const rows = [
      span(1, 3, 0, 3),
      span(2, 1, 1, 2),
      span(3, 2, 1, 2),
      span(4, 3, 1, 2),
      span(5, 5, 0, 1),
    ];
    const { cyclic_parents, critical_seconds } = await report(rows);
    expect(cyclic_parents.count).toBe(4);
    expect(cyclic_parents.span_ids.toSorted()).toEqual([1, 2, 3, 5].map(hex));
    expect(critical_seconds).toBeCloseTo(3, 6);
  });

  test("no span at all is nothing", async () => {
    expect(await report([])).toMatchObject({ spans: 0, critical_path: [], bottlenecks: [] });
  });
});

test.each<[string, (index: number) => LeanRow]>([
  [
    "side by side",
    (i) => span(i + 2, 1, i / 1e4, i / 1e4 + 1, { tool: "t", operation: "execute_tool" }),
  ],
  ["in one circle", (i) => span(i + 2, i === 99_999 ? 2 : i + 3, i / 1e5, 20 - i / 1e5)],
  ["one below the other", (i) => span(i + 2, i + 1, i / 1e5, 20 - i / 1e5)],
])("a hundred thousand spans %s do not keep anybody waiting", async (_, make) => {
  const rows = [span(1, undefined, 0, 20), ...Array.from({ length: 100_000 }, (__, i) => make(i))];
  const columns = await columnsOf(rows);
  const asked = { traceId: "a".repeat(32), truncated: false };
  let turns = 0;
  const timer = setInterval(() => turns++, 1);
  const found = await reportOf(columns, new Map(), asked);
  clearInterval(timer);
  expect(found.spans).toBe(100_001);
  expect(turns).toBeGreaterThan(5);
});
