import { compileMatcher, type LabelMatcher } from "@fleetlight/promql";

import { NAME_LABEL, type Selector } from "#lib";

/** Expressions are shared between queries, and so is what was made of their matchers. */
const made = new WeakMap<readonly LabelMatcher[], Selector>();

/** The store's selector for PromQL's matchers, which the parser has checked and nobody changes. */
export function selectorOf(matchers: readonly LabelMatcher[]): Selector {
  const known = made.get(matchers);
  if (known !== undefined) return known;
  const selector = makeSelector(matchers);
  made.set(matchers, selector);
  return selector;
}

function makeSelector(matchers: readonly LabelMatcher[]): Selector {
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
