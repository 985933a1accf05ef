import type { Budget } from "./budget.ts";

/** Samples between two looks at the clock; the slowest loops need some 50 ns for each. */
const WORK = 16_384;
/** What a histogram costs in comparison to a float. */
export const HISTOGRAM_WORK = 64;

/** Keeps loops over rows from holding the event loop, without asking the clock for every row. */
export class Pacer {
  private readonly budget: Budget;
  private work = 0;

  constructor(budget: Budget) {
    this.budget = budget;
  }

  /** True when `budget.pause()` is due; `work` is what was done since the last call, in samples. */
  due(work: number): boolean {
    this.work += work;
    if (this.work < WORK) return false;
    this.work = 0;
    return this.budget.due;
  }
}
