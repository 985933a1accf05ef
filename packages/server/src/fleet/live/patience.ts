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

  /** Looks at what is new and at what waits of the same trace; `look` says whether nothing can change it any more. */
  hear(
    { tenant, traceId }: TraceUpdate,
    fresh: readonly T[],
    look: (item: T) => boolean,
    nowMs: number,
  ): void {
    const key = `${tenant}\0${traceId}`;
    const before = this.waiting.get(key) ?? [];
    if (fresh.length === 0 && before.length === 0) return;
    this.count -= before.length;
    const still: Waiting<T>[] = [];
    for (const one of [...before, ...fresh.map((item) => ({ item, sinceMs: nowMs }))]) {
      const known = look(one.item);
      if (known || this.count + still.length >= this.options.max)
        this.options.done(tenant, one.item, known);
      else still.push(one);
    }
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
