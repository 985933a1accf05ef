import { z } from "zod";

import { FleetEvent } from "./events.ts";
import { Timestamp } from "./common.ts";

/**
 * Budgets, stops, and what an agent asks before it goes on. All under `/api/v1`.
 *
 *     GET POST          /budgets                 GET PUT DELETE /budgets/{id}
 *     GET               /budgets/{id}/history    what was spent in former periods, and who changed what
 *     GET               /checkpoint?agent=&conversation=&user=&workflow=&trace_id=
 *     GET POST          /stops                   DELETE /stops/{id}
 */
const BudgetPer = z.enum(["fleet", "agent", "conversation", "user", "workflow"]);
export type BudgetPer = z.infer<typeof BudgetPer>;

export const BudgetPeriod = z.enum(["hour", "day", "week", "month", "total"]);
export type BudgetPeriod = z.infer<typeof BudgetPeriod>;

const BudgetId = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$/, "an id is 1 to 64 letters, digits, _, . and -");

const BudgetFields = z.strictObject({
  name: z.string().min(1).max(128).describe("Name that people know it by."),
  per: BudgetPer.default("fleet").describe(
    "What has the budget: everybody together, or each agent, conversation, user or workflow for itself.",
  ),
  only: z
    .string()
    .min(1)
    .max(512)
    .optional()
    .describe(
      "The one agent, conversation, user or workflow that it is for; each of them has its own when left out.",
    ),
  unit: z.enum(["tokens", "usd"]).describe("What is counted: tokens, or cost in US dollars."),
  limit: z.number().positive().max(1e15).describe("Most that may be spent in one period."),
  period: BudgetPeriod.default("day").describe(
    "Begins anew at each full hour, day, Monday or month in UTC; `total` never does.",
  ),
  warn_at: z
    .number()
    .min(0.01)
    .max(1)
    .default(0.8)
    .describe("Share of the limit at which an alert is raised."),
  at_limit: z
    .enum(["stop", "alert"])
    .default("stop")
    .describe("Whether agents are told to stop at the limit, or people only told of it."),
  enabled: z.boolean().default(true).describe("Whether it is in force."),
});

/** Entry of the configuration's `budgets`. */
export const BudgetEntry = BudgetFields.extend({
  id: BudgetId.describe("Id in the API and in series."),
});
export type BudgetEntry = z.infer<typeof BudgetEntry>;

/** Body of `POST /api/v1/budgets` and `PUT /api/v1/budgets/{id}`. */
export const BudgetInput = BudgetFields.extend({
  /** Made by the server when left out. */
  id: BudgetId.optional(),
  /** Who changes it; the name of the token when left out. */
  by: z.string().min(1).max(128).optional(),
  /** Why; kept in the history. */
  reason: z.string().max(1024).default(""),
}).superRefine(({ per, only }, context) => {
  if (per === "fleet" && only !== undefined)
    context.addIssue({
      code: "custom",
      path: ["only"],
      message: "the fleet is one: leave `only` out",
    });
});
export type BudgetInput = z.infer<typeof BudgetInput>;

const Spending = z.object({
  /** The agent, conversation, user or workflow; empty for the fleet. */
  subject: z.string(),
  /** In the budget's unit. */
  spent: z.number(),
  share: z.number(),
  state: z.enum(["within", "warned", "spent"]),
  tokens: z.number(),
  cost_usd: z.number(),
  calls: z.int(),
  /** Calls whose price is not known: `cost_usd` is without them. */
  unpriced_calls: z.int(),
});
export type Spending = z.infer<typeof Spending>;

export const Budget = z.object({
  id: z.string(),
  name: z.string(),
  per: BudgetPer,
  only: z.string().nullable(),
  unit: z.enum(["tokens", "usd"]),
  limit: z.number(),
  period: BudgetPeriod,
  warn_at: z.number(),
  at_limit: z.enum(["stop", "alert"]),
  enabled: z.boolean(),
  /** Those of the configuration are read-only here. */
  origin: z.enum(["api", "config"]),
  period_start: Timestamp.nullable(),
  resets_at: Timestamp.nullable(),
  /** Since when its spending is complete in this period; null while former spans are still being counted. */
  counted_since: Timestamp.nullable(),
  /** The highest shares first, at most 100. */
  spending: z.array(Spending),
  subjects: z.int(),
  created_at: Timestamp,
  updated_at: Timestamp,
});
export type Budget = z.infer<typeof Budget>;

export const BudgetList = z.object({ budgets: z.array(Budget), count: z.int() });
export type BudgetList = z.infer<typeof BudgetList>;

export const BudgetHistory = z.object({
  /** What was spent, the latest period first. */
  periods: z.array(Spending.extend({ period_start: Timestamp.nullable() })),
  /** Changes, warnings and limits that were reached, the latest first. */
  events: z.array(FleetEvent),
});
export type BudgetHistory = z.infer<typeof BudgetHistory>;

/** A budget as it stands for the one who asks. */
const CheckpointBudget = z.object({
  id: z.string(),
  name: z.string(),
  per: BudgetPer,
  subject: z.string(),
  unit: z.enum(["tokens", "usd"]),
  spent: z.number(),
  limit: z.number(),
  share: z.number(),
  state: z.enum(["within", "warned", "spent"]),
  at_limit: z.enum(["stop", "alert"]),
  unpriced_calls: z.int(),
  /** Null when it never begins anew. */
  resets_at: Timestamp.nullable(),
});

const CheckpointReason = z.object({
  kind: z.enum(["budget", "stop", "runaway"]),
  /** Of the budget, the stop or the finding. */
  id: z.string(),
  message: z.string(),
});

/** Answer of `GET /api/v1/checkpoint`: whether the one who asks may go on. */
export const Checkpoint = z.object({
  continue: z.boolean(),
  /** Why not; empty when it may. */
  reasons: z.array(CheckpointReason),
  /** Every budget that the one who asks spends from. */
  budgets: z.array(CheckpointBudget),
});
export type Checkpoint = z.infer<typeof Checkpoint>;

const StopKind = z.enum(["run", "agent", "conversation", "user", "workflow"]);

/** Body of `POST /api/v1/stops`. */
export const StopInput = z.strictObject({
  kind: StopKind,
  /** Trace id of a run; name or id of the others. */
  subject: z.string().min(1).max(512),
  reason: z.string().min(1).max(1024),
  by: z.string().min(1).max(128).optional(),
  /** When it ends by itself; never when left out. */
  expires_at: z.iso.datetime({ offset: true }).optional(),
});
export type StopInput = z.infer<typeof StopInput>;

export const Stop = z.object({
  id: z.string(),
  kind: StopKind,
  subject: z.string(),
  reason: z.string(),
  by: z.string(),
  created_at: Timestamp,
  expires_at: Timestamp.nullable(),
});
export type Stop = z.infer<typeof Stop>;

export const StopList = z.object({ stops: z.array(Stop), count: z.int() });
export type StopList = z.infer<typeof StopList>;
