import { readFileSync } from "node:fs";

import { createRegistry, type Registry } from "@fleetlight/sdk";
import { beforeEach, describe, expect, it } from "vitest";

import { businessFigures } from "#query";
import { NO_FIGURES } from "#store";

import { spanRow } from "../../store/telemetry/spans/fixture.ts";
import { defineSeries, type AgentSeries } from "./series.ts";

const NOW_MS = 1_780_315_200_000;
const thresholds = {
  task_throughput: { warning: 5, critical: 2, target: 10 },
  conflict_resolution: { warning: 0.7, critical: 0.5, target: 0.9 },
};
const figures = (given: Partial<typeof NO_FIGURES> = {}) =>
  businessFigures(
    { ...NO_FIGURES, lastUs: 1, ...given },
    { agentMs: 3_600_000, rangeMs: 3_600_000, perAgent: true },
    thresholds,
  );

describe("series of agents", () => {
  let registry: Registry;
  let series: AgentSeries;

  beforeEach(() => {
    registry = createRegistry();
    series = defineSeries(registry, () => 2);
  });

  const task = (agent: string, type = "write", failed = false) =>
    series.count(
      spanRow({ operation: "task", durationNs: 2e9, attributes: { "fleetlight.task.type": type } }),
      { agent, failed, countsRuns: false },
    );
  const show = (given: Partial<Parameters<AgentSeries["show"]>[0]> = {}) =>
    series.show({
      agents: [
        {
          id: "writer",
          status: "working",
          figures: figures({ ended: 4, qualitySum: 2, qualityCount: 4 }),
        },
        { id: "reader", status: "silent", figures: figures() },
      ],
      utilization: new Map([["writer", 0.5]]),
      overall: figures(),
      open: [],
      nowMs: NOW_MS,
      ...given,
    });
  const lines = () => registry.expose("text").split("\n");

  it("count tasks under every name that they had", () => {
    task("writer");
    task("writer", "write", true);
    expect(lines()).toEqual(
      expect.arrayContaining([
        'maos_tasks_total{status="completed",type="write"} 1',
        'maos_tasks_total{status="failed",type="write"} 1',
        'maos_agent_task_assignments_total{agent_id="writer",task_type="write"} 2',
        'maos_agent_response_time_seconds_count{agent_id="writer"} 2',
        'agent_hive_tasks_total{status="completed"} 1',
        'agent_lightning_agent_tasks_total{agent_id="writer",agent_type="write",status="failed"} 1',
      ]),
    );
  });

  it("count a run only of agents without tasks", () => {
    const run = spanRow({ operation: "invoke_agent", durationNs: 1e9 });
    series.count(run, { agent: "a", failed: false, countsRuns: false });
    series.count(run, { agent: "a", failed: false, countsRuns: true });
    expect(lines()).toContain('maos_tasks_total{status="completed",type="run"} 1');
  });

  it("have as many agents and types as they may, and one for all others", () => {
    for (const agent of ["a", "b", "c", "d"]) task(agent);
    for (let i = 0; i < 200; i++) task("a", `type-${i}`);
    const agents = lines().filter((line) =>
      line.startsWith("maos_agent_response_time_seconds_count"),
    );
    expect(agents).toContain('maos_agent_response_time_seconds_count{agent_id="other"} 2');
    expect(agents).toHaveLength(3);
    const types = lines().filter((line) => line.startsWith("maos_tasks_total"));
    expect(types).toHaveLength(101);
  });

  it("show how things stand, and forget who is silent", () => {
    show();
    expect(lines()).toEqual(
      expect.arrayContaining([
        'agent_hive_task_throughput{agent_id="writer"} 4',
        'agent_hive_task_completion_quality{agent_id="writer"} 0.5',
        'maos_agent_utilization_percentage{agent_id="writer"} 50',
        'agent_hive_agents{status="active"} 1',
        'agent_hive_agents{status="offline"} 1',
        'agent_hive_agents{status="failed"} 0',
        "agent_hive_conflict_resolution_rate NaN",
      ]),
    );
    expect(lines().join("\n")).not.toContain('agent_id="reader"');
    show({ agents: [] });
    expect(lines().join("\n")).not.toContain('agent_hive_task_throughput{agent_id="writer"}');
  });

  it("show what goes on: tasks, conflicts, and the oldest wait", () => {
    const wait = { agent: "writer", workflow: "", type: "" };
    const startUs = (secondsAgo: number) => (NOW_MS - secondsAgo * 1000) * 1000;
    show({
      open: [
        { ...wait, kind: "wait", startUs: startUs(30) },
        { ...wait, kind: "wait", startUs: startUs(400) },
        { ...wait, kind: "conflict", type: "goal", startUs: startUs(5) },
        { ...wait, kind: "task", type: "write", startUs: startUs(9) },
      ],
    });
    expect(lines()).toEqual(
      expect.arrayContaining([
        'agent_hive_coordination_time_seconds{agent_id="writer"} 400',
        'agent_hive_active_conflicts{kind="goal"} 1',
        'maos_active_tasks{type="write"} 1',
        'agent_lightning_agent_active_tasks{agent_id="writer"} 1',
      ]),
    );
  });

  it("have every name that the rules of Agent Hive ask for", () => {
    const rules = readFileSync(
      new URL("../../../../../profiles/agent-hive/rules/alerts.yml", import.meta.url),
      "utf8",
    );
    const asked = new Set(rules.match(/\bagent_hive_(?!thresholds|critical_conditions)\w+/g));
    task("writer");
    show({
      open: [
        { kind: "conflict", agent: "writer", workflow: "", type: "goal", startUs: NOW_MS * 1000 },
      ],
    });
    const known = new Set(lines().map((line) => /^\w+/.exec(line)?.[0]));
    expect([...asked].filter((name) => name !== "agent_hive_" && !known.has(name))).toEqual([]);
    expect(asked.size).toBeGreaterThan(5);
  });
});
