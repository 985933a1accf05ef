import { EvaluationError } from "../errors.ts";

/**
 * The error that upstream meets first. Upstream goes step by step, while rows are worked off one by one here: so errors are
 * gathered, and that of the earliest step, within it of the earliest phase and row, is thrown in the end.
 */
export class FirstFailure {
  private place: readonly [step: number, phase: number, row: number] = [Infinity, 0, 0];
  private message: (() => string) | undefined;

  report(step: number, phase: number, row: number, message: () => string): void {
    const [firstStep, firstPhase, firstRow] = this.place;
    const later = step - firstStep || phase - firstPhase || row - firstRow;
    if (later >= 0) return;
    this.place = [step, phase, row];
    this.message = message;
  }

  /** @throws EvaluationError when something was reported. */
  check(): void {
    if (this.message) throw new EvaluationError("execution", this.message());
  }
}
