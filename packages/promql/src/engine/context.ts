import type { Annotations } from "../annotations.ts";
import type { Storage } from "../storage.ts";
import type { Budget } from "./budget.ts";

/** Everything an evaluation carries through the tree. Step s is at startMs + s * stepMs. */
export interface EvalContext {
  readonly storage: Storage;
  readonly startMs: number;
  readonly endMs: number;
  /** 0 when there is one step. */
  readonly stepMs: number;
  readonly steps: number;
  readonly lookbackMs: number;
  /** Step of subqueries that name none (upstream: the global evaluation interval). */
  readonly subqueryStepMs: number;
  readonly annotations: Annotations;
  /** Counts samples and time, gives way to the event loop, and throws when a limit is hit. */
  readonly budget: Budget;
}
