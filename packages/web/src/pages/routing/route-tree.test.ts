import type { RouteNode } from "@fleetlight/contract";
import { expect, test } from "vitest";

import { litRows, routeRows, timingText } from "./route-tree.ts";

const node = (id: string, part: Partial<RouteNode> = {}): RouteNode => ({
  id,
  parent: id === "0" ? null : id.slice(0, id.lastIndexOf("/")),
  receiver: "ops",
  matchers: [],
  group_by: ["alertname"],
  group_by_all: false,
  group_wait_seconds: 30,
  group_interval_seconds: 300,
  repeat_interval_seconds: 14_400,
  continues: false,
  mute_time_intervals: [],
  active_time_intervals: [],
  ...part,
});

const nodes = [node("0"), node("0/0"), node("0/1"), node("0/1/0")];

test("nodes on the way are lit, those that tell more than those that are passed", () => {
  const rows = routeRows(nodes, {
    paths: [{ routes: ["0", "0/1", "0/1/0"], receiver: "ops", group_key: "", muted_by: ["night"] }],
    receivers: ["ops"],
    silenced_by: [],
    inhibited_by: [],
  });
  expect(rows.map(({ lit, depth }) => [lit, depth])).toEqual([
    ["passed", 0],
    [null, 1],
    ["passed", 1],
    ["leaf", 2],
  ]);
  expect(rows[3]?.mutedBy).toEqual(["night"]);
  expect(litRows(rows).map(({ node: { id } }) => id)).toEqual(["0", "0/1", "0/1/0"]);
});

test("without a question nothing is lit", () => {
  expect(litRows(routeRows(nodes, undefined))).toEqual([]);
});

test.each([
  [{}, "together by alertname"],
  [{ group_by: [] }, "all together"],
  [{ group_by_all: true }, "each alert alone"],
])("%o is told %s", (part, words) => {
  expect(timingText(node("0", part))).toBe(
    `${words} · first after 30 s, news after 5 min, again after 4 h`,
  );
});
