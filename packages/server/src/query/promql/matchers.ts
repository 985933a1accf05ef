import { compileMatcher, type LabelMatcher } from "@fleetlight/promql";

import { NAME_LABEL, type Selector } from "#lib";

/** The store's selector for PromQL's matchers, which the parser has checked. */
export function selectorOf(matchers: readonly LabelMatcher[]): Selector {
  const tests = matchers.map((matcher) => ({
    name: matcher.name,
    operator: matcher.op,
    value: matcher.value,
    test: compileMatcher(matcher),
  }));
  return {
    metric: matchers.find(({ name, op }) => name === NAME_LABEL && op === "=")?.value,
    matchers: tests,
    matches: (labels) => tests.every(({ name, test }) => test(labels[name] ?? "")),
  };
}
