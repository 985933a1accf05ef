import type { Annotations } from "../annotations.ts";
import type { Storage } from "../storage.ts";
import type { Expr } from "../syntax/ast.ts";
import type { Budget } from "./budget.ts";
import type { Plan } from "./plan.ts";
import type { Trace } from "./trace.ts";
import type { Value } from "./vector.ts";

/** Everything an evaluation carries through the tree. Step s is at startMs + s * stepMs. */
export interface EvalContext {
  readonly storage: Storage;
  readonly startMs: number;
  readonly endMs: number;
  /** Without meaning when there is one step. */
  readonly stepMs: number;
  readonly steps: number;
  readonly lookbackMs: number;
  /** What was settled before the evaluation: lengths of time, instants, what does not depend on the step. */
  readonly plan: Plan;
  readonly annotations: Annotations;
  /** Counts samples and time, gives way to the event loop, and throws when a limit is hit. */
  readonly budget: Budget;
  /** Collects the plan for `explain`. */
  readonly trace: Trace | undefined;
}

/** Evaluates any expression that is no range vector. The caller owns the value. */
export type Evaluate = (expr: Expr, ctx: EvalContext) => Promise<Value>;
