import type { AgentList, Overview } from "@fleetlight/contract";

/** The fleet at a glance; a part that the server could not answer is null, and `errors` says why. */
export type Dashboard = {
  timestamp: string;
  /** `conflicts_active` while agents are in conflict; `unknown` when the server does not tell. */
  systemHealth: "healthy" | "degraded" | "conflicts_active" | "unknown";
  activeTasks: number | null;
  activeConflicts: number | null;
  throughputPerHour: number | null;
  agentStatus: Readonly<
    Record<string, { status: string; throughput: string | null; activeTasks: number }>
  >;
  overview: Overview | null;
  agents: AgentList | null;
  errors: readonly string[];
};

function systemHealthOf(
  overview: Overview | null,
  agents: AgentList | null,
): Dashboard["systemHealth"] {
  if ((agents?.overall.active_conflicts ?? 0) > 0) return "conflicts_active";
  if (overview === null) return "unknown";
  const { unhealthy, degraded } = overview.services;
  return unhealthy + degraded > 0 || overview.alerts.firing > 0 ? "degraded" : "healthy";
}

export async function dashboardOf(
  asked: { overview: Promise<Overview>; agents: Promise<AgentList> },
  nowMs: () => number,
): Promise<Dashboard> {
  const [overview, agents] = await Promise.allSettled([asked.overview, asked.agents]);
  const known = agents.status === "fulfilled" ? agents.value : null;
  const glance = overview.status === "fulfilled" ? overview.value : null;
  const statuses = (known?.agents ?? []).map(
    ({ id, status, active_tasks, figures }) =>
      [id, { status, throughput: figures.bands.throughput, activeTasks: active_tasks }] as const,
  );
  return {
    timestamp: new Date(nowMs()).toISOString(),
    systemHealth: systemHealthOf(glance, known),
    activeTasks: known?.overall.active_tasks ?? null,
    activeConflicts: known?.overall.active_conflicts ?? null,
    throughputPerHour: known?.overall.throughput_per_hour ?? null,
    agentStatus: Object.fromEntries(statuses),
    overview: glance,
    agents: known,
    errors: [overview, agents].flatMap((one) =>
      one.status === "rejected" ? [String((one.reason as Error).message)] : [],
    ),
  };
}
