import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { createRegistry } from "@fleetlight/sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { ConfigSchema, readRuleFile } from "#config";
import { createLogger, isStale, parseSelector, wordsOf, type LabelSet } from "#lib";
import { createPromQLQueries } from "#query";
import { createMemoryTelemetry } from "#store";

import { RuleEngine } from "../live/index.ts";
import type { Evaluation } from "../types.ts";
import { createRuleGroups, nextEvaluationMs } from "./groups.ts";

const cleanups: (() => unknown)[] = [];
let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-rules-"));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function until(condition: () => boolean, timeoutMs = 15_000): Promise<void> {
  const endsAt = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > endsAt) throw new Error(`waited ${timeoutMs} ms in vain`);
    await sleep(5);
  }
}

/** Rule groups over a real engine and a store in memory; `next` lets one evaluation of the only group happen. */
async function bench(yaml: string, { intervalMs = 60_000 } = {}) {
  const path = join(directory, "rules.yml");
  const write = (text: string) => writeFileSync(path, text);
  write(yaml);
  let nowMs = 1_700_000_000_000;
  const store = await createMemoryTelemetry({ now: () => nowMs });
  const { metrics } = store;
  const registry = createRegistry();
  const config = ConfigSchema.parse({});
  const logs: string[] = [];
  const logger = createLogger(
    { level: "debug", format: "json" },
    { version: "test", output: { write: (line: string) => logs.push(line) } },
  );
  let files = [readRuleFile(path)];
  const queries = createPromQLQueries({
    metrics,
    config: () => config.query,
    subqueryStepMs: () => 60_000,
    registry,
    logger,
    now: () => nowMs,
  });
  const emitted: Evaluation[] = [];
  const engine = new RuleEngine({
    metrics,
    queries,
    lookbackMs: () => config.query.lookback_delta,
    intervalMs: () => intervalMs,
    surroundings: () => ({ externalLabels: {}, externalUrl: "http://here" }),
    registry,
    logger,
    now: () => nowMs,
    emit: (evaluations) => emitted.push(...evaluations),
    onTenant: () => undefined,
  });
  cleanups.push(() => engine.stop());
  const groups = createRuleGroups({
    files: () => files,
    global: () => config.global,
    queries,
    engine,
    cooldownMs: () => 0,
    flapping: () => null,
    metrics,
    registry,
    logger,
    now: () => nowMs,
    longestSleepMs: 5,
  });
  cleanups.push(
    () => store.close(),
    () => groups.stop(),
  );
  engine.start([]);
  groups.start();
  const key = () => `${path};${groups.view().groups[0]?.name}`;
  return {
    store,
    registry,
    groups,
    engine,
    /** Takes what was emitted since the last time, in short. */
    told: () =>
      emitted
        .splice(0)
        .map((one) =>
          one.kind === "active" ? `${one.state} ${one.labels["alertname"]} ${one.value}` : one.kind,
        ),
    logs,
    path,
    now: () => nowMs,
    rules: () => groups.view().groups[0]?.rules ?? [],
    append: async (labels: LabelSet, value: number, timeMs = nowMs) => {
      const appender = metrics.appender("default");
      appender.append(appender.series(labels), timeMs, value);
      await appender.commit();
    },
    /** @returns the moment that was evaluated. */
    next: async (skip = 0): Promise<number> => {
      const dueMs = nextEvaluationMs(key(), intervalMs, nowMs) + skip * intervalMs;
      nowMs = dueMs;
      const seen = new Date(dueMs).toISOString();
      await until(() => groups.view().groups[0]?.lastEvaluation === seen);
      return dueMs;
    },
    advance: (ms: number) => {
      nowMs += ms;
    },
    reload: (text: string) => {
      write(text);
      files = [readRuleFile(path)];
      groups.reconfigure();
    },
    clear: () => {
      files = [];
      groups.reconfigure();
    },
    /** Samples of the series that match, by their labels without the name. */
    stored: async (selector: string): Promise<Record<string, [number, number | "stale"][]>> => {
      const refs = metrics.select("default", parseSelector(selector));
      const found: Record<string, [number, number | "stale"][]> = {};
      for (const { ref, times, values } of await metrics.range("default", refs, 0, nowMs + 1)) {
        const { __name__: _, ...labels } = metrics.labels(ref);
        const words = wordsOf(values);
        found[JSON.stringify(labels)] = Array.from(times, (time, at) => [
          time,
          isStale(words, at) ? "stale" : (values[at] ?? 0),
        ]);
      }
      return found;
    },
  };
}

const oneGroup = (rules: string, extra = ""): string =>
  `groups:\n- name: g\n${extra}  rules:\n${rules
    .trim()
    .split("\n")
    .map((line) => `  ${line}\n`)
    .join("")}`;

describe("a recording rule", () => {
  it("writes its result as samples, named and labelled as it says", async () => {
    const { append, next, stored } = await bench(
      oneGroup("- record: job:x:sum\n  expr: sum by (job) (x)\n  labels: {env: test, job: ''}"),
    );
    await append({ __name__: "x", job: "a", instance: "1" }, 2);
    await append({ __name__: "x", job: "a", instance: "2" }, 3);
    const atMs = await next();
    expect(await stored("job:x:sum")).toEqual({ '{"env":"test"}': [[atMs, 5]] });
  });

  it("sees what the rules before it wrote", async () => {
    const { append, next, stored } = await bench(
      oneGroup("- record: a\n  expr: x * 2\n- record: b\n  expr: a + 1"),
    );
    await append({ __name__: "x" }, 2);
    const atMs = await next();
    expect(await stored("b")).toEqual({ "{}": [[atMs, 5]] });
  });

  it("writes a scalar", async () => {
    const { next, stored } = await bench(oneGroup("- record: one\n  expr: 1 + 1"));
    const atMs = await next();
    expect(await stored("one")).toEqual({ "{}": [[atMs, 2]] });
  });

  it("ends series that its result does not have any more", async () => {
    const { append, next, stored, advance } = await bench(
      oneGroup("- record: seen\n  expr: x > 1"),
    );
    await append({ __name__: "x", i: "1" }, 2);
    await append({ __name__: "x", i: "2" }, 3);
    const first = await next();
    await append({ __name__: "x", i: "1" }, 0);
    await append({ __name__: "x", i: "2" }, 4);
    const second = await next();
    expect(await stored("seen")).toEqual({
      '{"i":"1"}': [
        [first, 2],
        [second, "stale"],
      ],
      '{"i":"2"}': [
        [first, 3],
        [second, 4],
      ],
    });
    advance(1);
    const third = await next();
    expect((await stored('seen{i="1"}'))['{"i":"1"}']).toHaveLength(2);
    expect((await stored('seen{i="2"}'))['{"i":"2"}']?.at(-1)).toEqual([third, 4]);
  });

  it("looks back by query_offset, and writes at that time", async () => {
    const { append, next, stored, now } = await bench(
      oneGroup("- record: late\n  expr: x", "  query_offset: 30s\n"),
    );
    await append({ __name__: "x" }, 1, now() - 60_000);
    const atMs = await next();
    expect(await stored("late")).toEqual({ "{}": [[atMs - 30_000, 1]] });
  });

  it.each<[string, string, string]>([
    ["gives more series than the group's limit", "x", "exceeded limit of 1 with 2 series"],
    [
      "gives two series that become the same",
      "sum by (i) (x)\n  labels: {i: ''}",
      "vector contains metrics with the same labelset after applying rule labels",
    ],
    ["matches many to many", "x * on () x", "many-to-many"],
  ])("fails when it %s, and stores nothing", async (_, expr, reason) => {
    const limit = reason.includes("limit") ? "  limit: 1\n" : "";
    const { append, next, stored, rules, registry, logs } = await bench(
      oneGroup(`- record: bad\n  expr: ${expr}\n- record: good\n  expr: "1"`, limit),
    );
    await append({ __name__: "x", i: "1" }, 2);
    await append({ __name__: "x", i: "2" }, 3);
    await next();
    await next();
    expect(rules()[0]).toMatchObject({ health: "err", type: "recording" });
    expect(rules()[0]?.lastError).toContain(reason);
    expect(rules()[1]).toMatchObject({ health: "ok", lastError: "" });
    expect(await stored("bad")).toEqual({});
    expect(registry.expose("text")).toMatch(
      /fleetlight_rule_group_evaluation_failures_total\{rule_group=".*;g"\} 2/,
    );
    expect(logs.filter((line) => line.includes("evaluating a rule failed"))).toHaveLength(1);
  });

  it("keeps its series while it fails", async () => {
    const { append, next, stored } = await bench(oneGroup("- record: r\n  expr: x * on () y"));
    await append({ __name__: "x" }, 2);
    await append({ __name__: "y", i: "1" }, 1);
    const first = await next();
    await append({ __name__: "x" }, 2);
    await append({ __name__: "y", i: "1" }, 1);
    await append({ __name__: "y", i: "2" }, 1);
    await next();
    expect(await stored("r")).toEqual({ "{}": [[first, 2]] });
  });
});

describe("a group", () => {
  it("shows itself as upstream does", async () => {
    const { append, next, groups, path } = await bench(
      oneGroup(
        "- record: r\n  expr: sum(x)\n- alert: A\n  expr: x > 1\n  for: 5m\n  keep_firing_for: 1m\n  annotations: {summary: high}",
        "  interval: 20s\n  limit: 7\n  labels: {team: a}\n",
      ),
      { intervalMs: 20_000 },
    );
    const NEVER = "0001-01-01T00:00:00Z";
    const alert = {
      type: "alerting",
      name: "A",
      query: "x > 1",
      state: "inactive",
      duration: 300,
      keepFiringFor: 60,
      labels: { team: "a" },
      annotations: { summary: "high" },
      alerts: [],
      health: "unknown",
      lastError: "",
      evaluationTime: 0,
      lastEvaluation: NEVER,
    };
    const record = { type: "recording", name: "r", query: "sum(x)", labels: { team: "a" } };
    expect(groups.view().groups).toEqual([
      {
        name: "g",
        file: path,
        interval: 20,
        limit: 7,
        evaluationTime: 0,
        lastEvaluation: NEVER,
        rules: [
          { ...record, health: "unknown", lastError: "", evaluationTime: 0, lastEvaluation: NEVER },
          alert,
        ],
      },
    ]);
    await append({ __name__: "x" }, 2);
    const atMs = await next();
    expect(groups.view().groups[0]).toMatchObject({
      lastEvaluation: new Date(atMs).toISOString(),
      rules: [
        { health: "ok", lastEvaluation: new Date(atMs).toISOString() },
        {
          state: "pending",
          health: "ok",
          alerts: [
            {
              labels: { alertname: "A", team: "a" },
              annotations: { summary: "high" },
              state: "pending",
              value: "2e+00",
            },
          ],
        },
      ],
    });
  });

  it("counts and leaves out evaluations that it missed", async () => {
    const { next, registry, stored } = await bench(oneGroup('- record: r\n  expr: "1"'));
    await next();
    await next(3);
    const text = registry.expose("text");
    expect(text).toMatch(/fleetlight_rule_group_iterations_missed_total\{.*\} 3\n/);
    expect(text).toMatch(/fleetlight_rule_group_iterations_total\{.*\} 5\n/);
    expect((await stored("r"))["{}"]).toHaveLength(2);
  });

  it("is evaluated at its own share of the interval", () => {
    const shares = ["a;1", "a;2", "b;1"].map((key) => nextEvaluationMs(key, 60_000, 0));
    expect(new Set(shares).size).toBe(3);
    for (const key of ["a;1", "x"]) {
      const first = nextEvaluationMs(key, 60_000, 1_700_000_000_000);
      expect(first).toBeGreaterThan(1_700_000_000_000);
      expect(first).toBeLessThanOrEqual(1_700_000_060_000);
      expect(nextEvaluationMs(key, 60_000, first)).toBe(first + 60_000);
      expect(nextEvaluationMs(key, 60_000, first - 1)).toBe(first);
    }
  });
});

describe("an alert rule of a group", () => {
  const alert = "- alert: A\n  expr: x > 1\n  for: 30m\n  labels: {team: a}";

  it("sees the alerts of those before it, and leaves samples of its own", async () => {
    const { append, next, stored, told } = await bench(
      oneGroup(
        '- alert: A\n  expr: x > 1\n- record: alerts\n  expr: count(ALERTS{alertstate="firing"})',
      ),
    );
    await append({ __name__: "x" }, 2);
    const atMs = await next();
    expect(told()).toEqual(["firing A 2"]);
    expect((await stored("alerts"))["{}"]).toEqual([[atMs, 1]]);
  });

  it("has at most as many alerts as its group's limit", async () => {
    const { append, next, rules, told } = await bench(
      oneGroup("- alert: A\n  expr: x > 1", "  limit: 1\n"),
    );
    await append({ __name__: "x", i: "1" }, 2);
    await append({ __name__: "x", i: "2" }, 2);
    await next();
    expect(rules()[0]).toMatchObject({
      health: "err",
      lastError: "exceeded limit of 1 with 2 alerts",
      alerts: [],
    });
    expect(told()).toEqual([]);
  });

  it.each([
    ["ten minutes are left at least", 25, 20],
    ["the time of the outage does not count", 5, 10],
    ["what had waited long enough fires", 31, 0],
  ])("goes on waiting after a restart: %s", async (_, waitedMinutes, expectedAgoMinutes) => {
    const { append, next, rules, now, reload, advance } = await bench(
      oneGroup('- record: nothing\n  expr: "1"'),
    );
    const labels = { __name__: "ALERTS_FOR_STATE", alertname: "A", team: "a" };
    const downAtMs = now() - 5 * 60_000;
    await append(labels, Math.floor((downAtMs - waitedMinutes * 60_000) / 1000), downAtMs);
    await append({ __name__: "x" }, 2);
    advance(1000);
    reload(oneGroup(alert));
    const atMs = await next();
    const activeAt = () => {
      const [rule] = rules();
      return rule?.type === "alerting" ? Date.parse(rule.alerts[0]?.activeAt ?? "") : 0;
    };
    await until(() => activeAt() < atMs - 60_000);
    const agoMinutes = (atMs - activeAt()) / 60_000;
    const expected = waitedMinutes > 30 ? waitedMinutes + 5 : expectedAgoMinutes;
    expect(Math.abs(agoMinutes - expected)).toBeLessThan(6);
    expect(rules()[0]).toMatchObject({ state: waitedMinutes > 30 ? "firing" : "pending" });
  });
});

describe("a reload of rule files", () => {
  const before = oneGroup("- record: a\n  expr: x\n- record: b\n  expr: x");

  it("leaves groups that did not change as they are", async () => {
    const { append, next, groups, reload } = await bench(before);
    await append({ __name__: "x" }, 1);
    await next();
    const shown = groups.view();
    reload(`${before}\n`);
    expect(groups.view()).toEqual(shown);
  });

  it("goes on with rules that stay and ends those that are gone", async () => {
    const { append, next, stored, reload } = await bench(before);
    await append({ __name__: "x", i: "1" }, 1);
    const first = await next();
    reload(oneGroup("- record: a\n  expr: y"));
    const second = await next();
    const ended = [
      [first, 1],
      [second, "stale"],
    ];
    expect(await stored("a")).toEqual({ '{"i":"1"}': ended });
    expect(await stored("b")).toEqual({ '{"i":"1"}': ended });
  });

  it("does not end series that another group took over", async () => {
    const { append, next, stored, reload, advance } = await bench(before);
    await append({ __name__: "x" }, 1);
    await next();
    reload(before.replace("name: g", "name: renamed"));
    await next();
    advance(125_000);
    await append({ __name__: "x" }, 1);
    await next();
    await next();
    expect((await stored("a"))["{}"]?.map(([, value]) => value)).not.toContain("stale");
  });

  it("ends the series of a group that is gone, after a while", async () => {
    const { append, next, stored, clear, advance, groups, registry } = await bench(before);
    await append({ __name__: "x" }, 1);
    await next();
    clear();
    expect(groups.view()).toEqual({ groups: [] });
    expect(registry.expose("text")).not.toContain('rule_group="');
    advance(125_000);
    let ended = false;
    for (let tries = 0; !ended && tries < 1000; tries++) {
      await sleep(10);
      ended = (await stored("a"))["{}"]?.at(-1)?.[1] === "stale";
    }
    expect(ended).toBe(true);
  });
});
