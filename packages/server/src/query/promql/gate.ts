import { EvaluationError } from "@fleetlight/promql";

import { overloaded } from "#lib";

interface GateOptions {
  maxConcurrency: () => number;
  maxQueue: () => number;
}

interface Waiter {
  enter: () => void;
}

/** Lets a limited number of queries run at once; the others wait in the order they came. */
export class Gate {
  private readonly options: GateOptions;
  private readonly queue = new Set<Waiter>();
  running = 0;

  constructor(options: GateOptions) {
    this.options = options;
  }

  get waiting(): number {
    return this.queue.size;
  }

  /**
   * Resolves with the function that gives the place back; it MUST be called exactly once.
   * @throws FleetlightError `overloaded` when too many wait.
   * @throws EvaluationError `timeout` or `canceled` in upstream's words when the wait ends otherwise.
   */
  async enter(signal: AbortSignal, timeoutMs: number): Promise<() => void> {
    if (signal.aborted) throw canceled();
    if (this.running < this.options.maxConcurrency()) this.running++;
    else await this.wait(signal, timeoutMs);
    return () => this.leave();
  }

  private wait(signal: AbortSignal, timeoutMs: number): Promise<void> {
    const most = this.options.maxQueue();
    if (this.queue.size >= most)
      throw overloaded(`${this.queue.size} queries wait already (query.max_queue)`);
    return new Promise((resolve, reject) => {
      const settle = (done: () => void) => {
        this.queue.delete(waiter);
        clearTimeout(timer);
        signal.removeEventListener("abort", abort);
        done();
      };
      const abort = () => settle(() => reject(canceled()));
      const waiter: Waiter = {
        enter: () => settle(resolve),
      };
      const timer = setTimeout(
        () =>
          settle(() => reject(new EvaluationError("timeout", "query timed out in query queue"))),
        timeoutMs,
      );
      signal.addEventListener("abort", abort, { once: true });
      this.queue.add(waiter);
    });
  }

  /** The place goes to who waits longest, unless the limit was lowered meanwhile. */
  private leave(): void {
    const [next] = this.queue;
    if (next !== undefined && this.running <= this.options.maxConcurrency()) next.enter();
    else this.running--;
  }
}

const canceled = () => new EvaluationError("canceled", "query was canceled in query queue");
