import type { FleetEdge, FleetGraph } from "@fleetlight/contract";
import { expect, it } from "vitest";

import { diffOf } from "./diff.ts";
import { quantileSeconds } from "./quantile.ts";

const edge = (name: string, more: Partial<FleetEdge> = {}): FleetEdge => ({
  id: `tool|agent:a|tool:${name}`,
  kind: "tool",
  source: "agent:a",
  target: `tool:${name}`,
  calls: 100,
  errors: 0,
  error_share: 0,
  calls_per_second: 1,
  p50_seconds: 1,
  p95_seconds: 2,
  mean_seconds: 1,
  input_tokens: 0,
  output_tokens: 0,
  cost_usd: 0,
  ...more,
});
const graph = (...edges: FleetEdge[]): FleetGraph => ({
  start: "2026-06-01T12:00:00.000Z",
  end: "2026-06-01T13:00:00.000Z",
  nodes: [],
  edges,
  truncated: false,
});

it.each<[string, FleetEdge[], FleetEdge[], string[]]>([
  ["the same", [edge("x")], [edge("x")], []],
  ["what is new", [], [edge("x")], ["appeared"]],
  ["what is gone", [edge("x")], [], ["vanished"]],
  ["what is slower", [edge("x")], [edge("x", { p95_seconds: 3 })], ["slower"]],
  ["what is faster", [edge("x", { p95_seconds: 3 })], [edge("x")], ["faster"]],
  ["a little slower", [edge("x")], [edge("x", { p95_seconds: 2.4 })], []],
  ["what fails more", [edge("x")], [edge("x", { error_share: 0.06 })], ["failing"]],
  ["what fails less", [edge("x", { error_share: 0.5 })], [edge("x")], ["recovered"]],
  ["few calls", [edge("x")], [edge("x", { calls: 4, error_share: 1, p95_seconds: 90 })], []],
])("the difference tells of %s", (_, before, after, changes) => {
  expect(diffOf(graph(...before), graph(...after)).map(({ change }) => change)).toEqual(changes);
});

it("the weightiest change comes first", () => {
  const before = graph(edge("x"), edge("y"));
  const after = graph(edge("x", { p95_seconds: 3.1 }), edge("y", { error_share: 0.9 }));
  expect(diffOf(before, after).map(({ id }) => id.at(-1))).toEqual(["y", "x"]);
});

it("a quantile is near the duration that it stands for", () => {
  const counts = new Float64Array(253);
  counts[120] = 50;
  counts[130] = 45;
  counts[140] = 5;
  expect(quantileSeconds(counts, 0.5)).toBeCloseTo(2 ** 30.125 / 1e9, 9);
  expect(quantileSeconds(counts, 0.95)).toBeCloseTo(2 ** 32.625 / 1e9, 9);
  expect(quantileSeconds(counts, 1)).toBeCloseTo(2 ** 35.125 / 1e9, 9);
  expect(quantileSeconds(new Float64Array(253), 0.5)).toBeUndefined();
});
