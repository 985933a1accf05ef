import { createRegistry } from "@fleetlight/sdk";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { createLogger } from "#lib";
import { createFleetQueries, type FleetQueries } from "#query";
import { createMemoryTelemetry, type SpanRow, type TelemetryStore } from "#store";

import { spanRecord } from "../../store/telemetry/spans/fixture.ts";
import { LiveTraces } from "../live/index.ts";
import { FleetGraph } from "./fleet-graph.ts";

const NOW_MS = 1_780_315_230_000;
const HOUR_MS = 3_600_000;

describe("the fleet graph over time", () => {
  let store: TelemetryStore;
  let live: LiveTraces;
  let graph: FleetGraph;
  let queries: FleetQueries;
  let span = 0;

  const open = () => {
    const registry = createRegistry();
    const logger = createLogger({ level: "silent", format: "json" }, { version: "test" });
    live = new LiveTraces({ spans: store.spans, now: Date.now, registry });
    live.start();
    graph = new FleetGraph({ live, edges: store.edges, now: Date.now, registry, logger });
    graph.start();
    const sharesStore = () => false;
    queries = createFleetQueries({ edges: store.edges, live: graph, now: Date.now, sharesStore });
  };
  const close = async () => {
    await graph.stop();
    live.stop();
  };

  beforeEach(async () => {
    vi.useFakeTimers({ now: NOW_MS, toFake: ["Date", "setTimeout", "clearTimeout"] });
    store = await createMemoryTelemetry({ now: Date.now });
    open();
  });
  afterEach(async () => {
    await close();
    vi.useRealTimers();
    await store.close();
  });

  const send = async (row: Partial<SpanRow> = {}, agoMs = 0) => {
    const startNs = `${Date.now() - agoMs}000000`;
    const ids = { spanId: (++span).toString(16).padStart(16, "0"), startNs, durationNs: 1e6 };
    const work = { operation: "invoke_agent", agent: "lead" };
    await store.spans.append("default", [spanRecord({ ...ids, ...work, ...row })]);
    vi.advanceTimersByTime(300);
  };
  const range = () => ({ startMs: Date.now() - HOUR_MS, endMs: Date.now() });
  const calls = async () =>
    (await queries.graph("default", range(), {})).nodes.find(({ id }) => id === "agent:lead")
      ?.calls;

  it("counts at once, once, and the same before and after it is written", async () => {
    await send();
    await send();
    expect(await calls()).toBe(2);
    await graph.flush();
    expect(await calls()).toBe(2);
    await send();
    await graph.flush();
    await graph.flush();
    await store.flush();
    expect(await calls()).toBe(3);
  });

  it("adds up what was counted before and after a restart, also within one minute", async () => {
    await send();
    await send({}, 10 * 60_000);
    await close();
    await store.flush();
    open();
    await send();
    await send({}, 10 * 60_000);
    expect(await calls()).toBe(4);
    await graph.flush();
    await store.flush();
    expect(await calls()).toBe(4);
  });

  it("lets minutes go after two hours, and still answers them from the tables", async () => {
    await send();
    await graph.flush();
    vi.setSystemTime(NOW_MS + 3 * HOUR_MS);
    await graph.flush();
    const past = { startMs: NOW_MS - 60_000, endMs: NOW_MS + 60_000 };
    const { nodes } = await queries.graph("default", past, {});
    expect(nodes.map(({ id, calls: count }) => [id, count])).toEqual([
      ["agent:lead", 1],
      ["service:fleet", 1],
    ]);
    await send({}, 3 * HOUR_MS);
    const again = await queries.graph("default", past, {});
    expect(again.nodes[0]?.calls).toBe(2);
  });

  it("tells who is at work, and counts nobody who has not ended", async () => {
    await send({ ended: false });
    const { nodes } = await queries.graph("default", range(), {});
    expect(nodes).toEqual([]);
    expect(graph.activeAgents("default").get("lead")).toBe(1);
  });

  it("counts a minute's edges beyond its limit without names", async () => {
    const tool = { operation: "execute_tool", parentSpanId: "" };
    await store.spans.append(
      "default",
      Array.from({ length: 2050 }, (_, i) =>
        spanRecord({
          ...tool,
          spanId: (0x10000 + i).toString(16).padStart(16, "0"),
          traceId: (i + 1).toString(16).padStart(32, "0"),
          startNs: `${Date.now()}000000`,
          agent: "lead",
          tool: `tool ${i}`,
        }),
      ),
    );
    for (let i = 0; i < 50; i++) vi.advanceTimersByTime(100);
    const { nodes } = await queries.graph("default", range(), {});
    const other = nodes.find(({ id }) => id === "tool:__overflow__");
    expect(other?.calls).toBeGreaterThan(40);
    expect(nodes.filter(({ kind }) => kind === "tool").length).toBeLessThanOrEqual(2000);
  });
});
