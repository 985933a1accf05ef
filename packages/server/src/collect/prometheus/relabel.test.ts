import { describe, expect, it } from "vitest";

import { ConfigSchema, type RelabelConfig } from "#config";
import type { LabelSet } from "#lib";

import { compileRelabel } from "./relabel.ts";

type Rule = Record<string, unknown>;

/** The rules as the configuration gives them, with its defaults. */
function rulesOf(rules: Rule[]): RelabelConfig[] {
  const config = ConfigSchema.parse({
    scrape_configs: [{ job_name: "test", relabel_configs: rules }],
  });
  return config.scrape_configs[0]?.relabel_configs ?? [];
}

/** Labels after relabelling; undefined when they were dropped. */
function relabelled(labels: LabelSet, ...rules: Rule[]): LabelSet | undefined {
  const map = new Map(Object.entries(labels));
  const relabel = compileRelabel(rulesOf(rules));
  return relabel === undefined || relabel(map) ? Object.fromEntries(map) : undefined;
}

const ABC = { a: "foo", b: "bar", c: "baz" };

describe("relabelling", () => {
  it.each<[string, LabelSet, Rule[], LabelSet | undefined]>([
    [
      "replaces with groups of the match",
      ABC,
      [{ source_labels: ["a"], regex: "f(.*)", target_label: "d", replacement: "ch${1}-ch${1}" }],
      { ...ABC, d: "choo-choo" },
    ],
    [
      "joins several labels, and later rules see what earlier ones wrote",
      ABC,
      [
        {
          source_labels: ["a", "b"],
          regex: "f(.*);(.*)r",
          target_label: "a",
          replacement: "b${1}${2}m",
        },
        {
          source_labels: ["c", "a"],
          regex: "(b).*b(.*)ba(.*)",
          target_label: "d",
          replacement: "$1$2$2$3",
        },
      ],
      { a: "boobam", b: "bar", c: "baz", d: "boooom" },
    ],
    [
      "uses named groups",
      { a: "eu-1" },
      [
        {
          source_labels: ["a"],
          regex: "(?P<zone>[a-z]+)-.*",
          target_label: "z",
          replacement: "${zone}",
        },
      ],
      { a: "eu-1", z: "eu" },
    ],
    [
      "drops on a match and looks no further",
      { a: "foo" },
      [
        { source_labels: ["a"], regex: ".*o.*", action: "drop" },
        { target_label: "d", replacement: "x" },
      ],
      undefined,
    ],
    [
      "anchors drop",
      { a: "foo" },
      [{ source_labels: ["a"], regex: "f|o", action: "drop" }],
      { a: "foo" },
    ],
    [
      "keeps on a match",
      { a: "foo" },
      [{ source_labels: ["a"], regex: "f.*", action: "keep" }],
      { a: "foo" },
    ],
    [
      "keeps nothing else",
      { a: "foo" },
      [{ source_labels: ["a"], regex: "f", action: "keep" }],
      undefined,
    ],
    [
      "keeps what has a label",
      {},
      [{ source_labels: ["a"], regex: ".+", action: "keep" }],
      undefined,
    ],
    [
      "changes nothing without a match",
      { a: "boo" },
      [{ source_labels: ["a"], regex: "f", target_label: "b", replacement: "bar" }],
      { a: "boo" },
    ],
    [
      "sets a fixed value",
      { a: "x" },
      [{ target_label: "env", replacement: "prod" }],
      { a: "x", env: "prod" },
    ],
    [
      "removes a label that is replaced by nothing",
      ABC,
      [{ source_labels: ["a"], target_label: "b", replacement: "" }],
      { a: "foo", c: "baz" },
    ],
    [
      "takes the target's name from the match",
      { a: "some-name-value" },
      [
        {
          source_labels: ["a"],
          regex: "some-([^-]+)-([^,]+)",
          target_label: "${1}",
          replacement: "${2}",
        },
      ],
      { a: "some-name-value", name: "value" },
    ],
    [
      "does nothing when the target's name is empty",
      { a: "some-name-0" },
      [
        {
          source_labels: ["a"],
          regex: "some-([^-]+)-([^,]+)",
          target_label: "${3}",
          replacement: "${1}",
        },
      ],
      { a: "some-name-0" },
    ],
    [
      "lets the dot match a line break",
      { a: "x\ny" },
      [{ source_labels: ["a"], regex: "x.y", target_label: "b", replacement: "hit" }],
      { a: "x\ny", b: "hit" },
    ],
    [
      "hashes as every version of Prometheus",
      ABC,
      [{ source_labels: ["c"], target_label: "d", action: "hashmod", modulus: 1000 }],
      { ...ABC, d: "976" },
    ],
    [
      "hashes a text with a line break",
      { a: "foo\nbar" },
      [{ source_labels: ["a"], target_label: "b", action: "hashmod", modulus: 1000 }],
      { a: "foo\nbar", b: "734" },
    ],
    [
      "maps label names",
      { a: "foo", __meta_my_bar: "aaa", __meta_my_baz: "bbb", __meta_other: "ccc" },
      [{ regex: "__meta_(my.*)", action: "labelmap", replacement: "${1}" }],
      {
        a: "foo",
        __meta_my_bar: "aaa",
        __meta_my_baz: "bbb",
        __meta_other: "ccc",
        my_bar: "aaa",
        my_baz: "bbb",
      },
    ],
    [
      "maps from the names before the rule",
      { b: "1", xb: "2" },
      [{ regex: "(.*)", action: "labelmap", replacement: "x$1" }],
      { b: "1", xb: "1", xxb: "2" },
    ],
    [
      "keeps labels by name",
      { a: "1", b1: "2", b2: "3" },
      [{ regex: "(b.*)", action: "labelkeep" }],
      { b1: "2", b2: "3" },
    ],
    [
      "drops labels by name",
      { a: "1", b1: "2", b2: "3" },
      [{ regex: "(b.*)", action: "labeldrop" }],
      { a: "1" },
    ],
    [
      "changes case",
      { foo: "bAr123Foo" },
      [
        { source_labels: ["foo"], action: "uppercase", target_label: "up" },
        { source_labels: ["foo"], action: "lowercase", target_label: "low" },
      ],
      { foo: "bAr123Foo", up: "BAR123FOO", low: "bar123foo" },
    ],
    [
      "keeps what is equal",
      { t: "1", p: "1" },
      [{ source_labels: ["t"], action: "keepequal", target_label: "p" }],
      { t: "1", p: "1" },
    ],
    [
      "keeps nothing unequal",
      { t: "1", p: "2" },
      [{ source_labels: ["t"], action: "keepequal", target_label: "p" }],
      undefined,
    ],
    [
      "drops what is equal",
      { t: "1", p: "1" },
      [{ source_labels: ["t"], action: "dropequal", target_label: "p" }],
      undefined,
    ],
    [
      "drops nothing unequal",
      { t: "1", p: "2" },
      [{ source_labels: ["t"], action: "dropequal", target_label: "p" }],
      { t: "1", p: "2" },
    ],
    ["knows actions in capitals", { a: "1" }, [{ regex: "a", action: "LabelDrop" }], {}],
    [
      "survives a pattern that makes other engines hang",
      { a: `${"a".repeat(5000)}!` },
      [{ source_labels: ["a"], regex: "(a+)+", target_label: "b", replacement: "x" }],
      { a: `${"a".repeat(5000)}!` },
    ],
  ])("%s", (_, labels, rules, expected) => {
    expect(relabelled(labels, ...rules)).toEqual(expected);
  });

  it("compiles to nothing when there are no rules", () => {
    expect(compileRelabel([])).toBeUndefined();
  });

  it("keeps a label that is named like the prototype", () => {
    const labels = new Map([["__proto__", "x"]]);
    const relabel = compileRelabel(rulesOf([{ source_labels: ["__proto__"], target_label: "b" }]));
    expect(relabel?.(labels)).toBe(true);
    expect(labels.get("b")).toBe("x");
  });
});

describe("a rule that can not be meant", () => {
  it.each<[Rule, RegExp]>([
    [{ regex: "(" }, /not a regular expression/],
    [{ regex: "(?=a)", target_label: "x" }, /not a regular expression/],
    [{}, /replace action requires 'target_label'/],
    [{ action: "lowercase" }, /lowercase action requires 'target_label'/],
    [{ action: "lowercase", target_label: "${3}" }, /is invalid 'target_label' for lowercase/],
    [{ action: "uppercase", target_label: "a", replacement: "x" }, /'replacement' can not be set/],
    [{ action: "hashmod", target_label: "a" }, /non-zero modulus/],
    [{ action: "labeldrop", source_labels: ["a"], regex: "x" }, /requires only 'regex'/],
    [{ action: "labelkeep", separator: "-", regex: "x" }, /requires only 'regex'/],
    [
      { action: "keepequal", source_labels: ["a"], target_label: "b", regex: "x" },
      /requires only 'source_labels'/,
    ],
    [{ action: "explode", target_label: "a" }, /action/],
    [{ target_label: "a", targetlabel: "b" }, /[uU]nrecognized key/],
  ])("%j is refused", (rule, reason) => {
    expect(() => rulesOf([rule])).toThrow(reason);
  });
});
