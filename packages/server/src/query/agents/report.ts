import type { Agent, AgentThresholds, FleetFigures } from "@fleetlight/contract";

/** Sentences of a report. */
const MAX_FINDINGS = 50;
/** Time that agents spend on one another rather than on work, from which on it is told. */
const MUCH_OVERHEAD = 0.4;

const percent = (share: number): string => `${Math.round(share * 100)} %`;
const number = (value: number): string => String(Math.round(value * 10) / 10);

function* ofAgent(
  { id, status, figures }: Omit<Agent, "recent">,
  { task_throughput: wanted, conflict_resolution: resolved }: AgentThresholds,
): Generator<string> {
  const { bands } = figures;
  if (status === "failing")
    yield `${id} fails: ${figures.tasks_failed} of ${figures.tasks_completed + figures.tasks_failed} ${figures.counted} did.`;
  if (bands.throughput === "warning" || bands.throughput === "critical")
    yield `${id} completes ${number(figures.throughput_per_hour)} ${figures.counted} per hour, ${wanted.target} are wanted (${bands.throughput}).`;
  const { conflict_resolution: band } = bands;
  if (figures.conflict_resolution_rate !== null && (band === "warning" || band === "critical"))
    yield `Of the conflicts of ${id} ${percent(figures.conflict_resolution_rate)} are resolved, ${percent(resolved.target)} are wanted (${band}).`;
  if ((figures.coordination_overhead ?? 0) > MUCH_OVERHEAD)
    yield `${id} spends ${percent(figures.coordination_overhead ?? 0)} of its time on waits, messages and conflicts.`;
}

/** One sentence per thing that wants attention. */
export function findingsOf(
  agents: readonly Omit<Agent, "recent">[],
  overall: FleetFigures,
  thresholds: AgentThresholds,
): string[] {
  const findings: string[] = [];
  const { conflict_resolution_rate: rate, bands } = overall;
  if (
    rate !== null &&
    (bands.conflict_resolution === "warning" || bands.conflict_resolution === "critical")
  )
    findings.push(
      `Of all conflicts ${percent(rate)} are resolved, ${percent(thresholds.conflict_resolution.target)} are wanted (${bands.conflict_resolution}).`,
    );
  for (const agent of agents) findings.push(...ofAgent(agent, thresholds));
  return findings.slice(0, MAX_FINDINGS);
}
