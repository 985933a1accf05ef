import type { AlertRuleInput } from "@fleetlight/contract";

import { ConfigSchema, type ConfigInput } from "#config";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { createBench, ruleInput, type Bench } from "./fixture.ts";

const T0 = Date.UTC(2026, 10, 21, 7);
const MINUTE = 60_000;
const SERVICE_STATUS = { __name__: "fleetlight_service_status" };

let bench: Bench;

beforeEach(() => {
  vi.useFakeTimers({ now: T0 });
});
afterEach(async () => {
  await bench.close();
  vi.useRealTimers();
});

/** Lets time pass, and the work that was left for a later turn be done. */
const pass = (ms = 1): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

async function started(...parameters: Parameters<typeof createBench>): Promise<Bench> {
  bench = await createBench(...parameters);
  await bench.rules.start();
  return bench;
}

describe("evaluation", () => {
  it("fires at once when a sample crosses the threshold, tells once, and resolves by itself", async () => {
    const { rules, sample, told } = await started();
    await rules.create("default", ruleInput());
    await sample(10);
    await pass();
    expect(told()).toEqual([]);
    await sample(12);
    await pass();
    expect(told()).toEqual(["firing 12 api"]);
    await sample(12);
    await pass();
    expect(told()).toEqual([]);
    await sample(3);
    await pass();
    expect(told()).toEqual(["resolved 3"]);
  });

  it("keeps series and tenants apart", async () => {
    const { rules, sample, emitted } = await started();
    await rules.create("default", ruleInput());
    await sample(11, { service: "a" });
    await sample(12, { service: "b" });
    await sample(99, { service: "c" }, "other");
    await pass();
    expect(emitted.map((one) => one.kind === "active" && one.labels["service"])).toEqual([
      "a",
      "b",
    ]);
    expect(new Set(emitted.map((one) => one.fingerprint)).size).toBe(2);
    expect(rules.list("other").map((rule) => rule.id)).toEqual([
      "budget_nearly_spent",
      "budget_spent",
      "rule_evaluation_failing",
      "service_down",
    ]);
  });

  it("takes a selector for what it selects", async () => {
    const { rules, sample, told } = await started();
    await rules.create("default", ruleInput({ metric: 'queue_length{service=~"a|b",zone!="x"}' }));
    await rules.create("default", ruleInput({ id: "any", metric: '{service="z"}', threshold: 5 }));
    await sample(11, { service: "a" });
    await sample(11, { service: "b", zone: "x" });
    await sample(6, { service: "z", __name__: "whatever" });
    await pass();
    expect(told()).toEqual(["firing 11 a", "firing 6 z"]);
  });

  it("sees a series that was there before the rule", async () => {
    const { rules, sample, told } = await started();
    await sample(12);
    await rules.create("default", ruleInput());
    expect(told()).toEqual(["firing 12 api"]);
  });

  it("waits for_duration and fires exactly then, not at the next round of the clock", async () => {
    const { rules, sample, told, emitted } = await started();
    await rules.create("default", ruleInput({ for_duration: 7 }));
    await sample(12);
    await pass();
    expect(told()).toEqual(["pending 12 api"]);
    await pass(6990);
    expect(told()).toEqual([]);
    await pass(20);
    expect(emitted[0]).toMatchObject({ state: "firing", activeAtMs: T0 });
    expect(emitted[0]?.atMs).toBeLessThan(T0 + 7010);
  });

  it("begins the wait anew when the condition ceased in between", async () => {
    const { rules, sample, told } = await started();
    await rules.create("default", ruleInput({ for_duration: 10 }));
    await sample(12);
    await pass(8000);
    await sample(1);
    await pass(10);
    await sample(12);
    await pass(8000);
    expect(told()).toEqual(["pending 12 api", "resolved 1", "pending 12 api"]);
    await pass(2100);
    expect(told()).toEqual(["firing 12 api"]);
  });

  it("resolves at a stale marker", async () => {
    const { rules, sample, told } = await started();
    await rules.create("default", ruleInput());
    await sample(12);
    await pass();
    await sample("stale");
    await pass();
    expect(told()).toEqual(["firing 12 api", "resolved gone"]);
  });

  it("resolves after five minutes of silence", async () => {
    const { rules, sample, told } = await started();
    await rules.create("default", ruleInput());
    await sample(12);
    await pass(5 * MINUTE - 100);
    expect(told()).toEqual(["firing 12 api"]);
    await pass(20_000);
    expect(told()).toEqual(["resolved gone"]);
  });

  it("tells another value of an active alert on the clock only", async () => {
    const { rules, sample, told } = await started();
    await rules.create("default", ruleInput());
    await sample(12);
    await pass(5);
    await sample(14);
    await pass(5);
    await sample(15);
    await pass(5);
    expect(told()).toEqual(["firing 12 api"]);
    await pass(15_000);
    expect(told()).toEqual(["firing 15 api"]);
  });

  it("holds the built-in rule over every service of every tenant", async () => {
    const { sample, emitted } = await started();
    await sample(0, { ...SERVICE_STATUS, service: "brain" });
    await sample(1, { ...SERVICE_STATUS, service: "web" });
    await sample(0, { ...SERVICE_STATUS, service: "lab" }, "science");
    await pass();
    expect(emitted).toMatchObject([
      {
        tenant: "default",
        rule: { id: "service_down", name: "Service down", severity: "critical" },
        labels: { service: "brain" },
        state: "firing",
      },
      { tenant: "science", labels: { service: "lab" } },
    ]);
  });

  it("ends the alerts of a removed service, and its last samples raise no new ones", async () => {
    const { rules, sample, told } = await started();
    await rules.create("default", ruleInput());
    await sample(12, { service: "a" });
    await sample(12, { service: "b" });
    await pass();
    told();
    rules.removeService("default", "a");
    expect(told()).toEqual(["resolved gone"]);
    await pass(MINUTE);
    expect(told()).toEqual([]);
    await sample(12, { service: "a" });
    await pass();
    expect(told()).toEqual(["firing 12 a"]);
  });

  it("accounts for its work", async () => {
    const { rules, sample, registry } = await started();
    await rules.create("default", ruleInput());
    await sample(12);
    await pass(16_000);
    const rule = rules.get("default", "queue");
    expect(rule?.evaluation).toMatchObject({
      last_at: "2026-11-21T07:00:15.000Z",
      series: 1,
      error: null,
    });
    expect(rule?.evaluation.last_duration_seconds).toBeGreaterThanOrEqual(0);
    const exposed = registry.expose();
    expect(exposed).toContain('fleetlight_rule_evaluations_total{cause="samples"} 1');
    expect(exposed).toContain("fleetlight_rule_series 1");
    expect(rules.stats()).toMatchObject({ rules: 5, errors: 0, active: 1, waiting: 0 });
  });
});

describe("restart", () => {
  async function restartedWithAlert(more: Parameters<typeof ruleInput>[0] = {}): Promise<Bench> {
    const first = await started();
    await first.rules.create("default", ruleInput({ ...more }));
    await first.sample(12);
    await pass();
    const [active] = first.emitted;
    if (active?.kind !== "active") throw new Error("the rule did not raise an alert");
    const at = new Date(active.atMs).toISOString();
    await first.state.alerts.transition([
      {
        tenant: "default",
        alert: {
          id: "a1",
          fingerprint: active.fingerprint,
          rule_id: "queue",
          name: "Queue",
          state: active.state,
          severity: "warning",
          service: "api",
          metric: "queue_length",
          expr: "",
          condition: ">",
          threshold: 10,
          value: 12,
          labels: { ...active.labels },
          annotations: {},
          active_at: at,
          fired_at: active.state === "firing" ? at : null,
          keep_firing_since: null,
          resolved_at: null,
          updated_at: at,
        },
      },
    ]);
    await first.close();
    await pass(1000);
    return started({ state: first.state });
  }

  it("keeps an alert while nothing was heard, and resolves it after the grace", async () => {
    const { told } = await restartedWithAlert();
    await pass(5 * MINUTE - 20_000);
    expect(told()).toEqual([]);
    await pass(40_000);
    expect(told()).toEqual(["resolved gone"]);
  });

  it("goes on with the same alert when the series is back", async () => {
    const { sample, told, emitted } = await restartedWithAlert();
    await sample(13);
    await pass();
    expect(emitted[0]).toMatchObject({ state: "firing", activeAtMs: T0 });
    expect(told()).toEqual(["firing 13 api"]);
    await sample(1);
    await pass();
    expect(told()).toEqual(["resolved 1"]);
  });

  it("resolves at once when the first sample says so", async () => {
    const { sample, told } = await restartedWithAlert();
    await sample(2);
    await pass();
    expect(told()).toEqual(["resolved 2"]);
  });

  it("counts a wait from when it began", async () => {
    const { sample, told } = await restartedWithAlert({ for_duration: 20 });
    await pass(4000);
    await sample(12);
    await pass(10_000);
    expect(told()).toEqual(["pending 12 api"]);
    await pass(5100);
    expect(told()).toEqual(["firing 12 api"]);
  });

  it("ends alerts of rules that are gone", async () => {
    const first = await restartedWithAlert();
    await first.close();
    await first.state.rules.remove("default", "queue");
    const { told } = await started({ state: first.state });
    expect(told()).toEqual(["resolved gone"]);
  });
});

describe("changes of rules", () => {
  it("ends the alerts of a rule that is switched off or removed", async () => {
    const { rules, sample, told } = await started();
    await rules.create("default", ruleInput());
    await sample(12);
    await pass();
    await rules.patch("default", "queue", { enabled: false });
    expect(told()).toEqual(["firing 12 api", "resolved gone"]);
    await pass(MINUTE);
    expect(told()).toEqual([]);
    await rules.patch("default", "queue", { enabled: true });
    expect(told()).toEqual(["firing 12 api"]);
    await rules.remove("default", "queue");
    expect(told()).toEqual(["resolved gone"]);
    expect(rules.get("default", "queue")).toBeUndefined();
  });

  it("applies another threshold, severity and metric at once", async () => {
    const { rules, sample, told, emitted } = await started();
    await rules.create("default", ruleInput());
    await sample(12);
    await sample(50, { __name__: "errors" });
    await pass();
    told();
    await rules.patch("default", "queue", { severity: "critical" });
    expect(emitted[0]).toMatchObject({ state: "firing", rule: { severity: "critical" } });
    told();
    await rules.patch("default", "queue", { threshold: 20 });
    expect(told()).toEqual(["resolved 12"]);
    await rules.patch("default", "queue", { metric: "errors" });
    expect(told()).toEqual(["firing 50 api"]);
    await rules.create("default", ruleInput({ threshold: 40 }));
    expect(told()).toEqual(["resolved gone"]);
  });

  it("finds rules and switches again after a restart", async () => {
    const first = await started();
    await first.rules.create("default", ruleInput({ threshold: 77 }));
    await first.rules.patch("default", "service_down", { enabled: false });
    await first.close();
    const { rules } = await started({ state: first.state });
    expect(rules.get("default", "queue")).toMatchObject({ threshold: 77, origin: "api" });
    expect(rules.get("default", "service_down")?.enabled).toBe(false);
    expect(rules.get("other", "service_down")?.enabled).toBe(true);
    await rules.patch("default", "service_down", { enabled: true });
    expect(await first.state.rules.overrides()).toEqual([]);
  });

  it("loses neither of two changes at once", async () => {
    const { rules } = await started();
    await rules.create("default", ruleInput());
    await Promise.all([
      rules.patch("default", "queue", { threshold: 5 }),
      rules.patch("default", "queue", { severity: "low" }),
    ]);
    expect(rules.get("default", "queue")).toMatchObject({ threshold: 5, severity: "low" });
  });

  it.each<[string, Partial<AlertRuleInput>, string, RegExp]>([
    ["no PromQL", { expr: "sum(" }, "expr", /could not parse expression: 1:5/],
    ["a range", { expr: "errors[5m]" }, "expr", /this one gives a matrix/],
    ["no selector", { metric: "errors / requests" }, "metric", /column 8: expected the end/],
    ["a broken selector", { metric: "errors{job=}" }, "metric", /expected a quoted value/],
    ["two things", { metric: "a", absent: { metric: "b", for: 0 } }, "metric", /about one thing/],
    ["no threshold", { metric: "a", threshold: undefined }, "threshold", /needs a threshold/],
    [
      "a template that is none",
      { metric: "a", annotations: { summary: "{{ nothing }}" } },
      "annotations.summary",
      /function "nothing" not defined/,
    ],
    [
      "a condition about nothing",
      { all: [{ condition: ">", threshold: 1 }] },
      "all.0",
      /either a metric or an expr/,
    ],
  ])("refuses a rule with %s, and says where", async (_, more, path, reason) => {
    const { rules } = await started();
    const { metric: __, ...input } = ruleInput();
    await expect(rules.create("default", { ...input, ...more })).rejects.toMatchObject({
      code: "bad_request",
      details: [{ path, message: expect.stringMatching(reason) }],
    });
    expect(rules.get("default", "queue")).toBeUndefined();
  });

  it("refuses a change after which something is missing", async () => {
    const { rules } = await started();
    await rules.create("default", ruleInput());
    await expect(rules.patch("default", "queue", { threshold: null })).rejects.toMatchObject({
      code: "bad_request",
      details: [{ path: "threshold", message: "is required" }],
    });
    expect(
      await rules.patch("default", "queue", { expr: "a > 1", condition: null, threshold: null }),
    ).toMatchObject({ query: "a > 1", metric: "", threshold: null });
  });

  it("takes a plain selector as expr, and the id when a metric has that name", async () => {
    const { rules, sample } = await started();
    const { metric: _, ...bare } = ruleInput();
    expect(await rules.create("default", { ...bare, expr: 'up{job="x"}' })).toMatchObject({
      metric: 'up{job="x"}',
    });
    await expect(rules.create("default", { ...bare, id: "queue_length" })).rejects.toMatchObject({
      code: "bad_request",
    });
    await sample(1);
    expect(await rules.create("default", { ...bare, id: "queue_length" })).toMatchObject({
      metric: "queue_length",
    });
    expect(await rules.create("default", { ...bare, id: "cpu_high" })).toMatchObject({
      metric: "monitoring_cpu_usage_percent",
    });
  });

  it("refuses to change what is not its own", async () => {
    const { rules } = await started({
      config: { alerting: { rules: { cpu_high: { name: "CPU", condition: ">", threshold: 90 } } } },
    });
    const forbidden = { code: "conflict" };
    await expect(rules.create("default", ruleInput({ id: "cpu_high" }))).rejects.toMatchObject(
      forbidden,
    );
    await expect(rules.patch("default", "cpu_high", { threshold: 1 })).rejects.toMatchObject(
      forbidden,
    );
    await expect(rules.remove("default", "service_down")).rejects.toMatchObject(forbidden);
    await expect(rules.remove("default", "nothing")).rejects.toMatchObject({ code: "not_found" });
    await expect(rules.patch("default", "nothing", {})).rejects.toMatchObject({
      code: "not_found",
    });
  });
});

describe("rules of the configuration", () => {
  const withRules = (rules: object): ConfigInput => ({ alerting: { rules: rules as never } });

  it("gives the known ids their metric, and every default", async () => {
    const { rules } = await started({
      config: {
        monitoring: { alert_cooldown_minutes: 9 },
        alerting: {
          rules: {
            cpu_high: { name: "CPU", condition: "gt", threshold: 90 },
            service_down: { name: "Down", condition: "eq", threshold: 0, severity: "error" },
          },
        },
      },
    });
    expect(rules.list("default")).toMatchObject([
      { id: "budget_nearly_spent", origin: "builtin" },
      { id: "budget_spent", origin: "builtin" },
      {
        id: "cpu_high",
        metric: "monitoring_cpu_usage_percent",
        condition: ">",
        cooldown_minutes: 9,
        origin: "config",
      },
      { id: "rule_evaluation_failing", origin: "builtin" },
      {
        id: "service_down",
        metric: "fleetlight_service_status",
        severity: "error",
        origin: "config",
      },
    ]);
  });

  it("shows a rule that says nothing about its metric with the reason, and evaluates the others", async () => {
    const { rules, sample, told } = await started({
      config: {
        alerting: {
          rules: {
            "no-metric": { name: "?", condition: ">", threshold: 1 },
            guess: { name: "?", condition: ">", threshold: 1 },
            queue_length: { name: "Queue", condition: ">", threshold: 1 },
          },
        },
      },
    });
    await sample(5);
    await pass();
    expect(told()).toEqual(["firing 5 api"]);
    const errors = Object.fromEntries(
      rules.list("default").map((rule) => [rule.id, rule.evaluation.error]),
    );
    expect(errors).toMatchObject({
      "no-metric": expect.stringContaining("give it a metric"),
      guess: expect.stringContaining("no series is called guess"),
      queue_length: null,
    });
  });

  it("takes over a new configuration and leaves rules alone that did not change", async () => {
    const queue = { name: "Queue", metric: "queue_length", condition: ">", threshold: 10 };
    const { rules, sample, told } = await started({ config: withRules({ queue }) });
    await sample(12);
    await pass();
    expect(told()).toEqual(["firing 12 api"]);
    rules.reconfigure(ConfigSchema.parse(withRules({ queue, other: { ...queue, threshold: 11 } })));
    expect(told()).toEqual(["firing 12 api"]);
    await pass();
    rules.reconfigure(ConfigSchema.parse(withRules({ queue: { ...queue, threshold: 100 } })));
    expect(told().toSorted()).toEqual(["resolved 12", "resolved gone"]);
    rules.reconfigure(ConfigSchema.parse({ alerting: { builtin_rules: false } }));
    expect(rules.list("default")).toEqual([]);
  });

  it("keeps the pace of the configuration", async () => {
    const { rules, sample, told } = await started();
    await rules.create("default", ruleInput());
    rules.reconfigure(ConfigSchema.parse({ alerting: { evaluation_interval: "1s" } }));
    await sample(12);
    await pass(10);
    await sample(13);
    await pass(1100);
    expect(told()).toEqual(["firing 12 api", "firing 13 api"]);
  });
});
