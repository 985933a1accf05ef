import { describeError } from "#lib";
import { RE2JS } from "re2js";
import { z } from "zod";

import { anyText } from "./texts.ts";

export const RELABEL_ACTIONS = [
  "replace",
  "keep",
  "drop",
  "hashmod",
  "labelmap",
  "labeldrop",
  "labelkeep",
  "lowercase",
  "uppercase",
  "keepequal",
  "dropequal",
] as const;
export type RelabelAction = (typeof RELABEL_ACTIONS)[number];

const DEFAULT_SEPARATOR = ";";
const DEFAULT_REGEX = "(.*)";
const DEFAULT_REPLACEMENT = "$1";

/** A template may name a label only in part, so only what is wrong for every value is refused. */
const hasReference = (template: string): boolean => template.includes("$");

const NEEDS_TARGET = new Set<RelabelAction>([
  "replace",
  "hashmod",
  "lowercase",
  "uppercase",
  "keepequal",
  "dropequal",
]);
const WITHOUT_REPLACEMENT = new Set<RelabelAction>([
  "lowercase",
  "uppercase",
  "keepequal",
  "dropequal",
]);

type Rule = z.output<typeof RelabelFields>;
type Report = (key: string, message: string) => void;

/** Keys that an action ignores are refused, as upstream does: whoever writes them expects something else. */
function checkKeys(rule: Rule, report: Report): void {
  const { action } = rule;
  const forbid = (keys: readonly string[], changed: Record<string, boolean>, only: string) => {
    for (const key of keys)
      if (changed[key] === true)
        report(key, `${action} action requires only ${only}, and no other fields`);
  };
  const changed = {
    source_labels: rule.source_labels.length > 0,
    target_label: rule.target_label !== "",
    separator: rule.separator !== DEFAULT_SEPARATOR,
    regex: rule.regex !== DEFAULT_REGEX,
    modulus: rule.modulus !== 0,
    replacement: rule.replacement !== DEFAULT_REPLACEMENT,
  };
  if (action === "keepequal" || action === "dropequal") {
    forbid(
      ["separator", "regex", "modulus", "replacement"],
      changed,
      "'source_labels' and `target_label`",
    );
  } else if (action === "labeldrop" || action === "labelkeep") {
    forbid(
      ["source_labels", "target_label", "separator", "modulus", "replacement"],
      changed,
      "'regex'",
    );
  } else if (WITHOUT_REPLACEMENT.has(action) && changed.replacement) {
    report("replacement", `'replacement' can not be set for ${action} action`);
  }
}

function checkRule(rule: Rule, context: z.RefinementCtx): void {
  const { action, target_label, replacement } = rule;
  const report: Report = (key, message) =>
    context.addIssue({ code: "custom", path: [key], message });
  try {
    RE2JS.compile(rule.regex, RE2JS.DOTALL);
  } catch (error) {
    // The library shows the flag for the dot as if it were part of the text.
    const reason = describeError(error).replace("`(?s)", () => "`");
    report("regex", `not a regular expression in RE2's syntax: ${reason}`);
  }
  if (action === "hashmod" && rule.modulus === 0)
    report("modulus", "relabel configuration for hashmod requires non-zero modulus");
  if (NEEDS_TARGET.has(action) && target_label === "")
    report("target_label", `relabel configuration for ${action} action requires 'target_label'`);
  if (action === "labelmap" && replacement === "")
    report("replacement", `"" is invalid 'replacement' for labelmap action`);
  if (NEEDS_TARGET.has(action) && action !== "replace" && hasReference(target_label))
    report(
      "target_label",
      `${JSON.stringify(target_label)} is invalid 'target_label' for ${action} action`,
    );
  checkKeys(rule, report);
}

const RelabelFields = z.strictObject({
  source_labels: z
    .array(z.string().min(1).max(1024))
    .max(100)
    .default([])
    .describe("Labels whose values are joined and matched."),
  separator: anyText(1024)
    .default(DEFAULT_SEPARATOR)
    .describe("What stands between the joined values."),
  target_label: anyText(1024)
    .default("")
    .describe("Label that the result is written to; `replace` expands `$1` in it."),
  regex: anyText(65_536)
    .default(DEFAULT_REGEX)
    .describe("Regular expression (RE2) that must match the whole text."),
  modulus: z
    .int()
    .min(0)
    .max(Number.MAX_SAFE_INTEGER)
    .default(0)
    .describe("What `hashmod` divides the hash by."),
  replacement: anyText(65_536)
    .default(DEFAULT_REPLACEMENT)
    .describe("What `replace` and `labelmap` write; `$1` and `${name}` stand for groups."),
  action: z
    .preprocess(
      (value) => (typeof value === "string" ? value.toLowerCase() : value),
      z.enum(RELABEL_ACTIONS),
    )
    .default("replace")
    .describe("What is done."),
});

/** One rule of `relabel_configs` or `metric_relabel_configs`, as in prometheus.yml. */
export const RelabelEntry = RelabelFields.superRefine(checkRule);
export type RelabelConfig = z.output<typeof RelabelFields>;

/** Most rules of one list. */
export const MAX_RELABEL_RULES = 1000;

export const relabelList = (description: string) =>
  z.array(RelabelEntry).max(MAX_RELABEL_RULES).default([]).describe(description);
