import type { Alert, AlertRule } from "@fleetlight/contract";
import { AlertRuleInput } from "@fleetlight/contract";
import { describe, expect, test } from "vitest";

import { alertExpression, alertStretch, linksOf, ownSeries } from "./alert-view.ts";
import {
  conditionText,
  emptyForm,
  formOf,
  numberOf,
  toRuleInput,
  toRulePatch,
} from "./rule-form.ts";
import type { RuleForm } from "./rule-form.ts";

const rule: AlertRule = {
  id: "slow",
  name: "Slow",
  description: "",
  metric: "probe_duration_seconds",
  query: "probe_duration_seconds > 1",
  condition: ">",
  threshold: 1,
  severity: "warning",
  enabled: true,
  for_duration: 60,
  keep_firing_for: 0,
  cooldown_minutes: 15,
  no_data: "ok",
  on_error: "keep",
  state: "inactive",
  labels: { team: "core" },
  annotations: {},
  origin: "api",
  created_at: "2026-11-21T07:00:00.000Z",
  updated_at: "2026-11-21T07:00:00.000Z",
  evaluation: {
    last_at: null,
    last_duration_seconds: null,
    series: 0,
    samples: 0,
    evaluations: 0,
    failures: 0,
    error: null,
  },
};

const alert: Alert = {
  id: "alert_1",
  fingerprint: "f",
  rule_id: "slow",
  name: "Slow",
  state: "firing",
  severity: "warning",
  service: "a",
  metric: 'probe_duration_seconds{job="x"}',
  expr: "",
  condition: ">",
  threshold: 1,
  value: 2,
  labels: { alertname: "Slow", severity: "warning", service: "a", job: "x", team: "core" },
  annotations: {},
  active_at: "2026-11-21T07:00:00.000Z",
  fired_at: "2026-11-21T07:01:00.000Z",
  keep_firing_since: null,
  resolved_at: null,
  updated_at: "2026-11-21T07:01:00.000Z",
};

describe("the form of a rule", () => {
  const filled = {
    ...emptyForm("up"),
    name: "Down too long",
    condition: "==" as const,
    threshold: "0",
    for: "30",
  };

  test("makes a request that the contract accepts", () => {
    const input = AlertRuleInput.parse(toRuleInput(filled));
    expect(input).toMatchObject({
      id: "down-too-long",
      metric: "up",
      condition: "==",
      threshold: 0,
      for_duration: 30,
      enabled: true,
    });
    expect(input.cooldown_minutes).toBeUndefined();
  });

  test("without a threshold makes one that the contract refuses", () => {
    expect(AlertRuleInput.safeParse(toRuleInput({ ...filled, threshold: "" })).success).toBe(false);
  });

  test("of a known rule sends only what changed", () => {
    expect(toRulePatch(formOf(rule), rule)).toEqual({});
    expect(toRulePatch({ ...formOf(rule), threshold: "1.5", enabled: false }, rule)).toEqual({
      threshold: 1.5,
      enabled: false,
    });
    expect(toRulePatch({ ...formOf(rule), cooldown: "" }, rule)).toEqual({});
  });

  test.each([
    ["1e3", 1000],
    [" -0.5 ", -0.5],
    ["", null],
    ["abc", null],
    ["Infinity", null],
  ])("%j is the number %s", (text, value) => {
    expect(numberOf(text)).toBe(value);
  });

  const kinds: [string, Partial<RuleForm>, object][] = [
    ["an expression", { kind: "expr", expr: " sum(a) > 1 " }, { expr: "sum(a) > 1" }],
    [
      "several conditions",
      {
        kind: "several",
        combine: "any",
        conditions: [
          { what: "up", condition: "==", threshold: "0" },
          { what: "rate(x[5m])", condition: ">", threshold: "2" },
          { what: "", condition: ">", threshold: "" },
        ],
        on: "job, service",
      },
      {
        any: [
          { metric: "up", condition: "==", threshold: 0 },
          { expr: "rate(x[5m])", condition: ">", threshold: 2 },
        ],
        on: ["job", "service"],
      },
    ],
    [
      "absence",
      { kind: "absent", absentMetric: "up", absentFor: "60" },
      { absent: { metric: "up", for: 60 } },
    ],
    [
      "a rate of change",
      { kind: "change", changeMetric: "disk", changePer: "hour", threshold: "5" },
      {
        rate_of_change: {
          metric: "disk",
          window: 300,
          per: "hour",
          condition: "==",
          threshold: 5,
        },
      },
    ],
    [
      "hours",
      { timed: true, weekdays: ["sat"], start: "08:00", end: "12:00", zone: "Europe/Berlin" },
      {
        active_time: {
          weekdays: ["sat"],
          times: [{ start: "08:00", end: "12:00" }],
          zone: "Europe/Berlin",
        },
      },
    ],
    [
      "words",
      {
        owner: "core",
        runbook: "https://a.example/b",
        labels: [{ name: "team", text: "core" }],
        annotations: [
          { name: "summary", text: "{{ $value }}" },
          { name: "", text: "lost" },
        ],
      },
      {
        owner: "core",
        runbook_url: "https://a.example/b",
        labels: { team: "core" },
        annotations: { summary: "{{ $value }}" },
      },
    ],
  ];

  test.each(kinds)("with %s makes a request that the contract accepts", (_, part, expected) => {
    const input = AlertRuleInput.parse(toRuleInput({ ...filled, ...part }));
    expect(input).toMatchObject(expected);
    expect(input.metric === undefined).toBe(part.kind !== undefined);
  });

  test("that is written otherwise takes the old form away", () => {
    expect(toRulePatch({ ...formOf(rule), kind: "expr", expr: "up == 0" }, rule)).toEqual({
      expr: "up == 0",
      metric: null,
      condition: null,
      threshold: null,
      all: null,
      any: null,
      on: null,
      absent: null,
      rate_of_change: null,
    });
  });

  test("of a rule with hours and several conditions is read as it was written", () => {
    const several: AlertRule = {
      ...rule,
      metric: "",
      condition: null,
      threshold: null,
      all: [{ metric: "up", condition: "==", threshold: 0 }],
      active_time: { weekdays: ["mon"], times: [{ start: "09:00", end: "17:00" }], zone: "UTC" },
    };
    const form = formOf(several);
    expect(form).toMatchObject({ kind: "several", combine: "all", timed: true, weekdays: ["mon"] });
    expect(toRulePatch(form, several)).toEqual({});
    expect(toRulePatch({ ...form, timed: false }, several)).toEqual({ active_time: null });
  });

  test("reads as one line with the unit of its metric", () => {
    expect(conditionText(rule)).toBe("probe_duration_seconds > 1\u00a0s for 1 min");
    expect(
      conditionText({ ...rule, metric: "up", condition: "==", threshold: 0, for_duration: 0 }),
    ).toBe("up == 0");
  });
});

describe("the graph of an alert", () => {
  test("asks what the rule asked, and what an older version kept by its series", () => {
    expect(alertExpression({ ...alert, expr: "up == 0" })).toBe("up == 0");
    expect(alertExpression(alert)).toBe(
      'probe_duration_seconds{job="x",service="a",team="core"} > 1',
    );
  });

  test("shows the series whose labels the alert has, or all when there is none", () => {
    const own = { labels: { __name__: "up", job: "x", service: "a" } };
    const other = { labels: { job: "y", service: "a" } };
    expect(ownSeries([other, own], alert)).toEqual([own]);
    expect(ownSeries([other], alert)).toEqual([other]);
  });

  test("shows some time before, and goes on while the alert does", () => {
    const began = Date.parse(alert.active_at);
    const now = began + 60_000;
    expect(alertStretch(alert, now)).toEqual({ from: began - 600_000, to: now });
  });

  test("ends some time after the alert did, but never in the future", () => {
    const began = Date.parse(alert.active_at);
    const resolved = { ...alert, resolved_at: new Date(began + 3_600_000).toISOString() };
    expect(alertStretch(resolved, began + 86_400_000)).toEqual({
      from: began - 1_800_000,
      to: began + 5_400_000,
    });
    expect(alertStretch(resolved, began + 3_601_000).to).toBe(began + 3_601_000);
  });
});

test("only web addresses become links", () => {
  expect(
    linksOf({
      runbook_url: "https://runbooks.example/a",
      dashboard_url: "javascript:alert(1)",
      playbook_url: "nothing",
      other: "https://a.example",
    }),
  ).toEqual([{ word: "Runbook", href: "https://runbooks.example/a" }]);
});
