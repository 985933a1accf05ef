import type { Now } from "#lib";

import type { LiveTraces } from "./live-traces.ts";
import { Patience } from "./patience.ts";
import type { TraceUpdate } from "./types.ts";

interface Options<T> {
  live: LiveTraces;
  now: Now;
  /** How long something waits for its relatives; then it counts with what is known. */
  graceMs: number;
  /** What waits; further ones count at once. */
  maxWaiting: number;
  /** Pause between two writes. */
  flushMs: number;
  /**
   * Counts of an update what nothing that may still come can change; most is such, and none of it is kept. The rest is in
   * `waits`, and `look` tells when it is such, too. Undefined when nobody asks.
   */
  news(update: TraceUpdate): { waits: readonly T[]; look(item: T): boolean } | undefined;
  /** Called once for each that has waited; `known` is false when its relatives have not all come. */
  count(tenant: string, item: T, known: boolean): void;
  /** Writes what has changed. Must not reject: what fails is tried again the next time. */
  write(): Promise<void>;
}

/** Counts what live traces tell, once it is known whose it is, and has it written now and then. */
export class Tally<T> {
  private readonly options: Options<T>;
  private readonly patience: Patience<T>;
  private timer: NodeJS.Timeout | undefined;
  private unsubscribe: (() => void) | undefined;
  private flushing: Promise<void> = Promise.resolve();

  constructor(options: Options<T>) {
    this.options = options;
    const { graceMs, maxWaiting, count } = options;
    this.patience = new Patience({ graceMs, max: maxWaiting, done: count });
  }

  start(): void {
    const { live, flushMs } = this.options;
    this.unsubscribe = live.onUpdate((update) => this.hear(update));
    this.timer = setInterval(() => void this.flush(), flushMs).unref();
  }

  /** Counts what waits, and writes everything. */
  async stop(): Promise<void> {
    this.unsubscribe?.();
    clearInterval(this.timer);
    this.patience.settle(Infinity);
    await this.flush();
  }

  /** Writes what has changed; resolves when it is durable, or when it failed and will be tried again. */
  flush(): Promise<void> {
    this.patience.settle(this.options.now());
    this.flushing = this.flushing.then(() => this.options.write());
    return this.flushing;
  }

  private hear(update: TraceUpdate): void {
    const news = this.options.news(update);
    if (news !== undefined) this.patience.hear(update, news.waits, news.look, this.options.now());
  }
}
