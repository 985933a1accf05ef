import type { AgentStatus, BusinessFigures } from "@fleetlight/contract";
import type { Gauge } from "@fleetlight/sdk";

import type { OpenActivity } from "#query";

/** What those beyond a limit are called together. */
const OTHER = "other";
const MAX_CHARACTERS = 256;

/** Labels that senders choose: those beyond a limit are one. */
export class Names {
  private readonly known = new Set<string>();
  private readonly limit: () => number;

  constructor(limit: () => number) {
    this.limit = limit;
  }

  of(name: string): string {
    const short = name.slice(0, MAX_CHARACTERS);
    if (this.known.has(short)) return short;
    if (this.known.size >= this.limit()) return OTHER;
    this.known.add(short);
    return short;
  }
}

/** What the gauges of one tenant show. */
export interface Standing {
  agents: readonly { id: string; status: AgentStatus; figures: BusinessFigures }[];
  /** Of the last five minutes, by agent. */
  utilization: ReadonlyMap<string, number>;
  overall: BusinessFigures;
  open: readonly OpenActivity[];
  nowMs: number;
}

interface Gauges {
  throughput: Gauge<"agent_id">;
  quality: Gauge<"agent_id">;
  success: Gauge<"agent_id">;
  hiveUtilization: Gauge<"agent_id">;
  efficiency: Gauge<"agent_id">;
  coordination: Gauge<"agent_id">;
  dependency: Gauge<"agent_id">;
  utilization: Gauge<"agent_id">;
  lightningActive: Gauge<"agent_id">;
  activeTasks: Gauge<"type">;
  maosAgents: Gauge<"status" | "type">;
  hiveAgents: Gauge<"status">;
  activeConflicts: Gauge<"kind">;
  resolution: Gauge<never>;
  resolutionTime: Gauge<never>;
  taskSuccess: Gauge<never>;
}

interface Labels {
  agents: Names;
  types: Names;
}

/** As the systems of before call them. */
const STATUSES: Readonly<Record<AgentStatus, string>> = {
  working: "active",
  idle: "idle",
  silent: "offline",
  failing: "failed",
};

function showAgents(gauges: Gauges, { agents }: Labels, standing: Standing): void {
  const { hiveAgents, maosAgents } = gauges;
  for (const status of Object.values(STATUSES)) {
    hiveAgents.with({ status }).set(0);
    maosAgents.with({ status, type: "agent" }).set(0);
  }
  for (const { id, status, figures } of standing.agents) {
    hiveAgents.with({ status: STATUSES[status] }).inc();
    maosAgents.with({ status: STATUSES[status], type: "agent" }).inc();
    // Who is silent has nothing to show, and keeps no place among the names.
    if (status === "silent") continue;
    const labels = { agent_id: agents.of(id) };
    if (labels.agent_id === OTHER) continue;
    gauges.throughput.with(labels).set(figures.throughput_per_hour);
    gauges.utilization.with(labels).set((standing.utilization.get(id) ?? 0) * 100);
    gauges.lightningActive.with(labels).set(0);
    gauges.coordination.with(labels).set(0);
    for (const [gauge, value] of [
      [gauges.quality, figures.quality],
      [gauges.success, figures.success_rate],
      [gauges.hiveUtilization, figures.utilization],
      [gauges.efficiency, figures.collaboration_efficiency],
      [gauges.dependency, figures.dependency_resolution_seconds],
    ] as const)
      if (value !== null) gauge.with(labels).set(value);
  }
}

function showOpen(gauges: Gauges, { agents, types }: Labels, { open, nowMs }: Standing): void {
  for (const { kind, type, agent, startUs } of open) {
    const agent_id = agent === "" ? OTHER : agents.of(agent);
    const isTask = kind === "task" || kind === "run";
    if (isTask) {
      gauges.activeTasks.with({ type: types.of(kind === "run" ? "run" : type || "task") }).inc();
      if (agent_id !== OTHER) gauges.lightningActive.with({ agent_id }).inc();
    }
    if (kind === "conflict")
      gauges.activeConflicts.with({ kind: types.of(type || "conflict") }).inc();
    if ((kind !== "wait" && kind !== "conflict") || agent_id === OTHER) continue;
    const oldest = gauges.coordination.with({ agent_id });
    oldest.set(Math.max(oldest.value, (nowMs * 1000 - startUs) / 1e6));
  }
}

/** Writes how things stand; what is not there any more has no series. */
export function showStanding(gauges: Gauges, labels: Labels, standing: Standing): void {
  for (const gauge of Object.values(gauges) as Gauge<string>[]) gauge.clear();
  showAgents(gauges, labels, standing);
  showOpen(gauges, labels, standing);
  const { overall } = standing;
  // A metric without labels cannot be taken back: NaN says that there is nothing to measure, and fulfils no condition.
  gauges.resolution.set(overall.conflict_resolution_rate ?? Number.NaN);
  gauges.resolutionTime.set(overall.conflict_resolution_seconds ?? Number.NaN);
  gauges.taskSuccess.set(overall.success_rate ?? Number.NaN);
}
