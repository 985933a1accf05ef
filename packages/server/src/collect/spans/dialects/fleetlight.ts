import { ATTRIBUTES } from "@fleetlight/sdk";

import type { Dialect } from "./dialect.ts";

/** What the SDK writes, and whoever writes these attributes by hand: docs/traces.md. */
export const fleetlight: Dialect = {
  name: "fleetlight",
  prefixes: ["fleetlight"],
  operation: {
    attribute: ATTRIBUTES.operation,
    values: {
      workflow: "workflow",
      task: "task",
      agent_operation: "step",
      message: "message",
      conflict: "conflict",
      wait: "wait",
    },
  },
  texts: {
    agent: [ATTRIBUTES.agent],
    peer: [ATTRIBUTES.peer],
    user: [ATTRIBUTES.user],
    workflow: [ATTRIBUTES.workflowId],
    task: [ATTRIBUTES.taskId],
  },
  numbers: { costUsd: [ATTRIBUTES.cost] },
};
