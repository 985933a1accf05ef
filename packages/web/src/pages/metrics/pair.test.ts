import { expect, test } from "vitest";

import { selectorOfPair } from "./pair.ts";

test.each([
  ["__name__=up", 'count({__name__="up"})'],
  ["job=api", 'count by (__name__) ({job="api"})'],
  ['path=/a="b"', 'count by (__name__) ({path="/a=\\"b\\""})'],
  ["k8s.pod=x", 'count by (__name__) ({"k8s.pod"="x"})'],
  ["nothing", null],
  ["=x", null],
])("%s is asked as %s", (pair, expected) => {
  expect(selectorOfPair(pair)).toBe(expected);
});
