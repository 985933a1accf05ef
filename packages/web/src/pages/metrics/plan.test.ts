import { expect, test } from "vitest";

import type { PlanNode } from "../../promql/client.ts";
import { flatten, MAX_NODES } from "./plan.ts";

const node = (text: string, ...children: PlanNode[]): PlanNode => ({
  text,
  kind: "call",
  totalMs: 1,
  selfMs: 1,
  series: 1,
  samples: 1,
  samplesRead: 0,
  stepInvariant: false,
  children,
});

test("parents come before their children, in the order of the expression", () => {
  const plan = node("a + b", node("a", node("a1")), node("b"));
  expect(
    flatten(plan).map(({ node: { text }, depth, path }) => `${path} ${depth} ${text}`),
  ).toEqual(["0 0 a + b", "0.0 1 a", "0.0.0 2 a1", "0.1 1 b"]);
});

test("a plan without end has one", () => {
  let deep = node("leaf");
  for (let index = 0; index < MAX_NODES * 4; index += 1) deep = node(`n${index}`, deep);
  expect(flatten(deep)).toHaveLength(MAX_NODES);
});
