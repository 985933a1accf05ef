import { expect, test } from "vitest";

import { analyseTrace } from "#collect";
import { columnsOf, type LeanRow } from "#store";

import { analysedOf } from "./analysed.ts";
import { figuresOf } from "./long-trace.ts";

const START_NS = 1_780_315_200_000_000_000n;
const SPANS = 300;

const hex = (value: number): string => value.toString(16).padStart(16, "0");

/** A generator of numbers from 0 to 1 that are always the same. */
function diceOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const PEERED: ReadonlySet<string> = new Set(["wait", "message", "handoff"]);
const OPERATIONS = [
  "handoff",
  "",
  "chat",
  "chat",
  "invoke_agent",
  "execute_tool",
  "task",
  "wait",
  "message",
];

/** A run of which every kind of span may stand below every other, some without the parent that they name. */
function traceOf(seed: number): LeanRow[] {
  const dice = diceOf(seed);
  const pick = (of: readonly string[]): string => of[Math.floor(dice() * of.length)] ?? "";
  return Array.from({ length: SPANS }, (_, at) => {
    const operation = pick(OPERATIONS);
    const uses = dice() < 0.4;
    const parent = dice() < 0.02 ? 9999 : Math.floor(dice() * at);
    return {
      traceId: "a".repeat(32),
      spanId: hex(at + 1),
      parentSpanId: at === 0 ? "" : hex(parent + 1),
      service: "fleet",
      name: operation,
      kind: 1,
      status: dice() < 0.1 ? 2 : 0,
      statusMessage: "",
      startNs: String(START_NS + BigInt(at) * 1000n),
      durationNs: Math.floor(dice() * 1e9),
      ended: dice() < 0.9,
      operation,
      agent: dice() < 0.3 ? pick(["Lead", "helper", "The Critic"]) : "",
      peer: PEERED.has(operation) ? pick(["Lead", "helper", "the_critic", "nobody"]) : "",
      workflow: "",
      task: "",
      conversation: "",
      user: "",
      provider: "",
      model: operation === "chat" ? pick(["m1", "m2"]) : "",
      tool: operation === "execute_tool" ? pick(["search", "look", ""]) : "",
      toolCallId: "",
      errorType: "",
      inputTokens: uses ? Math.floor(dice() * 1000) : 0,
      outputTokens: uses ? Math.floor(dice() * 100) : 0,
      cachedTokens: 0,
      cacheWriteTokens: 0,
      reasoningTokens: 0,
      costUsd: uses && dice() < 0.5 ? Math.floor(dice() * 1024) / 1024 : 0,
      costSource: "",
      host: "",
    };
  });
}

const byText = (a: unknown, b: unknown): number => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1);

test.each(Array.from({ length: 20 }, (_, seed) => seed + 1))(
  "a long trace is understood as a short one is (%d)",
  async (seed) => {
    const rows = traceOf(seed);
    const expected = analyseTrace(rows.map(analysedOf));
    const { analysis, ...figures } = await figuresOf(await columnsOf(rows));
    expect(analysis.agents).toEqual(expected.agents);
    expect(analysis.edges.toSorted(byText)).toEqual(expected.edges.toSorted(byText));
    expect(analysis.toolCalls).toEqual(expected.toolCalls);
    expect(analysis.usage.toSorted(byText)).toEqual(expected.usage.toSorted(byText));
    const ends = rows.map(({ startNs, durationNs }) => BigInt(startNs) + BigInt(durationNs));
    expect(figures).toEqual({
      spans: SPANS,
      errors: rows.filter(({ status }) => status === 2).length,
      ended: false,
      lastNs: ends.reduce((a, b) => (a > b ? a : b)),
      toolCalls: expected.toolCalls.length,
    });
  },
);

test("nothing is nothing", async () => {
  expect(await figuresOf(await columnsOf([]))).toMatchObject({ spans: 0, errors: 0, ended: true });
});
