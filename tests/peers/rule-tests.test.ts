import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { isPassed, runTestFile } from "@fleetlight/server/rule-tests";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { findPeer } from "../peer.ts";

const promtool = findPeer("unit tests of rules", "promtool");

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-rule-tests-"));
  writeFileSync(join(directory, "rules.yml"), RULES);
  writeFileSync(join(directory, "bad-template.yml"), BAD_TEMPLATE);
  writeFileSync(
    join(directory, "bad-rule.yml"),
    "groups: [{name: g, rules: [{record: a, expr: 'sum('}]}]\n",
  );
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const RULES = `
groups:
- name: first
  interval: 30s
  rules:
  - record: job:up:sum
    expr: sum by (job) (up)
    labels: {level: job}
  - record: job:up:twice
    expr: job:up:sum * 2
  - alert: Down
    expr: up == 0
    for: 5m
    keep_firing_for: 0s
    labels: {severity: page, where: "{{ $labels.instance }}"}
    annotations:
      summary: "{{ $labels.instance }} of {{ $labels.job }} is down ({{ $value }})"
      zone: "{{ $externalLabels.zone }}"
  - alert: Few
    expr: count(up == 1) < 2
    annotations: {summary: "only {{ $value }} left"}
  - alert: Pending
    expr: ALERTS{alertname="Down",alertstate="pending"} == 1
- name: second
  limit: 1
  rules:
  - record: limited
    expr: limited_input
- name: twice
  rules:
  - {record: same, expr: same_input}
  - {record: same, expr: same_input}
  - {record: other, expr: other_input}
  - {record: other, expr: other_input + 1}
- name: third
  rules:
  - alert: Many
    expr: many > 0
    labels: {level: "{{ if gt $value 10.0 }}high{{ else }}low{{ end }}"}
  - record: latest
    expr: last_over_time(many[10m])
  - record: for_state
    expr: ALERTS_FOR_STATE
`;
const BAD_TEMPLATE = `
groups:
- name: g
  rules:
  - alert: A
    expr: up
    annotations: {a: "{{ $value "}
`;

const tests = (body: string, head = "rule_files: [rules.yml]\n"): string =>
  `${head}evaluation_interval: 1m\ntests:\n- interval: 1m\n  ${body.trim().replaceAll("\n", "\n  ")}\n`;

const UP = `input_series:
- series: up{job="a",instance="x"}
  values: 1 1 0x10 1
- series: up{job="a",instance="y"}
  values: 1x20
- series: up{job="b",instance="z"}
  values: _ _ 1 stale 1 _x3 1
- series: many{i="1"}
  values: 0+5x20
- series: many{i="2"}
  values: 100-10x8 stale
`;
const alertTest = (at: string, name: string, expected: string): string =>
  tests(`${UP}alert_rule_test:
- eval_time: ${at}
  alertname: ${name}
  exp_alerts: ${expected}
external_labels: {zone: eu}`);
const query = (expr: string, at: string, expected: string): string =>
  tests(`${UP}promql_expr_test:
- expr: ${expr}
  eval_time: ${at}
  exp_samples: ${expected}`);

const down = (labels: string, annotations: string): string =>
  `[{exp_labels: {${labels}}, exp_annotations: {${annotations}}}]`;
const X = "job: a, instance: x, severity: page, where: x";

/** Text of a test file, and whether all of it is as it expects. */
const CASES: [string, string, boolean][] = [
  ["an alert before its wait is over", alertTest("6m", "Down", "[]"), true],
  [
    "an alert once its wait is over",
    alertTest("7m", "Down", down(X, `summary: "x of a is down (0)", zone: eu`)),
    true,
  ],
  [
    "an alert with another annotation",
    alertTest("7m", "Down", down(X, `summary: "x is down", zone: eu`)),
    false,
  ],
  ["an alert without an annotation", alertTest("7m", "Down", down(X, `zone: eu`)), false],
  ["an alert with other labels", alertTest("7m", "Down", down("job: a", `zone: eu`)), false],
  ["an alert that is expected and does not come", alertTest("1m", "Down", down(X, "")), false],
  [
    "an alert between two evaluations",
    alertTest("7m30s", "Down", down(X, `summary: "x of a is down (0)", zone: eu`)),
    true,
  ],
  ["an alert that is over", alertTest("15m", "Down", "[]"), true],
  [
    "an alert over other alerts",
    alertTest(
      "4m",
      "Pending",
      `[{exp_labels: {alertstate: pending, instance: x, job: a, severity: page, where: x}}]`,
    ),
    true,
  ],
  ["an alert that ended with what it looks at", alertTest("8m", "Pending", "[]"), true],
  [
    "templates of labels",
    alertTest(
      "2m",
      "Many",
      `[{exp_labels: {i: "1", level: low}}, {exp_labels: {i: "2", level: high}}]`,
    ),
    true,
  ],
  [
    "alerts in another order",
    alertTest(
      "2m",
      "Many",
      `[{exp_labels: {i: "2", level: high}}, {exp_labels: {i: "1", level: low}}]`,
    ),
    true,
  ],
  [
    "an alert twice",
    alertTest(
      "2m",
      "Many",
      `[{exp_labels: {i: "1", level: low}}, {exp_labels: {i: "1", level: low}}, {exp_labels: {i: "2", level: high}}]`,
    ),
    false,
  ],
  [
    "labels that change",
    alertTest(
      "6m",
      "Many",
      `[{exp_labels: {i: "1", level: high}}, {exp_labels: {i: "2", level: high}}]`,
    ),
    true,
  ],
  ["a rule that there is not", alertTest("2m", "Nobody", "[]"), true],
  ["a test without alertname", tests("alert_rule_test: [{eval_time: 1m, exp_alerts: []}]"), false],
  [
    "a recording rule",
    query("job:up:sum", "1m", `[{labels: 'job:up:sum{job="a",level="job"}', value: 2}]`),
    true,
  ],
  [
    "a recording rule over another",
    query("job:up:twice", "1m", `[{labels: 'job:up:twice{job="a",level="job"}', value: 4}]`),
    true,
  ],
  [
    "a wrong value",
    query("job:up:sum", "1m", `[{labels: 'job:up:sum{job="a",level="job"}', value: 3}]`),
    false,
  ],
  [
    "a missing sample",
    query("job:up:sum", "2m", `[{labels: 'job:up:sum{job="a",level="job"}', value: 1}]`),
    false,
  ],
  ["an unexpected sample", query("job:up:sum", "1m", "[]"), false],
  ["a scalar", query("'1 + 1'", "1m", `[{labels: '{}', value: 2}]`), true],
  ["a string", query(`'"text"'`, "1m", "[]"), false],
  ["a wrong expression", query("'sum('", "1m", "[]"), false],
  ["wrong labels", query("up", "1m", `[{labels: 'up{', value: 2}]`), false],
  ["a stale series", query("up{job='b'}", "3m", "[]"), true],
  [
    "a gap within the look-back",
    query("up{job='b'}", "6m", `[{labels: 'up{job="b",instance="z"}', value: 1}]`),
    true,
  ],
  ["a series that ended", query("count(up)", "14m", `[{labels: '{}', value: 2}]`), true],
  [
    "rising values",
    query("many", "3m", `[{labels: 'many{i="1"}', value: 15}, {labels: 'many{i="2"}', value: 70}]`),
    true,
  ],
  [
    "ALERTS",
    query(
      "ALERTS{alertname='Down'}",
      "4m",
      `[{labels: 'ALERTS{alertname="Down",alertstate="pending",instance="x",job="a",severity="page",where="x"}', value: 1}]`,
    ),
    true,
  ],
  [
    "ALERTS once it fires",
    query(
      "ALERTS{alertname='Down'}",
      "8m",
      `[{labels: 'ALERTS{alertname="Down",alertstate="firing",instance="x",job="a",severity="page",where="x"}', value: 1}]`,
    ),
    true,
  ],
  [
    "ALERTS_FOR_STATE",
    query(
      "ALERTS_FOR_STATE{alertname='Down'}",
      "8m",
      `[{labels: 'ALERTS_FOR_STATE{alertname="Down",instance="x",job="a",severity="page",where="x"}', value: 120}]`,
    ),
    true,
  ],
  ["a look ahead", query("many{i='1'} offset -6m", "3m", "[]"), true],
  [
    "a subquery with the step of the evaluation",
    query("count_over_time(many{i='1'}[4m30s:])", "10m", `[{labels: '{i="1"}', value: 5}]`),
    true,
  ],
  [
    "a range of time",
    query("max_over_time(many{i='2'}[4m30s])", "10m", `[{labels: '{i="2"}', value: 40}]`),
    true,
  ],
  [
    "no rule files",
    tests(
      "input_series: [{series: a, values: '1'}]\npromql_expr_test: [{expr: a, eval_time: 0, exp_samples: [{labels: a, value: 1}]}]",
      "",
    ),
    true,
  ],
  ["a pattern that fits none", tests("promql_expr_test: []", "rule_files: ['none*.yml']\n"), true],
  [
    "a rule file that cannot be read",
    tests("promql_expr_test: []", "rule_files: [bad-rule.yml]\n"),
    false,
  ],
  [
    "a template that cannot be read",
    tests("promql_expr_test: []", "rule_files: [bad-template.yml]\n"),
    false,
  ],
  ["an unknown key", tests("input_serie: []"), false],
  ["an unknown key at the top", `${tests("input_series: []")}whatever: 1\n`, false],
  ["wrong values", tests("input_series: [{series: a, values: '1 x'}]"), false],
  ["a wrong series", tests("input_series: [{series: 'a{', values: '1'}]"), false],
  ["a matcher for a series", tests(`input_series: [{series: 'a{b=~"c"}', values: '1'}]`), false],
  ["a wrong duration", tests("promql_expr_test: [{expr: a, eval_time: soon}]"), false],
  ["a duration without unit", tests("promql_expr_test: [{expr: a, eval_time: 5}]"), false],
  [
    "an order of groups",
    tests("promql_expr_test: []", "rule_files: [rules.yml]\ngroup_eval_order: [third, first]\n"),
    true,
  ],
  [
    "a group twice in the order",
    tests("promql_expr_test: []", "group_eval_order: [a, a]\n"),
    false,
  ],
  [
    "a rule beyond its limit",
    tests(
      `input_series:\n- series: limited_input{a="1"}\n  values: 1\n- series: limited_input{a="2"}\n  values: 1\npromql_expr_test: [{expr: limited, eval_time: 0m, exp_samples: []}]`,
    ),
    false,
  ],
  [
    "notation of values",
    tests(
      `input_series:\n- series: n\n  values: 1 -2 +3 1e2 1.5 .5 NaN Inf -Inf 1+1x2 5-2x2 3x1 -1+2x1 _ 7 _x2 8 stale 0.1\npromql_expr_test:\n- {expr: "count_over_time(n[60m])", eval_time: 30m, exp_samples: [{labels: '{}', value: 22}]}\n- {expr: "last_over_time(n[60m])", eval_time: 30m, exp_samples: [{labels: n, value: 0.1}]}\n- {expr: n, eval_time: 11m, exp_samples: [{labels: n, value: 3}]}\n- {expr: n, eval_time: 17m, exp_samples: [{labels: n, value: -1}]}`,
    ),
    true,
  ],
  [
    "values across lines",
    tests(
      `input_series:\n- series: n\n  values: >-\n    1 2\n    3\npromql_expr_test: [{expr: n, eval_time: 2m, exp_samples: [{labels: n, value: 3}]}]`,
    ),
    true,
  ],
  [
    "a series twice",
    tests(
      `input_series:\n- {series: n, values: 1 2}\n- {series: n, values: 5 6 7}\npromql_expr_test: [{expr: n, eval_time: 1m, exp_samples: [{labels: n, value: 6}]}]`,
    ),
    true,
  ],
  [
    "an empty label",
    tests(
      `input_series:\n- {series: 'n{a=""}', values: 1}\npromql_expr_test: [{expr: n, eval_time: 0m, exp_samples: [{labels: n, value: 1}]}]`,
    ),
    true,
  ],
  [
    "another interval than that of the evaluation",
    `evaluation_interval: 30s\ntests:\n- interval: 15s\n  input_series: [{series: n, values: 0+1x20}]\n  promql_expr_test: [{expr: n, eval_time: 45s, exp_samples: [{labels: n, value: 2}]}]\n`,
    true,
  ],
  [
    "values that YAML takes for a number",
    tests(
      `input_series: [{series: n, values: 0x10}]\npromql_expr_test: [{expr: n, eval_time: 10m, exp_samples: [{labels: n, value: 0}]}]`,
    ),
    true,
  ],
  [
    "what is left empty",
    tests(
      `input_series:\nalert_rule_test: [{alertname: Down, eval_time: 0m, exp_alerts: }]\nexternal_labels:`,
    ),
    true,
  ],
  [
    "two rules that write the same sample",
    tests(
      `input_series: [{series: same_input, values: 1}]\npromql_expr_test: [{expr: same, eval_time: 0m, exp_samples: [{labels: same, value: 1}]}]`,
    ),
    true,
  ],
  [
    "two rules that write different samples of one series",
    tests(
      `input_series: [{series: other_input, values: 1}]\npromql_expr_test: [{expr: '1', eval_time: 0m, exp_samples: [{labels: '{}', value: 1}]}]`,
    ),
    false,
  ],
  ["no file at all", "", true],
  ["no tests", "tests: []\n", true],
  ["no YAML", "tests: [\n", false],
];

describe.skipIf(promtool === undefined)("verdicts of promtool test rules", () => {
  it.each(CASES)("%s", async (_, text, passes) => {
    const file = join(directory, "test.yml");
    writeFileSync(file, text);
    let theirs = true;
    let said = "";
    try {
      execFileSync(promtool ?? "", ["test", "rules", file], { stdio: "pipe", timeout: 30_000 });
    } catch (error) {
      theirs = false;
      said = String((error as { stderr: Buffer }).stderr);
    }
    const ours = await runTestFile(file);
    expect({ promtool: theirs, fleetlight: isPassed(ours) }, said + JSON.stringify(ours)).toEqual({
      promtool: passes,
      fleetlight: passes,
    });
  });
});
