import { EvaluationError } from "./errors.ts";

/** How long an evaluation may hold the event loop before it gives way. */
const SLICE_MS = 8;

export interface BudgetOptions {
  maxSamples: number;
  timeoutMs: number;
  signal: AbortSignal;
}

/** The limits of one query. */
export class Budget {
  private readonly options: BudgetOptions;
  private readonly deadline: number;
  private sliceEnd = performance.now() + SLICE_MS;
  private held = 0;
  /** Most samples held at once, and samples read in all. */
  peakSamples = 0;
  totalSamples = 0;

  constructor(options: BudgetOptions) {
    this.options = options;
    this.deadline = performance.now() + options.timeoutMs;
  }

  get signal(): AbortSignal {
    return this.options.signal;
  }

  /** Samples were read from the store. */
  read(samples: number): void {
    this.totalSamples += samples;
  }

  /** Samples are held in memory from now on. @throws EvaluationError when there are too many. */
  hold(samples: number): void {
    this.held += samples;
    if (this.held > this.peakSamples) this.peakSamples = this.held;
    if (this.held > this.options.maxSamples)
      throw new EvaluationError(
        "execution",
        "query processing would load too many samples into memory in query execution",
      );
  }

  release(samples: number): void {
    this.held -= samples;
  }

  /** Cheap; true when {@link pause} is due. Ask after every few microseconds of work. */
  get due(): boolean {
    return performance.now() > this.sliceEnd;
  }

  /** Gives way to the event loop. @throws EvaluationError when the query was cancelled or took too long. */
  async pause(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    this.check();
    this.sliceEnd = performance.now() + SLICE_MS;
  }

  check(): void {
    if (this.options.signal.aborted)
      throw new EvaluationError("canceled", "query was canceled in expression evaluation");
    if (performance.now() > this.deadline)
      throw new EvaluationError("timeout", "query timed out in expression evaluation");
  }
}
