import type { Budget } from "./budget.ts";
import type { Vector } from "./vector.ts";

/** Places of a part: small enough for the processor's cache. */
const PLACES = 32_768;

/** Takes in the rows of a vector in parts, and counts them. */
export class Sink {
  /** Rows and samples that were taken. */
  series = 0;
  samples = 0;
  private readonly target: { add(part: Vector): void };
  private readonly budget: Budget;

  private readonly counts: boolean;

  /** `counts`: whether anybody wants to know the number of samples. */
  constructor(target: { add(part: Vector): void }, budget: Budget, counts: boolean) {
    this.target = target;
    this.budget = budget;
    this.counts = counts;
  }

  /** Takes the rows away when there are enough. */
  takeFull(rows: Vector): void {
    if (rows.rows * rows.steps >= PLACES) this.takeRest(rows);
  }

  takeRest(rows: Vector): void {
    const places = rows.rows * rows.steps;
    this.series += rows.rows;
    for (let i = 0; this.counts && i < places; i++) this.samples += rows.present[i] ?? 0;
    this.target.add(rows);
    rows.clear();
    this.budget.release(places);
  }
}
