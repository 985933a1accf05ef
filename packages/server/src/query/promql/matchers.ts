import type { LabelMatcher } from "@fleetlight/promql";
import { RE2JS } from "re2js";

import { NAME_LABEL, type Selector } from "#lib";

/** Regular expressions are RE2, anchored at both ends, and the dot matches newlines. */
function testOf({ op, value }: LabelMatcher): (found: string) => boolean {
  if (op === "=") return (found) => found === value;
  if (op === "!=") return (found) => found !== value;
  const compiled = RE2JS.compile(value, RE2JS.DOTALL);
  return op === "=~" ? (found) => compiled.matches(found) : (found) => !compiled.matches(found);
}

/** The store's selector for PromQL's matchers, which the parser has checked. */
export function selectorOf(matchers: readonly LabelMatcher[]): Selector {
  const tests = matchers.map((matcher) => ({
    name: matcher.name,
    operator: matcher.op,
    value: matcher.value,
    test: testOf(matcher),
  }));
  return {
    metric: matchers.find(({ name, op }) => name === NAME_LABEL && op === "=")?.value,
    matchers: tests,
    matches: (labels) => tests.every(({ name, test }) => test(labels[name] ?? "")),
  };
}
