import type { TraceUpdate } from "./types.ts";

interface Options<T> {
  /** How long something waits for spans that may still come. */
  graceMs: number;
  /** What waits; further ones are done at once. */
  max: number;
  /** Called once for each; `known` is false when what it waited for has not come. */
  done(tenant: string, item: T, known: boolean): void;
}

interface Waiting<T> {
  item: T;
  sinceMs: number;
}

/** Spans come before their parents more often than after them: what needs those waits here, for a while. */
export class Patience<T> {
  private readonly options: Options<T>;
  private readonly waiting = new Map<string, Waiting<T>[]>();
  private count = 0;

  constructor(options: Options<T>) {
    this.options = options;
  }

  /**
   * Looks again at what waits of the same trace, and lets more wait.
   * @param fresh what has been looked at for the first time, and has to wait
   * @param look says whether nothing can change it any more
   */
  hear(
    { tenant, traceId }: TraceUpdate,
    fresh: readonly T[],
    look: (item: T) => boolean,
    nowMs: number,
  ): void {
    if (fresh.length === 0 && this.count === 0) return;
    const key = `${tenant}\0${traceId}`;
    const before = this.waiting.get(key);
    if (fresh.length === 0 && before === undefined) return;
    const { max, done } = this.options;
    this.count -= before?.length ?? 0;
    const still: Waiting<T>[] = [];
    for (const one of before ?? [])
      if (look(one.item)) done(tenant, one.item, true);
      else still.push(one);
    for (const item of fresh)
      if (this.count + still.length >= max) done(tenant, item, false);
      else still.push({ item, sinceMs: nowMs });
    this.keep(key, still);
  }

  /** Ends the wait of those that have waited long enough. */
  settle(nowMs: number): void {
    const { graceMs, done } = this.options;
    for (const [key, waiting] of this.waiting) {
      const [tenant = ""] = key.split("\0", 1);
      const still = waiting.filter(({ sinceMs }) => nowMs - sinceMs < graceMs);
      if (still.length === waiting.length) continue;
      this.count -= waiting.length;
      this.keep(key, still);
      for (const { item, sinceMs } of waiting)
        if (nowMs - sinceMs >= graceMs) done(tenant, item, false);
    }
  }

  private keep(key: string, still: Waiting<T>[]): void {
    this.count += still.length;
    if (still.length > 0) this.waiting.set(key, still);
    else this.waiting.delete(key);
  }
}
