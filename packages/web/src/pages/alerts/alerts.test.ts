import type { Alert, AlertRule } from "@fleetlight/contract";
import { AlertRuleInput } from "@fleetlight/contract";
import { describe, expect, test } from "vitest";

import { alertSelector, alertStretch } from "./alert-view.ts";
import {
  conditionText,
  emptyForm,
  formOf,
  holds,
  numberOf,
  toRuleInput,
  toRulePatch,
} from "./rule-form.ts";
import type { ConditionSymbol } from "./rule-form.ts";

const rule: AlertRule = {
  id: "slow",
  name: "Slow",
  description: "",
  metric: "probe_duration_seconds",
  condition: ">",
  threshold: 1,
  severity: "warning",
  enabled: true,
  for_duration: 60,
  cooldown_minutes: 15,
  labels: { team: "core" },
  annotations: {},
  origin: "api",
  created_at: "2026-11-21T07:00:00.000Z",
  updated_at: "2026-11-21T07:00:00.000Z",
  evaluation: { last_at: null, last_duration_seconds: null, series: 0, error: null },
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
  condition: ">",
  threshold: 1,
  value: 2,
  labels: { alertname: "Slow", severity: "warning", service: "a", job: "x", team: "core" },
  annotations: {},
  active_at: "2026-11-21T07:00:00.000Z",
  fired_at: "2026-11-21T07:01:00.000Z",
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

  test.each<[number | null, ConditionSymbol, boolean]>([
    [2, ">", true],
    [1, ">", false],
    [1, ">=", true],
    [0, "<", true],
    [1, "<=", true],
    [1, "==", true],
    [1, "!=", false],
    [null, "!=", false],
  ])("%s %s 1: %s", (value, condition, expected) => {
    expect(holds(value, condition, 1)).toBe(expected);
  });

  test("reads as one line with the unit of its metric", () => {
    expect(conditionText(rule)).toBe("probe_duration_seconds > 1\u00a0s for 1 min");
    expect(
      conditionText({ ...rule, metric: "up", condition: "==", threshold: 0, for_duration: 0 }),
    ).toBe("up == 0");
  });
});

describe("the graph of an alert", () => {
  test("asks for the series itself, without what alerting added", () => {
    expect(alertSelector(alert, rule)).toBe('probe_duration_seconds{job="x",service="a"}');
  });

  test("keeps a label that merely has the name of a rule's label", () => {
    const other = { ...alert, labels: { ...alert.labels, team: "web" } };
    expect(alertSelector(other, rule)).toContain('team="web"');
  });

  test("leaves an expression that it cannot read as it is", () => {
    expect(alertSelector({ ...alert, metric: "rate(x[5m])" }, rule)).toBe("rate(x[5m])");
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
