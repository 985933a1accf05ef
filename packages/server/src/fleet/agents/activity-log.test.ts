import { createRegistry } from "@fleetlight/sdk";
import { beforeEach, describe, expect, it } from "vitest";

import { analyseTrace } from "#collect";
import { createLogger } from "#lib";
import { analysedOf } from "#query";
import type { Activity, ActivityStore, SpanRow } from "#store";

import { spanRow } from "../../store/telemetry/spans/fixture.ts";
import { ActivityLog, type News } from "./activity-log.ts";
import { copyOf } from "./activity-page.ts";

const NOW_MS = 1_780_315_200_000;
const startNs = (secondsAgo: number) => `${NOW_MS - secondsAgo * 1000}000000`;

const run = (row: Partial<SpanRow> = {}) =>
  spanRow({
    spanId: "a000000000000001",
    operation: "invoke_agent",
    agent: "writer",
    startNs: startNs(60),
    durationNs: 5e9,
    inputTokens: 10,
    ...row,
  });
const chat = (row: Partial<SpanRow> = {}) =>
  spanRow({
    spanId: "c000000000000001",
    parentSpanId: "a000000000000001",
    operation: "chat",
    model: "m",
    startNs: startNs(59),
    durationNs: 1e9,
    inputTokens: 10,
    ...row,
  });

describe("the log of activities", () => {
  let log: ActivityLog;
  let nowMs: number;
  let stored: Activity[];
  let fails: boolean;
  let limit: number;

  beforeEach(() => {
    nowMs = NOW_MS;
    stored = [];
    fails = false;
    limit = 1000;
    log = new ActivityLog({
      store: {
        append: async (_: string, activities: readonly Activity[]) => {
          if (fails) throw new Error("the disk is full");
          stored.push(...activities.map(copyOf));
        },
      } as unknown as ActivityStore,
      now: () => nowMs,
      logger: createLogger({ level: "silent", format: "json" }, { version: "test" }),
      registry: createRegistry(),
      maxActivities: () => limit,
      silentAfterMs: () => 60_000,
    });
    log.cover("default", NOW_MS - 3_600_000);
  });

  /** What the stream tells when it knows `all` and `fresh` are new. */
  const news = (all: readonly SpanRow[], fresh = all): News => {
    const spans = new Map(all.map((row) => [row.spanId, analysedOf(row)]));
    const traceId = all[0]?.traceId ?? "";
    return {
      tenant: "default",
      traceId,
      spans,
      analysis: analyseTrace([...spans.values()]),
      isWhole: all.every(
        ({ ended, parentSpanId }) => ended && (parentSpanId === "" || spans.has(parentSpanId)),
      ),
      fresh,
    };
  };
  const since = (ms = NOW_MS - 1_800_000) => log.since("default", ms);

  it("gives a call to its agent when that comes, and pays it once", async () => {
    log.hear(news([chat()]));
    expect(since()).toMatchObject([{ kind: "model", agent: "", inputTokens: 10 }]);
    await log.flush();
    log.hear(news([chat(), run()], [run()]));
    expect(since()).toMatchObject([
      { kind: "model", agent: "writer", inputTokens: 10 },
      { kind: "run", agent: "writer", inputTokens: 0 },
    ]);
    await log.flush();
    expect(stored.map(({ kind, agent }) => [kind, agent])).toEqual([
      ["model", ""],
      ["model", "writer"],
      ["run", "writer"],
    ]);
  });

  it("counts a run within a run of the same agent, and a call that was seen twice, as a step", () => {
    log.hear(
      news([
        run(),
        run({ spanId: "a000000000000002", parentSpanId: "a000000000000001", inputTokens: 0 }),
        run({ spanId: "a000000000000003", parentSpanId: "a000000000000002", agent: "reader" }),
        chat(),
        chat({ spanId: "c000000000000002", parentSpanId: "c000000000000001" }),
      ]),
    );
    expect(since()?.map(({ kind }) => kind)).toEqual(["run", "step", "run", "step", "model"]);
  });

  it.each([
    [{ attributes: { "fleetlight.success": "false" } }, { failed: true }],
    [{ status: 2 }, { failed: true }],
    [{ numbers: { "fleetlight.quality": 7 } }, { quality: 1 }],
    [{ numbers: { "fleetlight.quality": Number.NaN } }, { quality: -1 }],
    [{ attributes: { "fleetlight.task.type": "t".repeat(1000) } }, { type: "t".repeat(256) }],
    [
      {
        operation: "conflict",
        attributes: { "fleetlight.conflict.agents": '["a","a",7,"","b"]' },
        numbers: { "fleetlight.conflict.rounds": 2.7 },
      },
      { kind: "conflict", agents: ["a", "b"], rounds: 2 },
    ],
    [
      { operation: "conflict", attributes: { "fleetlight.conflict.agents": "[broken" } },
      { agents: [] },
    ],
    [
      { operation: "handoff", peer: "b" },
      { kind: "message", peer: "b" },
    ],
  ])("reads %o", (row, expected) => {
    log.hear(news([spanRow({ operation: "task", startNs: startNs(60), ...row })]));
    expect(since()).toMatchObject([expected]);
  });

  it("leaves alone what agents do not do", () => {
    log.hear(news([spanRow({ operation: "", startNs: startNs(60) })]));
    expect(since()).toEqual([]);
  });

  it("knows what goes on until it ends, or nobody tells of it any more", () => {
    const open = run({ ended: false });
    log.hear(news([open]));
    expect(log.open("default")).toMatchObject([{ kind: "run", agent: "writer" }]);
    expect(log.open("other")).toEqual([]);
    expect(since()).toEqual([]);
    nowMs += 61_000;
    expect(log.open("default")).toEqual([]);
    log.hear(news([open]));
    expect(log.open("default")).toHaveLength(1);
    log.hear(news([run()]));
    expect(log.open("default")).toEqual([]);
  });

  it("says when the stream has forgotten the beginning of a trace, and keeps what it knew of that", () => {
    log.hear(news([chat(), run()]));
    const late = chat({ spanId: "c000000000000009" });
    expect(log.hear(news([late]))).toBe(true);
    expect(since()?.map(({ agent }) => agent)).toEqual(["writer", "writer", ""]);
    expect(log.hear(news([chat(), run(), late], []))).toBe(false);
    expect(since()?.map(({ agent }) => agent)).toEqual(["writer", "writer", "writer"]);
  });

  it("writes once what changes while it waits, and again what changes later", async () => {
    log.hear(news([run()]));
    log.hear(news([run(), chat()], [chat()]));
    await log.flush();
    expect(stored.map(({ kind, inputTokens }) => [kind, inputTokens])).toEqual([
      ["run", 0],
      ["model", 10],
    ]);
    stored = [];
    const other = chat({ spanId: "c000000000000002" });
    log.hear(news([run(), chat(), other], [other]));
    await log.flush();
    expect(stored).toMatchObject([{ spanId: "c000000000000002", agent: "writer" }]);
    for (let at = 3; at < 9; at++) {
      const next = chat({ spanId: `c00000000000000${at}` });
      log.hear(news([run(), chat(), other, next], [next]));
    }
    await log.flush();
    expect(stored.map(({ spanId }) => spanId.slice(-1))).toEqual([..."2345678"]);
  });

  it("takes a span that is delivered again for the first one", async () => {
    log.hear(news([run({ durationNs: 1e9 })]));
    log.hear(news([run()]));
    expect(since()).toMatchObject([{ durationUs: 5e6 }]);
    await log.flush();
    expect(stored).toMatchObject([{ durationUs: 5e6 }]);
  });

  it("keeps all that it knows of thousands of traces", async () => {
    limit = 20_000;
    const costs = Array.from({ length: 6000 }, (_, at) => at / 7);
    for (const [at, costUsd] of costs.entries()) {
      const traceId = at.toString(16).padStart(32, "0");
      const own = { traceId, costUsd, costSource: "reported", conversation: `talk ${at}` };
      log.hear(news([run({ ...own, agent: `agent ${at % 5}` })]));
    }
    const known = since() ?? [];
    expect(known.map(({ costUsd }) => costUsd)).toEqual(costs);
    expect(known[4321]).toMatchObject({
      traceId: (4321).toString(16).padStart(32, "0"),
      spanId: "a000000000000001",
      kind: "run",
      agent: "agent 1",
      agents: [],
      conversation: "talk 4321",
      durationUs: 5e6,
      quality: -1,
      failed: false,
      priced: true,
    });
    await log.flush();
    expect(stored).toHaveLength(6000);
  });

  it("leaves to the tables what it does not hold", () => {
    expect(since(NOW_MS - 3_600_001)).toBeUndefined();
    expect(log.since("other", NOW_MS)).toBeUndefined();
    limit = 2;
    for (let i = 0; i < 4; i++)
      log.hear(news([run({ traceId: String(i).padStart(32, "0"), startNs: startNs(600 - i) })]));
    expect(since()).toBeUndefined();
    expect(since(NOW_MS - 593_500)).toHaveLength(2);
    nowMs += 7_200_000;
    expect(since()).toBeUndefined();
  });

  it("writes what a trace has become since the tables did not take it", async () => {
    log.hear(news([run(), chat()]));
    fails = true;
    const failing = log.flush();
    log.hear(
      news(
        [run(), chat(), chat({ spanId: "c000000000000002" })],
        [chat({ spanId: "c000000000000002" })],
      ),
    );
    await failing;
    log.hear(news([run({ agent: "editor" }), chat()], [run({ agent: "editor" })]));
    await log.flush();
    fails = false;
    await log.flush();
    expect(Object.fromEntries(stored.map(({ spanId, agent }) => [spanId, agent]))).toEqual({
      a000000000000001: "editor",
      c000000000000001: "editor",
      c000000000000002: "writer",
    });
    stored = [];
    await log.flush();
    expect(stored).toEqual([]);
  });

  it("goes on trying when the tables do not take it", async () => {
    fails = true;
    log.hear(news([run()]));
    await log.flush();
    fails = false;
    await log.flush();
    await log.flush();
    expect(stored).toHaveLength(1);
  });
});
