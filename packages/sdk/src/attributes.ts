/**
 * Attributes by which spans say what agents do, beside OpenTelemetry's conventions for generative AI. Whoever writes them by
 * hand, in any language, is understood as the SDK is.
 */
export const ATTRIBUTES = {
  /** One of `OPERATIONS`. */
  operation: "fleetlight.operation",
  /** Name of the agent that does it. */
  agent: "fleetlight.agent",
  /** The receiver of a message; the agent that is waited for. */
  peer: "fleetlight.peer",
  /** The person for whom it is done. */
  user: "fleetlight.user",
  /** USD, where the producer knows it. */
  cost: "fleetlight.cost.usd",
  workflowId: "fleetlight.workflow.id",
  workflowType: "fleetlight.workflow.type",
  /** Names of all agents that take part, a list of texts. */
  workflowAgents: "fleetlight.workflow.agents",
  taskId: "fleetlight.task.id",
  taskType: "fleetlight.task.type",
  /** Whether a workflow, a task or the resolution of a conflict succeeded, a boolean. */
  success: "fleetlight.success",
  /** Of a task's result, 0 to 1. */
  quality: "fleetlight.quality",
  messageType: "fleetlight.message.type",
  /** Bytes. */
  messageSize: "fleetlight.message.size",
  conflictId: "fleetlight.conflict.id",
  conflictType: "fleetlight.conflict.type",
  /** Names of the agents that are in conflict, a list of texts. */
  conflictAgents: "fleetlight.conflict.agents",
  /** How it was resolved: `voting`, `priority`, … */
  conflictMethod: "fleetlight.conflict.method",
  /** Exchanges of views until it was resolved. */
  conflictRounds: "fleetlight.conflict.rounds",
  /** What is read or written: a file, a table, a record. On a span of any operation. */
  resource: "fleetlight.resource",
  /** `read` or `write`. */
  resourceAccess: "fleetlight.resource.access",
  /** What an agent asserts, and what it says of it: two values of one subject contradict one another. */
  claimSubject: "fleetlight.claim.subject",
  claimValue: "fleetlight.claim.value",
} as const;

/** Values of `ATTRIBUTES.operation`. A span of `wait` lasts as long as the agent waited for its `peer`. */
export const OPERATIONS = [
  "workflow",
  "task",
  "agent_operation",
  "message",
  "conflict",
  "wait",
] as const;
