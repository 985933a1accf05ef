import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { readRuleFile, type RuleFile } from "#config";
import { isStale, parseSelector, wordsOf } from "#lib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { createBench, ruleInput, type Bench } from "./fixture.ts";

/** A Saturday. */
const T0 = Date.UTC(2026, 10, 21, 7);
const MINUTE = 60_000;

let bench: Bench;
let directory = "";

beforeEach(() => {
  vi.useFakeTimers({ now: T0 });
  directory = mkdtempSync(join(tmpdir(), "fleetlight-rules-"));
});
afterEach(async () => {
  await bench.close();
  vi.useRealTimers();
  rmSync(directory, { recursive: true, force: true });
});

const pass = (ms = 1): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

async function started(...parameters: Parameters<typeof createBench>): Promise<Bench> {
  bench = await createBench(...parameters);
  await bench.rules.start();
  return bench;
}

/** A rule on an expression alone. */
const exprInput = (expr: string, more: Parameters<typeof ruleInput>[0] = {}) => {
  const { metric: _, condition: __, threshold: ___, ...rest } = ruleInput(more);
  return { ...rest, expr };
};

function ruleFile(text: string): RuleFile {
  const path = join(directory, "rules.yml");
  writeFileSync(path, text);
  return readRuleFile(path);
}

/** Samples of the series that match: time after the start in seconds and value. */
async function stored(selector: string): Promise<Record<string, [number, number | "stale"][]>> {
  const { metrics } = bench;
  const refs = metrics.select("default", parseSelector(selector));
  const found: Record<string, [number, number | "stale"][]> = {};
  for (const { ref, times, values } of await metrics.range("default", refs, T0, T0 + 1e9)) {
    const words = wordsOf(values);
    found[metrics.labels(ref)["alertstate"] ?? ""] = Array.from(times, (time, at) => [
      Math.round((time - T0) / 1000),
      isStale(words, at) ? "stale" : (values[at] ?? 0),
    ]);
  }
  return found;
}

describe("a rule on an expression", () => {
  it("is evaluated when one of its series gets a sample", async () => {
    const { rules, sample, told, emitted } = await started();
    await rules.create("default", exprInput("sum by (service) (queue_length) > 10"));
    await sample(6, { instance: "1" });
    await sample(5, { instance: "2" });
    await pass(5);
    expect(emitted).toMatchObject([
      {
        state: "firing",
        value: 11,
        labels: { alertname: "Queue is long", service: "api", severity: "warning" },
        annotations: { summary: expect.stringContaining("its value is 11") },
        series: '{service="api"}',
      },
    ]);
    told();
    await sample(1, { instance: "2" });
    await pass(5);
    expect(told()).toEqual(["resolved gone"]);
    expect(rules.get("default", "queue")).toMatchObject({
      query: "sum by (service) (queue_length) > 10",
      condition: null,
      threshold: null,
      metric: "",
      evaluation: { series: 2, samples: 0, error: null },
    });
  });

  it("may be compared with a threshold", async () => {
    const { rules, sample, told } = await started();
    await rules.create("default", ruleInput({ metric: undefined, expr: "queue_length * 2" }));
    await sample(6);
    await pass(5);
    expect(told()).toEqual(["firing 12 api"]);
    expect(rules.get("default", "queue")?.query).toBe("(queue_length * 2) > 10");
  });

  it("waits, and fires exactly when it is due", async () => {
    const { rules, sample, told } = await started();
    await rules.create("default", exprInput("queue_length + 0 > 10", { for_duration: 7 }));
    await sample(12);
    await pass(5);
    expect(told()).toEqual(["pending 12 api"]);
    await pass(6980);
    expect(told()).toEqual([]);
    await pass(30);
    expect(told()).toEqual(["firing 12 api"]);
  });

  it("is evaluated once for many samples, and not without end", async () => {
    const { rules, sample, registry } = await started();
    await rules.create("default", exprInput("count(queue_length) > 1000"));
    await Promise.all(Array.from({ length: 50 }, (_, at) => sample(1, { at: String(at) })));
    await pass(5);
    const exposed = registry.expose();
    const count = /rule_evaluations_total\{cause="samples"\} (\d+)/.exec(exposed)?.[1];
    expect(Number(count)).toBeLessThanOrEqual(3);
  });

  it("does not chase its own alerts", async () => {
    const { rules, registry, told } = await started();
    await rules.create("default", exprInput('absent(ALERTS{alertname="Queue is long"})'));
    await pass(1000);
    const exposed = registry.expose();
    const count = /rule_evaluations_total\{cause="samples"\} (\d+)/.exec(exposed)?.[1];
    expect(Number(count)).toBeLessThan(300);
    expect(told().length).toBeGreaterThan(0);
  });
});

describe("a rule of several conditions", () => {
  it("fires when all hold for the same service and instance", async () => {
    const { rules, sample, told } = await started();
    const { metric: _, condition: __, threshold: ___, ...rest } = ruleInput();
    const all = [
      { metric: "queue_length", condition: ">" as const, threshold: 10 },
      { metric: "errors", condition: ">=" as const, threshold: 1 },
    ];
    const rule = await rules.create("default", { ...rest, all });
    expect(rule.query).toBe("(queue_length > 10) and on (service, instance) (errors >= 1)");
    await sample(11);
    await sample(1, { __name__: "errors", service: "web" });
    await pass(5);
    expect(told()).toEqual([]);
    await sample(2, { __name__: "errors" });
    await pass(5);
    expect(told()).toEqual(["firing 11 api"]);
  });

  it("fires when any holds, once for each", async () => {
    const { rules, sample, told } = await started();
    const { metric: _, condition: __, threshold: ___, ...rest } = ruleInput();
    const any = [
      { metric: "queue_length", condition: ">" as const, threshold: 10 },
      { expr: "errors / 2", condition: ">=" as const, threshold: 1 },
    ];
    const rule = await rules.create("default", { ...rest, any, on: ["service"] });
    expect(rule.query).toBe("(queue_length > 10) or on (service) ((errors / 2) >= 1)");
    await sample(2, { __name__: "errors" });
    await pass(5);
    expect(told()).toEqual(["firing 1 api"]);
  });
});

describe("other forms of rules", () => {
  it("tells that nothing was seen for a while", async () => {
    const { rules, sample, told, emitted } = await started();
    const { metric: _, condition: __, threshold: ___, ...rest } = ruleInput();
    const absent = { metric: 'queue_length{service="api"}', for: 60 };
    await sample(1);
    await rules.create("default", { ...rest, absent });
    await pass(4 * MINUTE);
    expect(told()).toEqual([]);
    await pass(MINUTE + 16_000);
    expect(told()).toEqual(["pending 1 api"]);
    await pass(MINUTE);
    expect(emitted).toMatchObject([
      { state: "firing", rule: { query: 'absent(queue_length{service="api"})' } },
    ]);
    told();
    await sample(1);
    await pass(5);
    expect(told()).toEqual(["resolved gone"]);
  });

  it.each([
    ["requests_total", undefined, "rate(requests_total[5m]) * 60 > 10"],
    ["queue", undefined, "deriv(queue[5m]) * 60 > 10"],
    ["queue", true, "rate(queue[5m]) * 60 > 10"],
  ])("asks how fast %s changes (counter: %s)", async (metric, counter, query) => {
    const { rules } = await started();
    const { metric: _, condition: __, threshold: ___, ...rest } = ruleInput();
    const rate = { metric, window: 300, per: "minute", condition: ">", threshold: 10 } as const;
    const rule = await rules.create("default", {
      ...rest,
      rate_of_change: { ...rate, ...(counter !== undefined && { counter }) },
    });
    expect(rule).toMatchObject({ query, condition: ">", threshold: 10 });
  });

  it("fires on for keep_firing_for, and ends exactly then", async () => {
    const { rules, sample, told, emitted } = await started();
    await rules.create("default", ruleInput({ keep_firing_for: 20 }));
    await sample(12);
    await pass();
    await sample(1);
    await pass();
    expect(emitted.at(-1)).toMatchObject({ state: "firing", keepFiringSinceMs: T0 + 1 });
    told();
    await pass(19_990);
    expect(told()).toEqual([]);
    await pass(20);
    expect(told()).toEqual(["resolved 1"]);
  });

  it("fires in its active time only", async () => {
    const { rules, sample, told } = await started();
    const active_time = {
      weekdays: ["sat" as const],
      times: [{ start: "08:00", end: "08:10" }],
      zone: "Europe/Berlin",
    };
    await rules.create("default", ruleInput({ active_time }));
    await sample(12);
    await pass();
    expect(told()).toEqual(["firing 12 api"]);
    for (let minute = 0; minute < 11; minute++) {
      await pass(MINUTE);
      await sample(12);
    }
    await pass();
    expect(told()).toEqual(["resolved gone"]);
  });
});

describe("without data, or with an error", () => {
  it.each([
    ["ok", ["resolved gone"], []],
    ["keep", [], ["resolved 1"]],
    ["alert", [], ["resolved gone"]],
  ] as const)("an alert of a rule with no_data: %s says %j", async (no_data, said, after) => {
    const { rules, sample, told } = await started();
    await rules.create("default", ruleInput({ no_data }));
    await sample(12, { service: "a" });
    await sample(1, { service: "b" });
    await pass(5);
    told();
    await sample("stale", { service: "a" });
    await pass(5);
    expect(told()).toEqual(said);
    await sample(1, { service: "a" });
    await pass(5);
    expect(told()).toEqual(after);
  });

  it("tells that a rule has no data at all", async () => {
    const { rules, sample, told, emitted } = await started();
    await rules.create("default", ruleInput({ no_data: "alert" }));
    await pass(5);
    expect(emitted).toMatchObject([
      { state: "firing", labels: { reason: "no_data", alertname: "Queue is long" } },
    ]);
    told();
    await sample(1);
    await pass(5);
    expect(told()).toEqual(["resolved gone"]);
  });

  const failing = "queue_length * on (service) errors > 10";

  it.each([
    ["keep", []],
    ["ok", ["resolved gone"]],
    ["alert", ["firing NaN"]],
  ] as const)("an alert of a rule with on_error: %s says %j", async (on_error, said) => {
    const { rules, sample, told } = await started({
      config: { alerting: { builtin_rules: false } },
    });
    await rules.create("default", exprInput(failing, { on_error }));
    await sample(6);
    await sample(2, { __name__: "errors", i: "1" });
    await pass(5);
    expect(told()).toEqual(["firing 12 api"]);
    await sample(2, { __name__: "errors", i: "2" });
    await pass(5);
    expect(told()).toEqual(said);
    expect(rules.get("default", "queue")?.evaluation.error).toContain("many-to-many");
    expect(rules.stats().errors).toBe(1);
  });

  it("tells of the error in the alert about it", async () => {
    const { rules, sample, emitted } = await started();
    await rules.create("default", exprInput(failing, { on_error: "alert" }));
    await sample(6);
    await sample(2, { __name__: "errors", i: "1" });
    await sample(2, { __name__: "errors", i: "2" });
    await pass(5);
    expect(emitted[0]).toMatchObject({
      labels: { reason: "error" },
      annotations: { error: expect.stringContaining("many-to-many") },
    });
  });

  it("a rule that fails is an alert itself, until it works again", async () => {
    const { rules, sample, told, emitted } = await started();
    await rules.create("default", exprInput(failing));
    await sample(1);
    await sample(2, { __name__: "errors", i: "1" });
    await sample(2, { __name__: "errors", i: "2" });
    await pass(MINUTE + 1000);
    expect(emitted.at(-1)).toMatchObject({
      state: "firing",
      rule: { id: "rule_evaluation_failing" },
      labels: { alertname: "RuleEvaluationFailing", rule_id: "queue", severity: "high" },
    });
    told();
    await sample("stale", { __name__: "errors", i: "2" });
    await pass(100);
    expect(told()).toEqual(["resolved gone"]);
  });

  it("two series that become the same are an error, as upstream", async () => {
    const { rules, sample, told } = await started({
      config: { alerting: { builtin_rules: false } },
    });
    await rules.create("default", ruleInput({ labels: { service: "all" } }));
    await sample(12, { service: "a" });
    await pass(5);
    expect(told()).toEqual(["firing 12 all"]);
    await sample(13, { service: "b" });
    await pass(5);
    expect(told()).toEqual([]);
    expect(rules.get("default", "queue")?.evaluation.error).toContain("same labelset");
    await sample(1, { service: "a" });
    await pass(5);
    expect(rules.get("default", "queue")?.evaluation.error).toBeNull();
  });
});

describe("alerts as samples", () => {
  it("are written when they change and on the clock, and end with a marker", async () => {
    const { rules, sample } = await started();
    await rules.create("default", ruleInput({ for_duration: 5 }));
    await sample(12);
    await pass(20_000);
    await sample(1);
    await pass(10);
    expect(await stored('ALERTS{alertname="Queue is long"}')).toEqual({
      pending: [
        [0, 1],
        [5, "stale"],
      ],
      firing: [
        [5, 1],
        [15, 1],
        [20, "stale"],
      ],
    });
    expect(await stored("ALERTS_FOR_STATE")).toEqual({
      "": [
        [0, T0 / 1000],
        [5, T0 / 1000],
        [15, T0 / 1000],
        [20, "stale"],
      ],
    });
  });

  it("can be asked for by other rules", async () => {
    const { rules, sample, told } = await started();
    await rules.create("default", ruleInput());
    await rules.create(
      "default",
      exprInput('count(ALERTS{alertstate="firing"}) >= 1', { id: "meta", name: "Meta" }),
    );
    await sample(12);
    await pass(10);
    expect(told().toSorted()).toEqual(["firing 1", "firing 12 api"]);
  });
});

describe("an alert that comes and goes", () => {
  it("is held firing until it is quiet, and says so", async () => {
    const { rules, sample, told, emitted } = await started({
      config: { alerting: { flapping: { max_changes: 3, window: "1m" } } },
    });
    await rules.create("default", ruleInput());
    for (const value of [12, 1, 12, 1, 12, 1]) {
      await sample(value);
      await pass(1000);
    }
    expect(emitted.at(-1)).toMatchObject({ state: "firing", annotations: { flapping: "true" } });
    told();
    await pass(MINUTE + 1000);
    expect(told()).toEqual(["resolved 1"]);
  });
});

describe("rules of files", () => {
  const RULES = `groups:
- name: g
  interval: 1m
  rules:
  - alert: High
    expr: sum by (service) (queue_length) > 10
    for: 2m
    labels: {severity: page, sum: '{{ printf "%.1f" $value }}'}
    annotations: {summary: '{{ $labels.service | toUpper }} has {{ $value }}'}
`;

  it("are evaluated when samples arrive, with upstream's templates", async () => {
    const files = [ruleFile(RULES)];
    const { sample, emitted, rules } = await started({ files: () => files });
    await sample(12);
    await pass(10);
    expect(emitted).toMatchObject([
      {
        state: "pending",
        labels: { alertname: "High", severity: "page", sum: "12.0", service: "api" },
        annotations: { summary: "API has 12" },
        rule: { id: "g/High", origin: "file", severity: "critical" },
      },
    ]);
    expect(rules.groups("default").groups).toMatchObject([
      {
        name: "g",
        interval: 60,
        rules: [
          {
            name: "High",
            state: "pending",
            duration: 120,
            health: "ok",
            alerts: [{ value: "1.2e+01", state: "pending", activeAt: new Date(T0).toISOString() }],
          },
        ],
      },
    ]);
    expect(rules.alerts("default")).toHaveLength(1);
    expect(rules.alerts("other")).toEqual([]);
  });

  it("go on with their alerts after a restart", async () => {
    const files = [ruleFile(RULES)];
    const first = await started({ files: () => files });
    await first.sample(12);
    await pass(10);
    const [active] = first.emitted;
    if (active?.kind !== "active") throw new Error("the rule did not raise an alert");
    const at = new Date(active.atMs).toISOString();
    await first.state.alerts.transition([
      {
        tenant: "default",
        alert: {
          id: "a1",
          fingerprint: active.fingerprint,
          rule_id: "g/High",
          name: "High",
          state: "pending",
          severity: "critical",
          service: "api",
          metric: active.series,
          expr: "",
          condition: "",
          threshold: null,
          value: 12,
          labels: { ...active.labels },
          annotations: {},
          active_at: at,
          fired_at: null,
          keep_firing_since: null,
          resolved_at: null,
          updated_at: at,
        },
      },
    ]);
    await first.close();
    await pass(100_000);
    const { sample, emitted } = await started({ files: () => files, state: first.state });
    await sample(12);
    await pass(10);
    expect(emitted).toMatchObject([
      { state: "pending", fingerprint: active.fingerprint, activeAtMs: T0 },
    ]);
    await pass(20_000);
    expect(emitted.at(-1)).toMatchObject({ state: "firing", activeAtMs: T0 });
  });
});
