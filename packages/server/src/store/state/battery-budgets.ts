import type { Finding } from "@fleetlight/contract";
import { expect, it } from "vitest";

import { T0 } from "./battery-fixtures.ts";
import type { StoredBudget, StoredSpending } from "./budgets.ts";
import type { StoredFinding } from "./findings.ts";
import type { StateStore } from "./types.ts";

const DAY_MS = 86_400_000;

const budget = (id: string, more: Partial<StoredBudget> = {}): StoredBudget => ({
  tenant: "default",
  id,
  budget: {
    id,
    name: "Daily cost",
    per: "agent",
    unit: "usd",
    limit: 5,
    period: "day",
    warn_at: 0.8,
    at_limit: "stop",
    enabled: true,
  },
  origin: "api",
  countedSinceMs: T0,
  createdAtMs: T0,
  updatedAtMs: T0,
  ...more,
});

const spent = (subject: string, more: Partial<StoredSpending> = {}): StoredSpending => ({
  tenant: "default",
  budgetId: "b1",
  subject,
  periodStartMs: T0,
  tokens: 100,
  costUsd: 0.25,
  calls: 1,
  unpricedCalls: 0,
  ...more,
});

const batch = (id: string, ...of: StoredSpending[]) => ({
  id,
  tenant: "default",
  atMs: T0 + 1,
  spent: of,
  spans: [`${id}-1`, `${id}-2`],
});

// oxlint-disable-next-line max-lines-per-function -- a list of cases
export function budgetCases(state: () => StateStore): void {
  it("keeps a budget exactly, replaces it, and removes it with what was spent", async () => {
    const { budgets } = state();
    await budgets.put(budget("b1"));
    const changed = budget("b1", { countedSinceMs: null, updatedAtMs: T0 + 1 });
    await budgets.put(changed);
    expect(await budgets.list()).toEqual([changed]);
    await budgets.record(batch("x", spent("ann")));
    await budgets.remove("other", "b1");
    expect(await budgets.spending("default", "b1", T0, 10)).toHaveLength(1);
    await budgets.remove("default", "b1");
    expect(await budgets.list()).toEqual([]);
    expect(await budgets.spending("default", "b1", T0, 10)).toEqual([]);
  });

  it("adds what was spent, once per batch, and tells which spans it was", async () => {
    const { budgets } = state();
    await budgets.record(batch("x", spent("ann"), spent("bob", { costUsd: 2 })));
    await budgets.record(batch("x", spent("ann"), spent("bob")));
    await budgets.record(batch("y", spent("ann", { unpricedCalls: 1, costUsd: 0 })));
    expect(await budgets.spending("default", "b1", T0, 10)).toEqual([
      spent("bob", { costUsd: 2 }),
      spent("ann", { tokens: 200, calls: 2, unpricedCalls: 1 }),
    ]);
    const counted = await budgets.counted(10);
    expect(counted.flatMap(({ spans }) => spans).toSorted()).toEqual(["x-1", "x-2", "y-1", "y-2"]);
  });

  it("takes more subjects at once than one statement has rows", async () => {
    const { budgets } = state();
    const many = Array.from({ length: 230 }, (_, index) => spent(`agent ${index}`));
    await budgets.record(batch("x", ...many));
    await budgets.record(batch("y", ...many));
    const stored = await budgets.spending("default", "b1", T0, 1000);
    expect(stored).toHaveLength(230);
    expect(new Set(stored.map(({ tokens }) => tokens))).toEqual(new Set([200]));
  });

  it("keeps former periods, and drops the oldest but never one without an end", async () => {
    const { budgets } = state();
    await budgets.record(
      batch(
        "x",
        spent("ann"),
        spent("ann", { periodStartMs: T0 - DAY_MS }),
        spent("ann", { periodStartMs: 0 }),
      ),
    );
    expect(
      (await budgets.history("default", "b1", 10)).map(({ periodStartMs }) => periodStartMs),
    ).toEqual([T0, T0 - DAY_MS, 0]);
    await budgets.prune({ countedMs: T0 + 2, periodsMs: T0 });
    expect(
      (await budgets.history("default", "b1", 10)).map(({ periodStartMs }) => periodStartMs),
    ).toEqual([T0, 0]);
    expect(await budgets.counted(10)).toEqual([]);
    await budgets.clearSpending("default", "b1");
    expect(await budgets.history("default", "b1", 10)).toEqual([]);
  });

  it("keeps stops until they are taken back", async () => {
    const stop = {
      tenant: "default",
      id: "s1",
      kind: "agent" as const,
      subject: 'it\'s "quoted"',
      reason: "writes nonsense",
      by: "ann",
      createdAtMs: T0,
      expiresAtMs: null,
    };
    await state().budgets.putStop(stop);
    await state().budgets.putStop({ ...stop, expiresAtMs: T0 + 5 });
    expect(await state().budgets.stops()).toEqual([{ ...stop, expiresAtMs: T0 + 5 }]);
    await state().budgets.removeStop("default", "s1");
    expect(await state().budgets.stops()).toEqual([]);
  });
}

const iso = (ms: number): string => new Date(ms).toISOString();

const finding = (id: string, more: Partial<Finding> = {}): StoredFinding => ({
  tenant: "default",
  key: `loop ${id}`,
  finding: {
    id,
    kind: "loop",
    severity: "warning",
    state: "open",
    summary: "ann calls search again and again",
    agents: ["ann"],
    trace_id: "a".repeat(32),
    subject: "search",
    value: 5,
    count: 1,
    evidence: [],
    first_seen: iso(T0),
    last_seen: iso(T0 + 1000),
    ended_at: null,
    ...more,
  },
});

export function findingCases(state: () => StateStore): void {
  it("lists open findings first, by range, kind, agent and state", async () => {
    const over = { state: "over" as const, ended_at: iso(T0 + 9000), last_seen: iso(T0 + 9000) };
    const all = [
      finding("f1"),
      finding("f2", { ...over, kind: "wait_cycle", agents: ["ann", "bob"] }),
      finding("f3", { ...over, first_seen: iso(T0 - DAY_MS), last_seen: iso(T0 - DAY_MS) }),
    ];
    const { findings } = state();
    await findings.put(all);
    const ids = async (more: object) =>
      (
        await findings.list("default", { startMs: T0 - 1, endMs: T0 + DAY_MS, limit: 10, ...more })
      ).map(({ id }) => id);
    expect(await ids({})).toEqual(["f1", "f2"]);
    expect(await ids({ startMs: 0 })).toEqual(["f1", "f2", "f3"]);
    expect(await ids({ kind: "wait_cycle" })).toEqual(["f2"]);
    expect(await ids({ agent: "bob" })).toEqual(["f2"]);
    expect(await ids({ open: true })).toEqual(["f1"]);
    expect(await ids({ open: false, limit: 1 })).toEqual(["f2"]);
    expect(await findings.open()).toEqual([all[0]]);
    expect(await findings.get("default", "f2")).toEqual(all[1]?.finding);
    expect(await findings.get("other", "f2")).toBeUndefined();
  });

  it("replaces a finding, tells when findings began, and drops old ones", async () => {
    const { findings } = state();
    await findings.put([finding("f1"), finding("f2", { first_seen: iso(T0 + 5) })]);
    const ended = finding("f1", { state: "over", ended_at: iso(T0 + 10) });
    await findings.put([ended]);
    expect(await findings.get("default", "f1")).toEqual(ended.finding);
    expect(await findings.begun("default", T0, T0 + 1)).toEqual([{ kind: "loop", atMs: T0 }]);
    await findings.prune(0, 1);
    expect(await findings.get("default", "f1")).toBeUndefined();
    await findings.prune(T0 + DAY_MS, 10);
    expect(await findings.get("default", "f2")).toBeDefined();
  });
}
