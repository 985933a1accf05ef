/** Places for what may go on at once, and a line of those who wait for one. */
export class Slots {
  private free: number;
  private readonly maxWaiting: number;
  private readonly waiting = new Set<(isMine: boolean) => void>();

  constructor(places: number, maxWaiting: number) {
    this.free = places;
    this.maxWaiting = maxWaiting;
  }

  /** True when there is a place, which MUST be given back; false when too many wait or it is no longer wanted. */
  async take(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return false;
    if (this.free > 0) {
      this.free--;
      return true;
    }
    if (this.waiting.size >= this.maxWaiting) return false;
    return await new Promise((resolve) => {
      const settle = (isMine: boolean): void => {
        this.waiting.delete(settle);
        signal.removeEventListener("abort", onAbort);
        resolve(isMine);
      };
      const onAbort = (): void => settle(false);
      this.waiting.add(settle);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  give(): void {
    const [next] = this.waiting;
    if (next) next(true);
    else this.free++;
  }
}
