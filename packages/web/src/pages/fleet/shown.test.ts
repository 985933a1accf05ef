import type { FleetEdge, FleetNode, FleetReplay } from "@fleetlight/contract";
import { describe, expect, it } from "vitest";

import { parseFleetSearch } from "../../app/fleet-search.ts";
import { changeFigures, edgeTitle, rateOf } from "./fleet-words.ts";
import { NODE_HEIGHT, placed } from "./layout.ts";
import { callsOver, filtered, frameAt, shownAt } from "./shown.ts";

const figures = {
  calls: 120,
  errors: 6,
  error_share: 0.05,
  calls_per_second: 1,
  p50_seconds: 1,
  p95_seconds: 2,
  mean_seconds: 1,
  input_tokens: 0,
  output_tokens: 0,
  cost_usd: 0,
};
const node = (id: string): FleetNode => ({
  id,
  kind: id.slice(0, id.indexOf(":")) as FleetNode["kind"],
  name: id.slice(id.indexOf(":") + 1),
  services: ["s"],
  state: "degraded",
  active: 0,
  ...figures,
});
const edge = (kind: FleetEdge["kind"], source: string, target: string): FleetEdge => ({
  id: `${kind}|${source}|${target}`,
  kind,
  source,
  target,
  ...figures,
});

const replay: FleetReplay = {
  start: "2026-06-01T12:00:00.000Z",
  end: "2026-06-01T12:02:00.000Z",
  truncated: false,
  nodes: [node("agent:lead"), node("agent:writer"), node("tool:search")],
  edges: [
    edge("delegation", "agent:lead", "agent:writer"),
    edge("tool", "agent:writer", "tool:search"),
  ],
  step_seconds: 60,
  frames: [
    { start: "2026-06-01T12:00:00.000Z", nodes: [], edges: [] },
    {
      start: "2026-06-01T12:01:00.000Z",
      nodes: [{ at: 1, calls: 120, errors: 60, mean_seconds: 3 }],
      edges: [{ at: 0, calls: 120, errors: 0, mean_seconds: 3 }],
    },
  ],
};
const at = Date.parse("2026-06-01T12:01:30.000Z") / 1000;

describe("a moment of the fleet", () => {
  it.each([
    [at, 1],
    [at - 60, 0],
    [at + 60, -1],
    [undefined, undefined],
  ])("at %s is step %s", (seconds, frame) => {
    expect(frameAt(replay, seconds)).toBe(frame);
  });

  it("has everything of the range, with the figures of the step", () => {
    const { nodes, edges } = shownAt(replay, 1);
    expect(nodes.map(({ state, calls }) => [state, calls])).toEqual([
      ["idle", 0],
      ["unhealthy", 120],
      ["idle", 0],
    ]);
    expect(nodes[1]).toMatchObject({ calls_per_second: 2, mean_seconds: 3, p95_seconds: null });
    expect(edges.map(({ calls }) => calls)).toEqual([120, 0]);
    expect(shownAt(replay, undefined)).toBe(replay);
    expect(callsOver(replay, "agent:writer").values).toEqual([0, 120]);
    expect(callsOver(replay, replay.edges[0]?.id ?? "").values).toEqual([0, 120]);
  });
});

describe("what is shown of the fleet", () => {
  it.each([
    [{}, ["lead", "writer", "search"], 2],
    [{ q: "LEAD" }, ["lead", "writer"], 1],
    [{ without: "tool" }, ["lead", "writer"], 1],
    [{ without: "agent" }, ["search"], 0],
    [{ q: "nobody" }, [], 0],
  ])("with %o", (search, names, edges) => {
    const shown = filtered(replay, search);
    expect(shown.nodes.map(({ name }) => name)).toEqual(names);
    expect(shown.edges).toHaveLength(edges);
  });

  it("is read from the address, whatever is written there", () => {
    expect(parseFleetSearch({ hours: 24, view: "list", q: 7, diff: true, at: 5.5 })).toEqual({
      hours: 24,
      view: "list",
      q: "7",
      diff: true,
      at: 5,
    });
    expect(parseFleetSearch({ hours: 3, view: "x", diff: "1", at: -1, pick: {} })).toEqual({});
  });
});

describe("places of nodes", () => {
  it("go from left to right, and stay when others come", () => {
    const first = placed(replay, new Map());
    const [lead, writer] = [first.get("agent:lead"), first.get("agent:writer")];
    expect(lead?.x).toBeLessThan(writer?.x ?? 0);
    const more = {
      nodes: [...replay.nodes, node("agent:reviewer")],
      edges: [...replay.edges, edge("delegation", "agent:lead", "agent:reviewer")],
    };
    const second = placed(more, first);
    for (const [id, place] of first) expect(second.get(id)).toEqual(place);
    const added = second.get("agent:reviewer");
    for (const place of first.values())
      expect(Math.abs((added?.y ?? 0) - place.y) >= NODE_HEIGHT || added?.x !== place.x).toBe(true);
  });
});

it("a rank of many nodes is folded into columns, and none covers another", () => {
  const many = Array.from({ length: 40 }, (_, i) => node(`tool:${i}`));
  const lead = node("agent:lead");
  const places = placed(
    { nodes: [lead, ...many], edges: many.map(({ id }) => edge("tool", "agent:lead", id)) },
    new Map(),
  );
  const all = [...places.values()];
  expect(new Set(all.map(({ x, y }) => `${x} ${y}`)).size).toBe(41);
  const heights = all.map(({ y }) => y);
  expect(Math.max(...heights) - Math.min(...heights)).toBeLessThan(10 * (NODE_HEIGHT + 22));
  expect(new Set(all.map(({ x }) => x)).size).toBe(6);
});

describe("words", () => {
  it.each([
    [0, "0/s"],
    [12, "12/s"],
    [0.5, "30/min"],
  ])("%d calls a second are %s", (rate, words) => {
    expect(rateOf(rate)).toBe(words);
  });

  it("tell an edge and a change", () => {
    expect(edgeTitle(edge("wait", "agent:a", "agent:b:c"))).toBe("a waits for b:c");
    const change = { id: "agent:a", what: "node", before: 1, after: 2 } as const;
    expect(changeFigures({ ...change, change: "slower" })).toBe("1\u00a0s → 2\u00a0s");
    expect(changeFigures({ ...change, change: "vanished" })).toBe("was 1/s");
    expect(changeFigures({ ...change, change: "failing", before: 0, after: 0.5 })).toBe("0% → 50%");
  });
});
