import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { formatResult, isPassed, runTestFile, toJunit, type Evaluated } from "./index.ts";

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-unit-tests-"));
  mkdirSync(join(directory, "more"));
  writeFileSync(join(directory, "rules.yml"), RULES);
  writeFileSync(
    join(directory, "more", "a.yml"),
    "groups: [{name: a, rules: [{record: a, expr: b + 1}]}]\n",
  );
  writeFileSync(
    join(directory, "more", "b.yml"),
    "groups: [{name: b, rules: [{record: b, expr: c + 1}]}]\n",
  );
  writeFileSync(
    join(directory, "bad.yml"),
    "groups: [{name: g, rules: [{alert: A, expr: up, labels: {l: '{{ nope }}'}}]}]\n",
  );
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const RULES = `
groups:
- name: g
  rules:
  - alert: Down
    expr: up == 0
    for: 2m
    keep_firing_for: 2m
    annotations: {summary: "{{ $labels.i }} is {{ $value }} at {{ query \`up\` | first | value }}", url: "{{ $externalURL }}"}
  - record: size
    expr: sum(h)
  - record: offset_of
    expr: up
- name: late
  query_offset: 1m
  rules:
  - record: late
    expr: up
- name: limits
  limit: 1
  rules:
  - alert: Limited
    expr: limited
  - record: same
    expr: doubled
    labels: {i: ""}
- name: twice
  rules:
  - record: taken
    expr: both{i="1"} * 0 + 1
    labels: {i: ""}
  - record: taken
    expr: both{i="2"} * 0 + 2
    labels: {i: ""}
`;

let count = 0;
async function run(text: string, options: Parameters<typeof runTestFile>[1] = {}) {
  const path = join(directory, `test-${++count}.yml`);
  writeFileSync(path, text);
  return runTestFile(path, options);
}
/** What is not as it should be, as lines. */
async function problems(text: string): Promise<string[]> {
  const { error, tests } = await run(text);
  const failures = tests.flatMap((one) => one.failures);
  return [
    ...(error === undefined ? [] : [error]),
    ...failures.flatMap(({ about, details }) => [about, ...details]),
  ];
}

const head = "rule_files: [rules.yml]\nevaluation_interval: 1m\n";

describe("a test of rules", () => {
  it("shows what is missing and what came instead", async () => {
    const text = `${head}tests:
- interval: 1m
  name: the test
  input_series: [{series: 'up{i="x"}', values: 0x10}]
  external_url: http://here
  alert_rule_test:
  - {eval_time: 1m, alertname: Down}
  - eval_time: 3m
    alertname: Down
    exp_alerts: [{exp_labels: {i: y}, exp_annotations: {summary: none}}]
  promql_expr_test:
  - {expr: up, eval_time: 1m, exp_samples: [{labels: 'up{i="x"}', value: 1}]}
  - {expr: 'sum(', eval_time: 1m}
`;
    const result = await run(text);
    expect(isPassed(result)).toBe(false);
    expect(formatResult(result)).toBe(`Unit testing: ${result.path}
  FAILED:
    name: the test,
    alertname: Down, time: 3m
        - labels:      {alertname="Down",i="y"}
        - annotations: {summary="none"}
        + labels:      {alertname="Down",i="x"}
        + annotations: {summary="x is 0 at 0",url="http://here"}

    name: the test,
    expr: "up", time: 1m
        - up{i="x"} 1
        + up{i="x"} 0

    name: the test,
    expr: "sum(", time: 1m
        1:5: parse error: unclosed left parenthesis
`);
  });

  it("keeps an alert firing as long as its rule says", async () => {
    const at = (time: string, firing: boolean) => `
  - eval_time: ${time}
    alertname: Down
    exp_alerts: [${firing ? "{exp_labels: {i: x}, exp_annotations: {summary: 'x is 0 at 0'}}" : ""}]`;
    const text = (tests: string) =>
      `${head}tests:\n- interval: 1m\n  input_series: [{series: 'up{i="x"}', values: 0 0 0 0 1x9}]\n  alert_rule_test:${tests}\n`;
    expect(
      await problems(text(at("1m", false) + at("2m", true) + at("5m", true) + at("6m", false))),
    ).toEqual([]);
    expect(await problems(text(at("6m", true)))).toHaveLength(3);
  });

  it("writes histograms, and compares them", async () => {
    const text = (expected: string) => `${head}tests:
- interval: 1m
  input_series:
  - {series: 'h{i="1"}', values: "{{count:3 sum:5 buckets:[1 2]}}x5"}
  - {series: 'h{i="2"}', values: "{{count:1 sum:1 buckets:[1]}}x5"}
  promql_expr_test:
  - {expr: size, eval_time: 2m, exp_samples: [{labels: size, histogram: "${expected}"}]}
`;
    expect(await problems(text("{{count:4 sum:6 buckets:[2 2]}}"))).toEqual([]);
    expect(await problems(text("{{count:4 sum:6 buckets:[2 2 0]}}"))).toEqual([]);
    expect(await problems(text("{{count:4 sum:7 buckets:[2 2]}}"))).toEqual([
      'expr: "size", time: 2m',
      "- size {count:4, sum:7, (0.5,1]:2, (1,2]:2}",
      "+ size {count:4, sum:6, (0.5,1]:2, (1,2]:2}",
    ]);
  });

  it("may leave out the last bit of values", async () => {
    const text = (fuzzy: boolean, value: string) =>
      `fuzzy_compare: ${fuzzy}\ntests:\n- promql_expr_test: [{expr: "0.1 + 0.2", eval_time: 0, exp_samples: [{labels: '{}', value: ${value}}]}]\n`;
    expect(await problems(text(true, "0.3"))).toEqual([]);
    expect(await problems(text(false, "0.3"))).toHaveLength(3);
    expect(await problems(text(true, "0.3000001"))).toHaveLength(3);
  });

  it("takes NaN for NaN", async () => {
    const text = `tests:\n- promql_expr_test: [{expr: "0 / 0", eval_time: 0, exp_samples: [{labels: '{}', value: .nan}]}]\n`;
    expect(await problems(text)).toEqual([]);
  });

  it("looks back as far as the group's query_offset", async () => {
    const text = `${head}tests:
- interval: 1m
  input_series: [{series: up, values: 1 2 3}]
  promql_expr_test: [{expr: late, eval_time: 1m, exp_samples: [{labels: late, value: 1}]}]
`;
    expect(await problems(text)).toEqual([]);
  });

  it("evaluates groups in the order that is asked for", async () => {
    const text = (order: string) => `rule_files: [more/*.yml]
group_eval_order: ${order}
tests:
- interval: 1m
  input_series: [{series: c, values: 1x5}]
  promql_expr_test: [{expr: a, eval_time: 0m, exp_samples: [{labels: a, value: 3}]}]
`;
    expect(await problems(text("[b, a]"))).toEqual([]);
    expect(await problems(text("[a, b]"))).toEqual(['expr: "a", time: 0s', "- a 3"]);
  });

  it("may use anchors", async () => {
    const text = `tests:
- &first
  input_series: [{series: n, values: 0x10}]
  promql_expr_test: [{expr: n, eval_time: 1m, exp_samples: [{labels: n, value: 0}]}]
- <<: *first
  name: second
`;
    expect(await problems(text)).toEqual([]);
    expect((await run(text)).tests).toHaveLength(2);
  });

  it("may begin at a time of its own", async () => {
    const text = (start: string) => `tests:
- start_timestamp: ${start}
  interval: 1m
  input_series: [{series: n, values: 1 2}]
  promql_expr_test:
  - {expr: time(), eval_time: 1m, exp_samples: [{labels: '{}', value: 1704067260}]}
  - {expr: n, eval_time: 1m, exp_samples: [{labels: n, value: 2}]}
`;
    expect(await problems(text("2024-01-01T00:00:00Z"))).toEqual([]);
    expect(await problems(text("1704067200"))).toEqual([]);
  });

  it.each([
    ["limited", "rule: Limited, error: exceeded limit of 1 with 2 alerts"],
    [
      "doubled",
      "rule: same, error: vector contains metrics with the same labelset after applying rule labels",
    ],
  ])("ends where a rule over %s fails", async (name, problem) => {
    const text = `${head}tests:
- interval: 1m
  input_series: [{series: '${name}{i="1"}', values: 1}, {series: '${name}{i="2"}', values: 1}]
  promql_expr_test: [{expr: absent_thing, eval_time: 5m}]
`;
    expect(await problems(text)).toEqual(["evaluation at 0s", problem]);
  });

  it("tells of every evaluation, and runs those tests that are asked for", async () => {
    const seen: Evaluated[] = [];
    const text = `${head}tests:
- {name: first, promql_expr_test: [{expr: '1', eval_time: 2m}]}
- {name: second, promql_expr_test: [{expr: '1', eval_time: 1m}]}
`;
    const result = await run(text, { only: /^sec/, onEvaluated: (one) => seen.push(one) });
    expect(result.tests.map(({ name }) => name)).toEqual(["second"]);
    expect(seen.filter(({ rule }) => rule === "late")).toEqual([
      { atMs: 0, group: "late", rule: "late", samples: 0 },
      { atMs: 60_000, group: "late", rule: "late", samples: 0 },
    ]);
  });
});

describe("a file of tests", () => {
  it.each([
    ["tests: [{input_serie: []}]", 'line 1, tests[0]: Unrecognized key: "input_serie"'],
    [
      "tests:\n- input_series:\n  - series: 'a{'\n",
      `line 3, tests[0].input_series[0].series: "a{" is no series`,
    ],
    ["tests:\n- input_series: [{series: a, values: 1 y}]\n", 'values: column 3: "y" is no value'],
    ["evaluation_interval: 5\n", 'line 1, evaluation_interval: "5" is not a duration'],
    ["tests: [{promql_expr_test: [{expr: a, eval_time: 10y}]}]\n", "at most 525600 times"],
    ["tests: [\n", "line 2"],
    ["group_eval_order: [a, a]\n", "group name repeated in evaluation order: a"],
    [
      "rule_files: [bad.yml]\n",
      `bad.yml:1:61: groups[0].rules[0].labels.l: group "g", rule 1, "A": label "l": template: __alert_A:1: function "nope" not defined`,
    ],
    [
      "tests: [{alert_rule_test: [{eval_time: 1m}]}]\n",
      "misses required attribute alertname at eval_time 1m",
    ],
    ["tests: [{start_timestamp: soon}]\n", "neither RFC 3339 nor Unix seconds"],
  ])("%j is refused with its place", async (text, reason) => {
    expect((await problems(text)).join("\n")).toContain(reason);
  });

  it("that is not there is told", async () => {
    const result = await runTestFile(join(directory, "none.yml"));
    expect(result.error).toContain("ENOENT");
    expect(formatResult(result)).toContain("  FAILED:\n    ENOENT");
  });

  it("warns of patterns that fit no file", async () => {
    const result = await run("rule_files: [none*.yml]\n");
    expect(isPassed(result)).toBe(true);
    expect(formatResult(result)).toBe(
      `Unit testing: ${result.path}\n  WARNING: no file matches pattern ${join(directory, "none*.yml")}\n  SUCCESS\n`,
    );
  });
});

describe("JUnit", () => {
  it("has a suite for each file and a case for each test", () => {
    const test = { name: 'a <b> & "c"\u0000', durationMs: 1500, failures: [] };
    const failed = {
      name: "",
      durationMs: 0,
      failures: [{ about: 'expr: "x"', details: ["- 1", "+ <2>"] }],
    };
    const xml = toJunit([
      { path: "a.yml", error: undefined, warnings: [], tests: [test, failed] },
      { path: "b.yml", error: "line 1: no\nline 2: no", warnings: [], tests: [] },
    ]);
    expect(xml).toBe(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="a.yml" tests="2" failures="1" errors="0" time="1.500">
    <testcase name="a &lt;b&gt; &amp; &quot;c&quot;\uFFFD" time="1.500"/>
    <testcase name="test 2" time="0.000">
      <failure message="expr: &quot;x&quot;">- 1
+ &lt;2&gt;</failure>
    </testcase>
  </testsuite>
  <testsuite name="b.yml" tests="0" failures="0" errors="1" time="0.000">
    <testcase name="reading the file"><error message="line 1: no&#10;line 2: no"/></testcase>
  </testsuite>
</testsuites>
`);
  });
});
