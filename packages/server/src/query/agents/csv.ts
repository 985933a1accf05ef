import type { AgentReport, BusinessFigures } from "@fleetlight/contract";

type Value = string | number | null | undefined;

const COLUMNS: readonly [name: string, pick: (figures: BusinessFigures) => Value][] = [
  ["counted", (one) => one.counted],
  ["tasks_started", (one) => one.tasks_started],
  ["tasks_completed", (one) => one.tasks_completed],
  ["tasks_failed", (one) => one.tasks_failed],
  ["throughput_per_hour", (one) => one.throughput_per_hour],
  ["success_rate", (one) => one.success_rate],
  ["quality", (one) => one.quality],
  ["duration_mean_seconds", (one) => one.duration_mean_seconds],
  ["duration_p50_seconds", (one) => one.duration_p50_seconds],
  ["duration_p95_seconds", (one) => one.duration_p95_seconds],
  ["utilization", (one) => one.utilization],
  ["conflicts", (one) => one.conflicts],
  ["conflicts_resolved", (one) => one.conflicts_resolved],
  ["conflict_resolution_rate", (one) => one.conflict_resolution_rate],
  ["conflict_resolution_seconds", (one) => one.conflict_resolution_seconds],
  ["dependency_resolution_seconds", (one) => one.dependency_resolution_seconds],
  ["collaboration_efficiency", (one) => one.collaboration_efficiency],
  ["messages", (one) => one.messages],
  ["model_calls", (one) => one.model_calls],
  ["tool_calls", (one) => one.tool_calls],
  ["tool_errors", (one) => one.tool_errors],
  ["errors", (one) => one.errors],
  ["input_tokens", (one) => one.input_tokens],
  ["output_tokens", (one) => one.output_tokens],
  ["cost_usd", (one) => one.cost_usd],
  ["throughput_band", (one) => one.bands.throughput],
  ["conflict_resolution_band", (one) => one.bands.conflict_resolution],
];

/** RFC 4180, and no formula: spreadsheets run texts that begin like one, and names of agents are anybody's. */
function field(value: Value): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
}

/** One line per agent, and a last one of all of them with an empty name. */
export function reportAsCsv({ start, end, agents, overall }: AgentReport): string {
  const line = (fields: readonly Value[]) => `${fields.map(field).join(",")}\r\n`;
  const rows = [
    ...agents.map(({ id, status, last_seen, figures }) => ({ id, status, last_seen, figures })),
    { id: "", status: "", last_seen: "", figures: overall },
  ];
  return [
    line(["agent", "status", "last_seen", "start", "end", ...COLUMNS.map(([name]) => name)]),
    ...rows.map(({ id, status, last_seen, figures }) =>
      line([id, status, last_seen, start, end, ...COLUMNS.map(([, pick]) => pick(figures))]),
    ),
  ].join("");
}
