import { BudgetEntry } from "@fleetlight/contract";
import { z } from "zod";

import { duration, section } from "./fields.ts";

const time = (text: string, description: string) =>
  duration({ min: "100ms", max: "7d" }).prefault(text).describe(description);
const times = (value: number, description: string) =>
  z.int().min(2).max(100_000).default(value).describe(description);

export const coordination = section("What agents do to one another; see docs/coordination.md.", {
  enabled: z.boolean().default(true).describe("Whether it is looked for in spans as they come."),
  deadlock_after: time(
    "5s",
    "How long agents must have waited for one another in a circle before it is a deadlock.",
  ),
  long_wait: time("5m", "How long one agent may wait for another one."),
  conflict_window: time(
    "1m",
    "Writes to one resource by two agents within this time are a conflict.",
  ),
  contradiction_window: time(
    "10m",
    "Different claims of two agents about one subject within this time are a contradiction.",
  ),
  duplicate_window: time("10m", "Equal work of two agents within this time is done twice."),
  max_rounds: times(10, "Exchanges of two agents, or rounds of a conflict, before it takes long."),
  loop_calls: times(5, "Calls of one tool with the same arguments in one run that are a loop."),
  loop_alternations: times(4, "Repetitions of the same two calls in turn that are a loop."),
  ignore_tools: z
    .array(z.string().min(1).max(256))
    .max(1000)
    .default([])
    .describe("Tools that may be called again and again, or by several agents, such as a clock."),
  max_run_tokens: z
    .number()
    .positive()
    .default(2_000_000)
    .describe("Tokens of one run above which it is a runaway."),
  max_run_steps: times(1000, "Steps of one run above which it is a runaway."),
  max_run_cost_usd: z
    .number()
    .positive()
    .default(50)
    .describe("Cost of one run above which it is a runaway, in USD."),
  max_run_duration: duration({ min: "1s", max: "30d" })
    .prefault("2h")
    .describe("How long a run may go on before it is a runaway."),
  stop_runaways: z
    .boolean()
    .default(false)
    .describe("Whether runaways are stopped: `checkpoint` then says no to their agents."),
  over_after: time(
    "2m",
    "How long a finding must not have been seen again before it counts as over.",
  ),
  retention: duration({ min: "1h", max: "10y" })
    .prefault("30d")
    .describe("Age at which findings that are over are dropped."),
});

export const budgets = z
  .array(BudgetEntry)
  .max(1000)
  .superRefine((list, context) => {
    const seen = new Set<string>();
    for (const [index, { id, per, only }] of list.entries()) {
      if (seen.has(id))
        context.addIssue({
          code: "custom",
          path: [index, "id"],
          message: "is the id of another one already",
        });
      if (per === "fleet" && only !== undefined)
        context.addIssue({
          code: "custom",
          path: [index, "only"],
          message: "the fleet is one: leave it out",
        });
      seen.add(id);
    }
  })
  .default([])
  .describe("Budgets, as in the body of `POST /api/v1/budgets`; read-only in the API.");
