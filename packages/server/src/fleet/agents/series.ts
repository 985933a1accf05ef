import type { Registry } from "@fleetlight/sdk";

import type { SpanRow } from "#store";

import { kindOf, typeOf } from "./activity-of.ts";
import { Names, showStanding, type Standing } from "./standing.ts";

/** Seconds; tasks of agents last from moments to minutes. */
const DURATIONS = [0.1, 0.5, 1, 5, 10, 30, 60, 300, 900];
/** Types of tasks, workflows and conflicts that have series of their own. */
const MAX_TYPES = 100;

/** Business figures of one tenant under the names of the systems that had them before; docs/agents.md lists all. */
// oxlint-disable-next-line max-lines-per-function -- a list of metrics
export function defineSeries(registry: Registry, maxAgents: () => number) {
  const agents = new Names(maxAgents);
  const types = new Names(() => MAX_TYPES);
  const counter = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    registry.counter({ name, help, labelNames });
  const gauge = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    registry.gauge({ name, help, labelNames });
  const histogram = <L extends string>(name: string, help: string, labelNames: readonly L[]) =>
    registry.histogram({ name, help, labelNames, buckets: DURATIONS });

  const tasks = counter("maos_tasks_total", "Tasks that ended, by how and of what type.", [
    "status",
    "type",
  ]);
  const taskSeconds = histogram("maos_task_duration_seconds", "Duration of tasks.", [
    "type",
    "status",
  ]);
  const assignments = counter("maos_agent_task_assignments_total", "Tasks that an agent began.", [
    "agent_id",
    "task_type",
  ]);
  const responses = histogram(
    "maos_agent_response_time_seconds",
    "Duration of an agent's tasks, or of its runs.",
    ["agent_id"],
  );
  const activeTasks = gauge("maos_active_tasks", "Tasks that go on.", ["type"]);
  const maosAgents = gauge("maos_agents_total", "Agents by what they do.", ["status", "type"]);
  const utilization = gauge(
    "maos_agent_utilization_percentage",
    "Share of the last five minutes that an agent worked.",
    ["agent_id"],
  );

  const hiveTasks = counter("agent_hive_tasks_total", "Tasks that ended.", ["status"]);
  const throughput = gauge(
    "agent_hive_task_throughput",
    "Tasks per hour that an agent completed in the last hour.",
    ["agent_id"],
  );
  const quality = gauge(
    "agent_hive_task_completion_quality",
    "Mean quality of an agent's tasks in the last hour, 0 to 1.",
    ["agent_id"],
  );
  const success = gauge(
    "agent_hive_task_success_rate",
    "Share of an agent's tasks in the last hour that succeeded.",
    ["agent_id"],
  );
  const hiveUtilization = gauge(
    "agent_hive_agent_utilization",
    "Share of the last hour that an agent worked.",
    ["agent_id"],
  );
  const efficiency = gauge(
    "agent_hive_agent_collaboration_efficiency",
    "Collaboration efficiency of the last hour, 0 to 1.",
    ["agent_id"],
  );
  const coordination = gauge(
    "agent_hive_coordination_time_seconds",
    "For how long the oldest wait or conflict of an agent has gone on.",
    ["agent_id"],
  );
  const dependency = gauge(
    "agent_hive_dependency_resolution_time_seconds",
    "Mean wait of an agent for others in the last hour.",
    ["agent_id"],
  );
  const resolution = gauge(
    "agent_hive_conflict_resolution_rate",
    "Share of the conflicts of the last hour that were resolved.",
    [],
  );
  const resolutionTime = gauge(
    "agent_hive_conflict_resolution_time_seconds",
    "Mean time until a conflict of the last hour was resolved.",
    [],
  );
  const taskSuccess = gauge(
    "agent_hive_overall_success_rate",
    "Share of all tasks of the last hour that succeeded.",
    [],
  );
  const conflicts = counter(
    "agent_hive_conflicts_total",
    "Conflicts that ended, by kind and by whether they were resolved.",
    ["kind", "status"],
  );
  const activeConflicts = gauge("agent_hive_active_conflicts", "Conflicts that go on.", ["kind"]);
  const hiveAgents = gauge("agent_hive_agents", "Agents by what they do.", ["status"]);

  const lightningTasks = counter(
    "agent_lightning_agent_tasks_total",
    "Tasks of an agent that ended.",
    ["agent_id", "agent_type", "status"],
  );
  const lightningSeconds = histogram(
    "agent_lightning_agent_task_duration_seconds",
    "Duration of tasks.",
    ["agent_type"],
  );
  const lightningActive = gauge(
    "agent_lightning_agent_active_tasks",
    "Tasks of an agent that go on.",
    ["agent_id"],
  );
  const executions = counter("agent_lightning_workflow_executions_total", "Workflows that ended.", [
    "workflow_type",
    "status",
  ]);
  const executionSeconds = histogram(
    "agent_lightning_workflow_execution_duration_seconds",
    "Duration of workflows.",
    ["workflow_type"],
  );
  const workflowErrors = counter(
    "agent_lightning_workflow_errors_total",
    "Workflows that failed.",
    ["workflow_type"],
  );

  const gauges = {
    throughput,
    quality,
    success,
    hiveUtilization,
    efficiency,
    coordination,
    dependency,
    utilization,
    lightningActive,
    activeTasks,
    maosAgents,
    hiveAgents,
    activeConflicts,
    resolution,
    resolutionTime,
    taskSuccess,
  };

  const countTask = (row: SpanRow, agent: string, failed: boolean, isRun: boolean) => {
    const type = types.of(isRun ? "run" : typeOf(row, "task") || "task");
    const status = failed ? "failed" : "completed";
    const seconds = row.durationNs / 1e9;
    tasks.with({ status, type }).inc();
    hiveTasks.with({ status }).inc();
    taskSeconds.with({ type, status }).observe(seconds);
    lightningSeconds.with({ agent_type: type }).observe(seconds);
    if (agent === "") return;
    const agent_id = agents.of(agent);
    responses.with({ agent_id }).observe(seconds);
    assignments.with({ agent_id, task_type: type }).inc();
    lightningTasks.with({ agent_id, agent_type: type, status }).inc();
  };

  return {
    /** Counts a span that has ended. */
    count(
      row: SpanRow,
      { agent, failed, countsRuns }: { agent: string; failed: boolean; countsRuns: boolean },
    ): void {
      const kind = kindOf(row);
      if (kind === "task" || (kind === "run" && countsRuns))
        countTask(row, agent, failed, kind === "run");
      else if (kind === "workflow") {
        const workflow_type = types.of(typeOf(row, kind) || "workflow");
        executions.with({ workflow_type, status: failed ? "failed" : "completed" }).inc();
        executionSeconds.with({ workflow_type }).observe(row.durationNs / 1e9);
        if (failed) workflowErrors.with({ workflow_type }).inc();
      } else if (kind === "conflict") {
        const conflictKind = types.of(typeOf(row, kind) || "conflict");
        conflicts.with({ kind: conflictKind, status: failed ? "unresolved" : "resolved" }).inc();
      }
    },
    /** Shows how things stand. */
    show: (standing: Standing) => showStanding(gauges, { agents, types }, standing),
  };
}

export type AgentSeries = ReturnType<typeof defineSeries>;
