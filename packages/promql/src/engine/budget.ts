import { EvaluationError } from "./errors.ts";
import { turns } from "./turns.ts";

/** The reason of the engine's own abort when the time is up. */
export const TIMEOUT = Symbol("timeout");

export interface BudgetOptions {
  maxSamples: number;
  timeoutMs: number;
  signal: AbortSignal;
}

/** The limits of one query. */
export class Budget {
  private readonly options: BudgetOptions;
  private readonly deadline: number;
  private sliceEnd = turns.sliceEnd();
  private held = 0;
  private abortion: Promise<never> | undefined;
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
    if (this.held > this.options.maxSamples)
      throw new EvaluationError(
        "execution",
        "query processing would load too many samples into memory in query execution",
      );
    if (this.held > this.peakSamples) this.peakSamples = this.held;
  }

  release(samples: number): void {
    this.held -= samples;
  }

  /** @throws EvaluationError when one series over so many steps would hold too many samples. */
  checkSteps(steps: number): void {
    if (!(steps <= this.options.maxSamples)) this.hold(Infinity);
  }

  /** How much is held now, for {@link settle}. */
  get heldSamples(): number {
    return this.held;
  }

  /** Of what was held since `before` only so many samples are left: a node gave its result and freed the rest. */
  settle(before: number, samples: number): void {
    this.held = before;
    this.hold(samples);
  }

  /** Waits for a promise of somebody else, but not beyond the end of the query. */
  async wait<T>(promise: Promise<T>): Promise<T> {
    this.check();
    const value = await Promise.race([promise, this.aborted()]);
    this.check();
    return value;
  }

  private aborted(): Promise<never> {
    this.abortion ??= new Promise((_, reject) => {
      const fail = () => reject(this.ended() ?? new Error("the signal aborted without a reason"));
      this.options.signal.addEventListener("abort", fail, { once: true });
    });
    // It may reject when nobody waits any more.
    this.abortion.catch(() => undefined);
    return this.abortion;
  }

  /** Cheap; true when {@link pause} is due. Ask after every few microseconds of work. */
  get due(): boolean {
    return performance.now() > this.sliceEnd;
  }

  /** Gives way to the event loop. @throws EvaluationError when the query was cancelled or took too long. */
  async pause(): Promise<void> {
    await turns.next();
    this.check();
    this.sliceEnd = turns.sliceEnd();
  }

  check(): void {
    const ended = this.ended();
    if (ended) throw ended;
  }

  private ended(): EvaluationError | undefined {
    const { signal } = this.options;
    const late = performance.now() > this.deadline;
    if (late || (signal.aborted && signal.reason === TIMEOUT)) {
      return new EvaluationError("timeout", "query timed out in expression evaluation");
    }
    if (!signal.aborted) return undefined;
    return new EvaluationError("canceled", "query was canceled in expression evaluation");
  }
}
