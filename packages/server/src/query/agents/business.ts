import type { AgentThresholds, Band, BusinessFigures } from "@fleetlight/contract";

import type { Figures } from "#store";

/** An agent that was seen for the first time just now is measured over at least so long. */
const MIN_OBSERVED_MS = 300_000;
const HOUR_MS = 3_600_000;
/** What one further exchange of views costs: see docs/agents.md. */
const ROUND_COST = 0.1;

const BANDS: readonly Band[] = ["critical", "warning", "good", "excellent"];

const bandOf = (
  value: number,
  { warning, critical, target }: AgentThresholds["task_throughput"],
): Band =>
  value < critical
    ? "critical"
    : value < warning
      ? "warning"
      : value < target
        ? "good"
        : "excellent";

const worst = (bands: readonly (Band | null)[]): Band | null =>
  BANDS.find((band) => bands.includes(band)) ?? null;

const ratio = (part: number, whole: number): number | null => (whole > 0 ? part / whole : null);

const seconds = (us: number | null | undefined): number | null =>
  us === null || us === undefined ? null : us / 1e6;

/** Milliseconds of a range in which an agent could have worked. */
export const observedMs = (
  { startMs, endMs }: { startMs: number; endMs: number },
  firstMs: number | undefined,
): number =>
  Math.max(
    Math.min(MIN_OBSERVED_MS, endMs - startMs),
    endMs - Math.max(startMs, Math.min(firstMs ?? startMs, endMs)),
  );

/** Success, less for every round of a conflict, and less for the time that went into dealing with one another. */
function efficiencyOf(figures: Omit<Figures, "key">): number | null {
  const { ended, failed, roundsSum, conflicts, coordinationUs, engagedUs } = figures;
  const success = ratio(ended - failed, ended);
  if (success === null) return null;
  const rounds = ratio(roundsSum, conflicts) ?? 0;
  const overhead = ratio(coordinationUs, engagedUs) ?? 0;
  return (success / (1 + ROUND_COST * rounds)) * (1 - overhead);
}

/**
 * Figures as people read them.
 * @param agentMs for how long agents could have worked, added up over all of them
 * @param perAgent whether throughput is that of one agent, which thresholds are for
 */
export function businessFigures(
  figures: Omit<Figures, "key">,
  { agentMs, rangeMs, perAgent }: { agentMs: number; rangeMs: number; perAgent: boolean },
  thresholds: AgentThresholds,
): BusinessFigures {
  const completed = figures.ended - figures.failed;
  const throughput = completed / (Math.max(1, perAgent ? agentMs : rangeMs) / HOUR_MS);
  const resolution = ratio(figures.resolved, figures.conflicts);
  const isActive = figures.lastUs > 0 || figures.agents > 0;
  const throughputBand =
    perAgent && isActive ? bandOf(throughput, thresholds.task_throughput) : null;
  const resolutionBand =
    resolution === null ? null : bandOf(resolution, thresholds.conflict_resolution);
  return {
    counted: figures.hasTasks ? "tasks" : "runs",
    tasks_started: figures.started,
    tasks_completed: completed,
    tasks_failed: figures.failed,
    throughput_per_hour: throughput,
    success_rate: ratio(completed, figures.ended),
    quality: ratio(figures.qualitySum, figures.qualityCount),
    duration_mean_seconds: seconds(ratio(figures.durationSumUs, figures.ended)),
    duration_p50_seconds: seconds(figures.durationP50Us),
    duration_p95_seconds: seconds(figures.durationP95Us),
    utilization: isActive ? Math.min(1, figures.busyUs / 1000 / Math.max(1, agentMs)) : null,
    conflicts: figures.conflicts,
    conflicts_resolved: figures.resolved,
    conflict_resolution_rate: resolution,
    conflict_resolution_seconds: seconds(ratio(figures.resolutionSumUs, figures.resolved)),
    conflict_resolution_p95_seconds: seconds(figures.resolutionP95Us),
    waits: figures.waits,
    dependency_resolution_seconds: seconds(ratio(figures.waitSumUs, figures.waits)),
    dependency_resolution_p95_seconds: seconds(figures.waitP95Us),
    coordination_overhead: ratio(figures.coordinationUs, figures.engagedUs),
    collaboration_efficiency: efficiencyOf(figures),
    messages: figures.messages,
    model_calls: figures.modelCalls,
    tool_calls: figures.toolCalls,
    tool_errors: figures.toolErrors,
    errors: figures.errors,
    input_tokens: figures.inputTokens,
    output_tokens: figures.outputTokens,
    cost_usd: figures.priced > 0 ? figures.costUsd : null,
    bands: {
      throughput: throughputBand,
      conflict_resolution: resolutionBand,
      overall: worst([throughputBand, resolutionBand]),
    },
  };
}
