import { z } from "zod";

import { Timestamp } from "./common.ts";

/**
 * What agents achieve, from their spans; docs/agents.md has every formula. All under `/api/v1`, for the last hour when no time
 * is given (`start`, `end` as Unix seconds or ISO 8601, or `hours`).
 *
 *     GET   /agents?q=&status=&band=&workflow=&sort=&order=&limit=
 *     GET   /agents/{id}
 *     GET   /agents/{id}/performance?utc_offset_minutes=
 *     GET   /workflows?q=&limit=        GET /workflows/{id}
 *     GET   /conversations?q=&agent=    GET /conversations/{id}
 *     GET   /reports/agents?format=json|csv
 */
export const Band = z.enum(["excellent", "good", "warning", "critical"]);
export type Band = z.infer<typeof Band>;

export const AgentStatus = z.enum(["working", "idle", "silent", "failing"]);
export type AgentStatus = z.infer<typeof AgentStatus>;

/** Shares are 0 to 1; null where there is nothing to measure. */
export const BusinessFigures = z.object({
  /** Runs of an agent count as its tasks when it has no tasks. */
  counted: z.enum(["tasks", "runs"]),
  tasks_started: z.int(),
  tasks_completed: z.int(),
  tasks_failed: z.int(),
  throughput_per_hour: z.number(),
  success_rate: z.number().nullable(),
  quality: z.number().nullable(),
  duration_mean_seconds: z.number().nullable(),
  duration_p50_seconds: z.number().nullable(),
  duration_p95_seconds: z.number().nullable(),
  utilization: z.number().nullable(),
  conflicts: z.int(),
  conflicts_resolved: z.int(),
  conflict_resolution_rate: z.number().nullable(),
  conflict_resolution_seconds: z.number().nullable(),
  conflict_resolution_p95_seconds: z.number().nullable(),
  waits: z.int(),
  dependency_resolution_seconds: z.number().nullable(),
  dependency_resolution_p95_seconds: z.number().nullable(),
  coordination_overhead: z.number().nullable(),
  collaboration_efficiency: z.number().nullable(),
  messages: z.int(),
  model_calls: z.int(),
  tool_calls: z.int(),
  tool_errors: z.int(),
  errors: z.int(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  /** Null when nobody knows any price. */
  cost_usd: z.number().nullable(),
  bands: z.object({
    throughput: Band.nullable(),
    conflict_resolution: Band.nullable(),
    /** The worst of them. */
    overall: Band.nullable(),
  }),
});
export type BusinessFigures = z.infer<typeof BusinessFigures>;

const Threshold = z.object({ warning: z.number(), critical: z.number(), target: z.number() });

export const AgentThresholds = z.object({
  /** Tasks per hour. */
  task_throughput: Threshold,
  conflict_resolution: Threshold,
});
export type AgentThresholds = z.infer<typeof AgentThresholds>;

const Range = { start: Timestamp, end: Timestamp };

export const Agent = z.object({
  /** Its name. */
  id: z.string(),
  status: AgentStatus,
  /** Tasks, or runs for want of them, that go on. */
  active_tasks: z.int(),
  first_seen: Timestamp,
  last_seen: Timestamp,
  figures: BusinessFigures,
  /** Tasks that ended, in steps of equal length over the range. */
  recent: z.array(z.int()),
});
export type Agent = z.infer<typeof Agent>;

/** Several agents together. */
export const FleetFigures = z.object({
  ...BusinessFigures.shape,
  agents: z.int(),
  active_tasks: z.int(),
  active_conflicts: z.int(),
});
export type FleetFigures = z.infer<typeof FleetFigures>;

export const AgentList = z.object({
  ...Range,
  agents: z.array(Agent),
  /** Of all agents, whatever was filtered. */
  overall: FleetFigures,
  statuses: z.record(AgentStatus, z.int()),
  thresholds: AgentThresholds,
  count: z.int(),
});
export type AgentList = z.infer<typeof AgentList>;

export const AgentDetail = z.object({ ...Range, ...Agent.shape, thresholds: AgentThresholds });
export type AgentDetail = z.infer<typeof AgentDetail>;

const NamedFigures = z.object({
  name: z.string(),
  count: z.int(),
  errors: z.int(),
  mean_seconds: z.number().nullable(),
  p95_seconds: z.number().nullable(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  cost_usd: z.number().nullable(),
});

export const Conversation = z.object({
  id: z.string(),
  first: Timestamp,
  last: Timestamp,
  /** Runs that belong to it, and the newest of them. */
  turns: z.int(),
  trace_ids: z.array(z.string()),
  agents: z.array(z.string()),
  /** What a person asked at the beginning; empty when it is not known. */
  title: z.string(),
  model_calls: z.int(),
  tool_calls: z.int(),
  errors: z.int(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  cost_usd: z.number().nullable(),
});
export type Conversation = z.infer<typeof Conversation>;

export const ConversationList = z.object({
  ...Range,
  conversations: z.array(Conversation),
  count: z.int(),
});
export type ConversationList = z.infer<typeof ConversationList>;

export const AgentPerformance = z.object({
  ...Range,
  id: z.string(),
  step_seconds: z.number(),
  current: BusinessFigures,
  /** The range of equal length that ended where this one begins. */
  former: BusinessFigures,
  thresholds: AgentThresholds,
  series: z.array(
    z.object({
      time: Timestamp,
      completed: z.int(),
      failed: z.int(),
      success_rate: z.number().nullable(),
      duration_p95_seconds: z.number().nullable(),
      errors: z.int(),
      input_tokens: z.number(),
      output_tokens: z.number(),
      cost_usd: z.number(),
    }),
  ),
  /** Durations of tasks; classes without any are left out at both ends. */
  response_times: z.array(
    z.object({ from_seconds: z.number(), to_seconds: z.number(), count: z.int() }),
  ),
  /** Tasks by the weekday (1 is Monday) and hour in which they ended; those without any are left out. */
  heat_map: z.array(
    z.object({
      weekday: z.int().min(1).max(7),
      hour: z.int().min(0).max(23),
      completed: z.int(),
      failed: z.int(),
    }),
  ),
  task_types: z.array(NamedFigures),
  tools: z.array(NamedFigures),
  models: z.array(NamedFigures),
  conversations: z.array(Conversation),
});
export type AgentPerformance = z.infer<typeof AgentPerformance>;

export const Workflow = z.object({
  id: z.string(),
  /** What its span says that it is; empty when no span does. */
  type: z.string(),
  last_seen: Timestamp.nullable(),
  agents: z.int(),
  /** Spans of the workflow itself that ended, and failed. */
  executions: z.int(),
  executions_failed: z.int(),
  active_tasks: z.int(),
  figures: BusinessFigures,
});
export type Workflow = z.infer<typeof Workflow>;

export const WorkflowList = z.object({ ...Range, workflows: z.array(Workflow), count: z.int() });
export type WorkflowList = z.infer<typeof WorkflowList>;

export const WorkflowDetail = z.object({ ...Range, ...Workflow.shape, members: z.array(Agent) });
export type WorkflowDetail = z.infer<typeof WorkflowDetail>;

/** Something that was said or done in a conversation. */
export const ConversationTurn = z.object({
  time: Timestamp,
  trace_id: z.string(),
  span_id: z.string(),
  kind: z.enum(["user", "agent", "tool", "handoff", "message", "error"]),
  /** Who said or did it: an agent, or empty for a person. */
  from: z.string(),
  /** To whom: an agent, a tool, or empty for a person. */
  to: z.string(),
  text: z.string(),
  truncated: z.boolean(),
  duration_seconds: z.number(),
  failed: z.boolean(),
  input_tokens: z.number(),
  output_tokens: z.number(),
  cost_usd: z.number().nullable(),
});
export type ConversationTurn = z.infer<typeof ConversationTurn>;

export const ConversationDetail = z.object({
  ...Conversation.shape,
  said: z.array(ConversationTurn),
  /** True when there is more than is shown. */
  truncated: z.boolean(),
});
export type ConversationDetail = z.infer<typeof ConversationDetail>;

/** `GET /api/v1/reports/agents` as JSON. */
export const AgentReport = z.object({
  ...Range,
  period_hours: z.number(),
  thresholds: AgentThresholds,
  overall: FleetFigures,
  agents: z.array(Agent.omit({ recent: true })),
  /** One sentence per thing that wants attention. */
  findings: z.array(z.string()),
});
export type AgentReport = z.infer<typeof AgentReport>;
