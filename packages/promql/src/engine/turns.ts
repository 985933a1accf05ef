/** After what the event loop has waiting; browsers know no setImmediate. */
const nextTurn: (resume: () => void) => void =
  typeof setImmediate === "function" ? setImmediate : (resume) => setTimeout(resume, 0);

/** How long evaluations may hold the event loop before they give way, all of them together. */
const SLICE_MS = 8;

/**
 * The event loop belongs to all evaluations of a process: each of ten that took a slice in the same turn would make
 * others wait for ten slices. Those that begin in one turn share a slice, and of those that gave way one goes on per turn.
 */
class Turns {
  private readonly waiting: (() => void)[] = [];
  private scheduled = false;
  private open = false;
  private end = 0;

  /** Until when evaluations may run in this turn, as `performance.now()`. */
  sliceEnd(): number {
    if (!this.open) this.begin();
    return this.end;
  }

  /** Resolves in a later turn; a new slice has begun then. */
  next(): Promise<void> {
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      this.schedule();
    });
  }

  private begin(): void {
    this.open = true;
    this.end = performance.now() + SLICE_MS;
    nextTurn(() => (this.open = false));
  }

  private schedule(): void {
    if (this.scheduled) return;
    this.scheduled = true;
    nextTurn(() => {
      this.scheduled = false;
      const resume = this.waiting.shift();
      if (this.waiting.length > 0) this.schedule();
      this.begin();
      resume?.();
    });
  }
}

export const turns = new Turns();
