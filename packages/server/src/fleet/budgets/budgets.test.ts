import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { BudgetEntry, BudgetInput } from "@fleetlight/contract";
import { createRegistry } from "@fleetlight/sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createLogger, DEFAULT_TENANT } from "#lib";
import { createMemoryTelemetry, createStateStore, type SpanRow, type StateStore } from "#store";
import type { TelemetryStore } from "#store";

import { until } from "../../serve/fixture.ts";
import { spanRecord } from "../../store/telemetry/spans/fixture.ts";
import { LiveTraces } from "../live/index.ts";
import { EventTeller } from "../outlet/index.ts";
import { Budgets } from "./budgets.ts";

const logger = createLogger({ level: "silent", format: "json" }, { version: "test" });
const HOUR_MS = 3_600_000;

const INPUT: BudgetInput = {
  id: "b",
  name: "Each agent's tokens",
  per: "agent",
  unit: "tokens",
  limit: 100,
  period: "day",
  warn_at: 0.8,
  at_limit: "stop",
  enabled: true,
  reason: "",
};

/** The store outlives the process that counts; the process may die at any moment. */
describe("what was spent", () => {
  const directory = mkdtempSync(join(tmpdir(), "fleetlight-budgets-"));
  let telemetry: TelemetryStore;
  let state: StateStore;
  let nowMs = 0;
  let configured: BudgetEntry[] = [];
  const running: { budgets: Budgets; live: LiveTraces }[] = [];
  let spanNumber = 1;

  beforeEach(async () => {
    nowMs = Date.parse("2026-11-21T12:00:00Z");
    configured = [];
    telemetry = await createMemoryTelemetry({
      flushIntervalMs: 1000,
      flushRows: 1000,
      maxPendingRows: 100_000,
      headMaxBytes: 1 << 20,
      headWindowMs: HOUR_MS,
      maxSeries: 10_000,
      retention: () => ({ metricsMs: 1e12, eventsMs: 1e12, tracesMs: 1e12, maxBytes: undefined }),
      now: () => nowMs,
      onError: () => undefined,
    });
    state = await createStateStore({ path: ":memory:" }, { now: () => nowMs, logger });
  });
  afterEach(async () => {
    for (const { budgets, live } of running.splice(0)) {
      live.stop();
      await budgets.stop();
    }
    await telemetry.close();
    await state.close();
    rmSync(directory, { recursive: true, force: true });
  });

  async function begin(): Promise<Budgets> {
    const registry = createRegistry();
    const live = new LiveTraces({ spans: telemetry.spans, now: () => nowMs, registry });
    live.start();
    const budgets = new Budgets({
      live,
      teller: new EventTeller({ events: telemetry.events, now: () => nowMs, logger, registry }),
      spans: telemetry.spans,
      metrics: telemetry.metrics,
      events: telemetry.events,
      repository: state.budgets,
      configured: () => configured,
      now: () => nowMs,
      logger,
      registry,
    });
    await budgets.start();
    running.push({ budgets, live });
    return budgets;
  }

  /** The process is gone, and nothing of what it still wanted to write. */
  function kill(): void {
    const { live } = running.pop() as (typeof running)[number];
    live.stop();
  }

  const call = (row: Partial<SpanRow> = {}) => {
    const spanId = (spanNumber++).toString(16).padStart(16, "0");
    return spanRecord({
      traceId: spanId.padStart(32, "f"),
      spanId,
      operation: "chat",
      agent: "writer",
      inputTokens: 10,
      startNs: `${nowMs - 1000}000000`,
      ...row,
    });
  };
  const send = (...records: ReturnType<typeof call>[]) =>
    telemetry.spans.append(DEFAULT_TENANT, records);
  const spent = (budgets: Budgets, id = "b") =>
    budgets
      .get(DEFAULT_TENANT, id)
      .spending.map(({ subject, tokens, calls }) => `${subject} ${tokens} in ${calls}`);
  const spends = (budgets: Budgets, wanted: string[], id = "b") =>
    until(
      () => spent(budgets, id),
      (found) => JSON.stringify(found) === JSON.stringify(wanted),
    );

  it("is found again after the process was killed before it wrote anything", async () => {
    const first = await begin();
    await first.create(DEFAULT_TENANT, INPUT);
    await first.settle();
    await send(call());
    await spends(first, ["writer 10 in 1"]);
    // The first call is written, those that follow are not.
    await first.history(DEFAULT_TENANT, "b");
    await send(call({ inputTokens: 30 }), call({ agent: "reader" }));
    await spends(first, ["writer 40 in 2", "reader 10 in 1"]);
    kill();
    const second = await begin();
    await second.settle();
    expect(spent(second)).toEqual(["writer 40 in 2", "reader 10 in 1"]);
    await second.stop();
    kill();
    const third = await begin();
    await third.settle();
    expect(spent(third)).toEqual(["writer 40 in 2", "reader 10 in 1"]);
  });

  it("is found again after hours without any, and a process that was away for hours", async () => {
    const first = await begin();
    await first.create(DEFAULT_TENANT, { ...INPUT, period: "total" });
    await first.settle();
    const [stored] = await state.budgets.list();
    await state.budgets.put({ ...(stored as NonNullable<typeof stored>), countedSinceMs: nowMs });
    await first.stop();
    kill();
    nowMs += 5 * HOUR_MS;
    const second = await begin();
    await second.settle();
    // It says that it is there, and nothing more.
    await until(
      () => state.budgets.counted(1),
      ([latest]) => latest?.atMs === nowMs,
    );
    await send(call());
    kill();
    nowMs += 5 * HOUR_MS;
    const third = await begin();
    await third.settle();
    expect(spent(third)).toEqual(["writer 10 in 1"]);
  });

  it("is counted once when a span comes again after a restart", async () => {
    const first = await begin();
    await first.create(DEFAULT_TENANT, INPUT);
    await first.settle();
    const one = call();
    await send(one);
    await spends(first, ["writer 10 in 1"]);
    await first.stop();
    kill();
    const second = await begin();
    await second.settle();
    await send(one, call({ inputTokens: 5 }));
    expect(await spends(second, ["writer 15 in 2"])).toHaveLength(1);
  });

  it("of the day until now counts for a budget that is new, whatever comes meanwhile", async () => {
    const budgets = await begin();
    await send(
      call({ startNs: `${nowMs - 5 * HOUR_MS}000000` }),
      call({ startNs: `${nowMs - 13 * HOUR_MS}000000`, inputTokens: 1000 }),
    );
    await budgets.create(DEFAULT_TENANT, INPUT);
    await send(call({ inputTokens: 7 }));
    await budgets.settle();
    await spends(budgets, ["writer 17 in 2"]);
    expect(budgets.get(DEFAULT_TENANT, "b").counted_since).toBe("2026-11-21T00:00:00.000Z");
  });

  it("counts a call once that came just before the budget and is told of just after", async () => {
    const budgets = await begin();
    for (let round = 0; round < 5; round++) {
      await send(call());
      await budgets.create(DEFAULT_TENANT, { ...INPUT, id: `b${round}` });
    }
    await budgets.settle();
    // Longer than the live traces wait for more.
    await new Promise((resolve) => setTimeout(resolve, 700));
    for (let round = 0; round < 5; round++)
      expect(spent(budgets, `b${round}`)).toEqual(["writer 50 in 5"]);
  });

  it("does not count the sum that an agent's span repeats", async () => {
    const budgets = await begin();
    await send(
      call({ traceId: "1".repeat(32), spanId: "a".repeat(16), operation: "invoke_agent" }),
      call({ traceId: "1".repeat(32), parentSpanId: "a".repeat(16), agent: "" }),
    );
    await budgets.create(DEFAULT_TENANT, INPUT);
    await budgets.settle();
    expect(spent(budgets)).toEqual(["writer 10 in 1"]);
  });

  it("does not count a sum whose calls the process before had counted", async () => {
    const first = await begin();
    await first.create(DEFAULT_TENANT, INPUT);
    await first.settle();
    const [traceId, spanId] = ["1".repeat(32), "a".repeat(16)];
    await send(call({ traceId, parentSpanId: spanId, agent: "writer" }));
    await spends(first, ["writer 10 in 1"]);
    await first.stop();
    kill();
    const second = await begin();
    await second.settle();
    await send(call({ traceId, spanId, operation: "invoke_agent" }));
    await send(call({ operation: "invoke_agent", agent: "other", inputTokens: 3 }));
    // A sum waits for calls of models below it, by the clock.
    await until(
      () => (nowMs += 1000) && spent(second),
      (found) => found !== 0 && found.length === 2,
      15_000,
    );
    expect(spent(second)).toEqual(["writer 10 in 1", "other 3 in 1"]);
  });

  it("begins anew with the period, and a late span counts for the period that it ended in", async () => {
    const budgets = await begin();
    await budgets.create(DEFAULT_TENANT, { ...INPUT, period: "hour" });
    await budgets.settle();
    await send(call({ inputTokens: 200 }));
    const asking = { agent: "writer", conversation: "", user: "", workflow: "", traceId: "" };
    // A second ago it was still the former hour.
    nowMs += HOUR_MS / 2;
    await send(call({ inputTokens: 200 }));
    await until(
      () => budgets.checkpoint(DEFAULT_TENANT, asking).continue,
      (goesOn) => !goesOn,
    );
    expect(spent(budgets)).toEqual(["writer 200 in 1"]);
    nowMs += HOUR_MS;
    expect(budgets.checkpoint(DEFAULT_TENANT, asking)).toMatchObject({
      continue: true,
      budgets: [{ spent: 0, state: "within" }],
    });
    const { periods } = await budgets.history(DEFAULT_TENANT, "b");
    expect(periods.map(({ period_start, tokens }) => [period_start, tokens])).toEqual([
      ["2026-11-21T12:00:00.000Z", 200],
      ["2026-11-21T11:00:00.000Z", 200],
    ]);
  });

  it("stays when the limit changes, and is counted anew when the budget is for others", async () => {
    const budgets = await begin();
    await budgets.create(DEFAULT_TENANT, INPUT);
    await send(call({ user: "u1" }));
    await spends(budgets, ["writer 10 in 1"]);
    const changed = await budgets.replace(DEFAULT_TENANT, "b", { ...INPUT, limit: 10 });
    expect(changed.spending).toMatchObject([{ state: "spent", share: 1 }]);
    await budgets.replace(DEFAULT_TENANT, "b", { ...INPUT, per: "user" });
    await budgets.settle();
    expect(spent(budgets)).toEqual(["u1 10 in 1"]);
  });

  it("of budgets of the configuration follows a reload", async () => {
    const entry = { ...INPUT, id: "c" } as BudgetEntry;
    configured = [entry];
    const budgets = await begin();
    await send(call());
    await spends(budgets, ["writer 10 in 1"], "c");
    configured = [{ ...entry, limit: 5 }];
    await budgets.reconfigure();
    expect(budgets.get(DEFAULT_TENANT, "c")).toMatchObject({ limit: 5, origin: "config" });
    expect(spent(budgets, "c")).toEqual(["writer 10 in 1"]);
    configured = [];
    await budgets.reconfigure();
    expect(budgets.list(DEFAULT_TENANT)).toEqual([]);
  });
});
