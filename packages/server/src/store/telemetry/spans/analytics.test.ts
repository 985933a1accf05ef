import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { makeMatcher } from "#lib";

import { quietOptions, TestStores } from "../fixture.ts";
import type { TelemetryStore } from "../types.ts";
import { spanRecord } from "./fixture.ts";
import type { SpanRow, TraceQuery } from "./types.ts";

const DAY_MS = 86_400_000;
const NOW_MS = 1_780_315_260_000;
const START_MS = NOW_MS - 3_600_000;

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
const TRACES = 20;

/** A root that takes a second, or ten in every fourth trace, with a call of a model below it that fails there. */
function traceOf(index: number) {
  const startMs = START_MS + index * 60_000;
  const isSlow = index % 4 === 0;
  const root: Partial<SpanRow> = {
    traceId: hex(index + 1, 32),
    spanId: hex(1, 16),
    name: "run",
    operation: "invoke_agent",
    agent: index % 2 === 0 ? "lead" : "helper",
    user: "ann",
    startNs: `${startMs}000000`,
    durationNs: isSlow ? 10e9 : 1e9,
    status: isSlow ? 2 : 1,
    errorType: isSlow ? "agent_failed" : "",
    attributes: { region: isSlow ? "eu" : "us", index: String(index) },
    numbers: { size: isSlow ? 5 : 1 },
    resource: { "host.name": `host-${index % 2}`, "service.version": "1.2" },
  };
  const call: Partial<SpanRow> = {
    ...root,
    spanId: hex(2, 16),
    parentSpanId: hex(1, 16),
    name: "chat m",
    operation: "chat",
    agent: "",
    provider: "p",
    model: index < 10 ? "m" : "n",
    startNs: `${startMs + 100}000000`,
    durationNs: isSlow ? 8e9 : 5e8,
    inputTokens: 100,
    outputTokens: 10,
    costUsd: index < 10 ? index / 10 : 0,
    costSource: index < 10 ? "reported" : "",
    errorType: isSlow ? "timeout" : "",
    statusMessage: isSlow ? `no answer after ${index} s` : "",
  };
  const content = [
    { name: "gen_ai.input.messages", text: `Frage ${index}: "Äpfel"\nund`, truncated: false },
  ];
  return [spanRecord(root), spanRecord(call, content)];
}

const all: TraceQuery = { startMs: START_MS - 1000, endMs: NOW_MS, limit: 100 };

describe.each(["memory", "chdb", "chdb that has not inserted them yet"])("spans in %s", (kind) => {
  const stores = new TestStores(quietOptions(NOW_MS));
  let store: TelemetryStore;
  beforeAll(async () => {
    store = await stores.open(kind === "memory" ? "memory" : "chdb");
    const records = Array.from({ length: TRACES }, (_, index) => traceOf(index)).flat();
    await store.spans.append("default", records.slice(0, 30));
    if (!kind.includes("not")) await store.flush();
    await store.spans.append("default", records.slice(30));
    if (!kind.includes("not")) await store.flush();
  });
  afterAll(() => stores.remove());

  const found = async (query: Partial<TraceQuery>) =>
    (await store.spans.find("default", { ...all, ...query })).length;

  it.each<[string, Partial<TraceQuery>, number]>([
    ["user", { user: "ann" }, TRACES],
    ["somebody else", { user: "bob" }, 0],
    ["status", { status: 2 }, 5],
    ["=", { matchers: [makeMatcher("region", "=", "eu")] }, 5],
    ["!=", { matchers: [makeMatcher("region", "!=", "eu")] }, 15],
    ["!= of what is not there", { matchers: [makeMatcher("nothing", "!=", "eu")] }, TRACES],
    ["=~", { matchers: [makeMatcher("index", "=~", "1.")] }, 10],
    ["=~ is anchored", { matchers: [makeMatcher("region", "=~", "e")] }, 0],
    ["!~", { matchers: [makeMatcher("index", "!~", "1.|2")] }, 9],
    ["a number", { matchers: [makeMatcher("size", "=", "5")] }, 5],
    ["the resource", { matchers: [makeMatcher("host.name", "=~", "host-0|x")] }, 10],
    [
      "several",
      { matchers: [makeMatcher("region", "=", "eu"), makeMatcher("index", "!=", "0")] },
      4,
    ],
    ["traces by id", { traceIds: [hex(1, 32), hex(3, 32), hex(999, 32)] }, 2],
    ["no trace", { traceIds: [] }, 0],
    ["a root that takes long", { trace: { minDurationNs: 5e9 } }, 5],
    ["a root that does not", { trace: { maxDurationNs: 5e9 } }, 15],
    ["least costs", { trace: { minCostUsd: 0.85 } }, 1],
    ["least tokens", { trace: { minTokens: 110 } }, TRACES],
    ["more tokens than there are", { trace: { minTokens: 111 } }, 0],
    ["a quote", { matchers: [makeMatcher("region'\n\n;", "=", "') OR 1=1 --")] }, 0],
  ])("are found by %s", async (_, query, count) => {
    // What waits is not summed up with what is in the tables: see `SpanStore.find`.
    const isInexact = kind.includes("not") && query.trace !== undefined;
    const sizes = isInexact ? [count, TRACES] : [count];
    expect(sizes).toContain(await found(query));
  });

  it("come in the order that is asked for", async () => {
    const first = async (order: "longest" | "costliest") =>
      (await store.spans.find("default", { ...all, limit: 1, trace: { order } })).map(
        ({ traceId }) => traceId,
      );
    expect(await first("costliest")).toContain(hex(10, 32));
    const longest = await first("longest");
    const isLong = longest.map((id) => Number.parseInt(id, 16) % 4 === 1);
    // Traces that wait have no order yet and come besides the others.
    expect(isLong).toHaveLength(kind.includes("not") ? TRACES : 1);
    expect(isLong).toContain(true);
  });

  it("are counted by their facets", async () => {
    const counts = await store.spans.analytics.facets("default", all, 2);
    const of = (facet: string) =>
      counts
        .filter((one) => one.facet === facet)
        .map(({ value, traces, spans }) => `${value} ${traces} ${spans}`)
        .toSorted();
    expect(of("model")).toEqual(["m 10 10", "n 10 10"]);
    expect(of("agent")).toEqual(["helper 10 10", "lead 10 10"]);
    expect(of("status")).toEqual(["1 15 30", "2 5 10"]);
    expect(of("tool")).toEqual([]);
    const some = await store.spans.analytics.facets("default", { ...all, model: "n" }, 5);
    expect(some.filter(({ facet }) => facet === "operation")).toEqual([
      { facet: "operation", value: "chat", traces: 10, spans: 10 },
    ]);
  });

  it("lie on a grid of time and duration", async () => {
    const grid = { startMs: all.startMs, stepMs: 600_000, columns: 6, rowsPerDecade: 4 };
    const cells = await store.spans.analytics.grid("default", all, grid);
    expect(cells).toEqual([
      { column: 0, row: 36, traces: 7, errors: 0 },
      { column: 0, row: 40, traces: 3, errors: 3 },
      { column: 1, row: 36, traces: 8, errors: 0 },
      { column: 1, row: 40, traces: 2, errors: 2 },
    ]);
    const ofModel = await store.spans.analytics.grid("default", { ...all, model: "m" }, grid);
    expect(ofModel.reduce((sum, { traces }) => sum + traces, 0)).toBe(10);
  });

  it("are compared inside and outside of a region", async () => {
    const region = {
      startMs: all.startMs,
      endMs: all.endMs,
      minDurationNs: 5e9,
      maxDurationNs: 1e12,
    };
    const compared = await store.spans.analytics.compare("default", all, region, 100);
    expect(compared).toMatchObject({ inside: 5, outside: 15 });
    const value = (name: string, text: string) =>
      compared.values.find((one) => one.name === name && one.value === text);
    expect(value("region", "eu")).toMatchObject({ kind: "attribute", inside: 5, outside: 0 });
    expect(value("size", "5")).toMatchObject({ inside: 5, outside: 0 });
    expect(value("errorType", "timeout")).toMatchObject({ kind: "facet", inside: 5 });
    expect(value("service.version", "1.2")).toMatchObject({ inside: 5, outside: 15 });
    expect(value("index", "0")).toBeUndefined();
  });

  it("that failed come with what they say", async () => {
    const failures = await store.spans.analytics.failures("default", all, 100);
    expect(failures).toHaveLength(10);
    expect(failures.find(({ traceId }) => traceId === hex(5, 32))).toMatchObject({
      errorType: expect.stringMatching(/timeout|agent_failed/) as string,
    });
    const calls = failures.filter(({ operation }) => operation === "chat");
    expect(calls.map(({ statusMessage }) => statusMessage).toSorted()[0]).toBe(
      "no answer after 0 s",
    );
  });

  it("of models are summed up with where their cost comes from", async () => {
    const usage = await store.spans.analytics.usage("default", all);
    expect(
      usage
        .map(
          ({ model, costSource, calls, inputTokens, costUsd }) =>
            `${model} ${costSource} ${calls} ${inputTokens} ${costUsd.toFixed(1)}`,
        )
        .toSorted(),
    ).toEqual(["m reported 10 1000 4.5", "n  10 1000 0.0"]);
  });

  it("have durations by a facet, once they are in the tables", async () => {
    const byModel = await store.spans.analytics.latencies(
      "default",
      { ...all, operation: "chat" },
      "model",
      [0.5, 0.95],
    );
    const expected = kind.includes("not") ? [] : ["m", "n"];
    expect(byModel.map(({ value }) => value).toSorted()).toEqual(expected);
    for (const { durationsNs } of byModel) expect(durationsNs[0] ?? 0).toBeCloseTo(5e8, -7);
  });

  it("come in parts without what is long", async () => {
    const id = hex(1, 32);
    const [first] = await store.spans.lean("default", id, undefined, 1);
    expect(first).toMatchObject({ spanId: hex(1, 16), host: "host-0", agent: "lead" });
    expect(first).not.toHaveProperty("attributes");
    const rest = await store.spans.lean("default", id, first, 10);
    expect(rest.map(({ spanId }) => spanId)).toEqual([hex(2, 16)]);
    expect(await store.spans.lean("default", id, rest[0], 10)).toEqual([]);
    expect(await store.spans.lean("other", id, undefined, 10)).toEqual([]);
    const both = await store.spans.leanOf("default", [id, hex(2, 32)], 10);
    expect(both.map(({ traceId }) => traceId)).toEqual([id, id, hex(2, 32), hex(2, 32)]);
    expect(await store.spans.span("default", id, hex(2, 16))).toMatchObject({
      attributes: { region: "eu" },
      costSource: "reported",
    });
    expect(await store.spans.span("default", id, hex(9, 16))).toBeUndefined();
  });

  it("come once each in parts, as they were told of last", async () => {
    const running = { traceId: hex(77, 32), startNs: `${NOW_MS - 1000}000000`, ended: false };
    // In the order of texts 9 would be more than 10.
    for (const durationNs of [9, 10, 8])
      await store.spans.append("parts", [spanRecord({ ...running, durationNs })]);
    const durations = async () =>
      (await store.spans.lean("parts", hex(77, 32), undefined, 10)).map((row) => row.durationNs);
    expect(await durations()).toEqual([10]);
    if (!kind.includes("not")) await store.flush();
    expect(await durations()).toEqual([10]);
    await store.spans.append("parts", [spanRecord({ ...running, ended: true, durationNs: 3 })]);
    if (!kind.includes("not")) await store.flush();
    expect(await durations()).toEqual([3]);
  });

  it.each([
    [["äpfel"], TRACES],
    [["FRAGE 3:"], 1],
    [["frage", "Äpfel", "und"], TRACES],
    [["frage", "birnen"], 0],
    [["'); DROP TABLE spans; --"], 0],
  ])("are found by the words %j in their texts", async (words, count) => {
    const { traceIds, searchedFromMs } = await store.spans.searchText(
      "default",
      words,
      all,
      100,
      performance.now() + 30_000,
    );
    expect(traceIds).toHaveLength(count);
    expect(searchedFromMs).toBe(all.startMs);
  });

  it("are not looked through for words longer than there is time", async () => {
    const range = { startMs: all.startMs - DAY_MS / 2, endMs: all.endMs };
    const { searchedFromMs } = await store.spans.searchText("default", ["x"], range, 10, 0);
    expect(searchedFromMs).toBe(all.endMs);
  });
});
