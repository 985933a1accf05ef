import { describe, expect, test } from "vitest";

import {
  completeFilter,
  indexLabels,
  matcherTest,
  matcherText,
  parseAlertFilter,
} from "./alert-filter.ts";

describe("a filter of alerts", () => {
  test.each([
    ['severity="critical"', [["severity", "=", "critical"]], []],
    ["severity=critical, service=~api.*", [["severity", "=", "critical"], ["service", "=~", "api.*"]], []], // prettier-ignore
    ['{job!="a b",zone!~"eu|us"}', [["job", "!=", "a b"], ["zone", "!~", "eu|us"]], []], // prettier-ignore
    ['say="a \\"b\\"\\n"', [["say", "=", 'a "b"\n']], []],
    ["Slow  checks", [], ["slow", "checks"]],
    ["team= api", [["team", "=", "api"]], []],
    ["", [], []],
  ])("%s", (text, matchers, words) => {
    const filter = parseAlertFilter(text);
    expect(filter.matchers.map(({ label, op, value }) => [label, op, value])).toEqual(matchers);
    expect(filter.words).toEqual(words);
    expect(filter.problem).toBe(null);
  });

  test("an expression that is none is named and left out", () => {
    const filter = parseAlertFilter('a=~"(" b=c');
    expect(filter.problem).toBe("a=~ needs a regular expression");
    expect(filter.matchers).toEqual([{ label: "b", op: "=", value: "c" }]);
  });

  test("what is written is read back", () => {
    const matcher = { label: "path", op: "=~" as const, value: 'a"b\\.c' };
    expect(parseAlertFilter(matcherText(matcher)).matchers).toEqual([matcher]);
  });

  test.each([
    [{ label: "a", op: "=", value: "" }, {}, true],
    [{ label: "a", op: "!=", value: "x" }, {}, true],
    [{ label: "a", op: "=~", value: "x|y" }, { a: "y" }, true],
    [{ label: "a", op: "=~", value: "x" }, { a: "xy" }, false],
    [{ label: "a", op: "!~", value: "x.*" }, { a: "xy" }, false],
  ] as const)("%o asks %o", (matcher, labels, holds) => {
    expect(matcherTest(matcher)(labels)).toBe(holds);
  });
});

describe("completion", () => {
  const index = indexLabels([
    { severity: "critical", service: "api" },
    { severity: "critical", service: "web" },
    { severity: "warning", service: "say \"hi\"" }, // prettier-ignore
  ]);
  const offer = (text: string, caret = text.length) => completeFilter(text, caret, index);

  test("names first, then values with how often they occur", () => {
    expect(offer("sev").map(({ text }) => text)).toEqual(["severity="]);
    expect(offer("severity=").map(({ text, hint }) => [text, hint])).toEqual([
      ['severity="critical" ', "2"],
      ['severity="warning" ', "1"],
    ]);
    expect(offer('service!="w').map(({ text }) => text)).toEqual(['service!="web" ']);
    expect(offer("service=say").map(({ text }) => text)).toEqual(['service="say \\"hi\\"" ']);
  });

  test("only the matcher at the caret is replaced", () => {
    const text = 'severity="critical" serv';
    expect(offer(text)[0]).toMatchObject({ from: 20, to: 24, text: "service=" });
    expect(offer("severity=cr x=1", 11)[0]).toMatchObject({ from: 0, to: 11 });
    expect(offer("nothing=")).toEqual([]);
  });
});
