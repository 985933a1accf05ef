import { BatchQueue, MAX_REQUEST_BYTES } from "./batch-queue.ts";
import { resourcePart } from "./batch.ts";
import type { SpanBatch } from "./batch.ts";
import { OpenSpans } from "./open-spans.ts";
import type { Attributes, RecordedSpan, SpanSink } from "./span.ts";
import type { Delivery, SendSpans } from "./transport.ts";

export type ExporterOptions = {
  send: SendSpans;
  /** Attributes of the resource. */
  resource: Attributes;
  /** Ended spans that wait to be taken, those under way too; those beyond are dropped and counted. */
  maxQueuedSpans?: number;
  /** Bytes of these. */
  maxQueuedBytes?: number;
  /** Spans that go on and are told of before they end; those beyond are told of when they end. */
  maxOpenSpans?: number;
  maxBatchSpans?: number;
  /** Milliseconds between deliveries, and so the longest time before a span that goes on is told of. */
  flushIntervalMs?: number;
  /** Milliseconds between signs of life of a span that goes on. */
  heartbeatIntervalMs?: number;
  /** Milliseconds for which delivery of a batch is tried. */
  maxRetryMs?: number;
  nowMs: () => number;
  random?: () => number;
};

export type ExporterStats = {
  /** Ended spans that the server has taken. */
  exported: number;
  /** Told of before they ended, signs of life included. */
  announced: number;
  /** Ended spans that were lost, by reason. */
  dropped: { queue_full: number; refused: number; expired: number; unreadable: number };
  /** Deliveries that failed and were tried again. */
  retries: number;
  queued: number;
  open: number;
};

const DEFAULTS = {
  maxQueuedSpans: 8192,
  maxQueuedBytes: 16 * 1024 * 1024,
  maxOpenSpans: 10_000,
  maxBatchSpans: 512,
  flushIntervalMs: 500,
  heartbeatIntervalMs: 10_000,
  maxRetryMs: 120_000,
};
const RETRY_BASE_MS = 500;
const RETRY_MAX_MS = 30_000;
const MAX_DOUBLINGS = 6;

/**
 * Sends spans in batches, one delivery at a time, in the background. It never throws, keeps no process alive, and what it
 * holds is bounded: when the server is away the queue fills, and then new spans are dropped and counted.
 */
export class SpanExporter implements SpanSink {
  readonly #options: Required<ExporterOptions>;
  readonly #open = new OpenSpans();
  readonly #dropped = { queue_full: 0, refused: 0, expired: 0, unreadable: 0 };
  readonly #queue: BatchQueue;
  #failures = 0;
  #retryAfterMs = 0;
  #exported = 0;
  #announced = 0;
  #retries = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;
  #timerDueMs = Infinity;
  /** The timer is for signs of life only. */
  #isIdle = false;
  #sending: Promise<void> | null = null;
  #stopped = false;

  constructor(options: ExporterOptions) {
    const given = Object.fromEntries(
      Object.entries(options).filter(([, value]) => value !== undefined),
    ) as ExporterOptions;
    this.#options = { random: Math.random, ...DEFAULTS, ...given };
    const { resource, maxQueuedSpans, maxQueuedBytes, maxBatchSpans } = this.#options;
    this.#queue = new BatchQueue(resourcePart(resource), {
      maxSpans: maxQueuedSpans,
      maxBytes: maxQueuedBytes,
      maxBatchSpans,
    });
  }

  started(span: RecordedSpan): void {
    if (this.#stopped || this.#open.size >= this.#options.maxOpenSpans) return;
    this.#open.add(span);
    // What is due later is looked at then: asking the clock for each span would cost more than the span.
    if (this.#timer === null || this.#isIdle) this.#wake(this.#options.flushIntervalMs);
  }

  ended(span: RecordedSpan): void {
    this.#open.delete(span);
    const hadFull = this.#queue.hasFull;
    const added = this.#stopped ? "queue_full" : this.#queue.add(span);
    if (added !== "taken") this.#dropped[added]++;
    else if (this.#queue.hasFull && !hadFull) this.#wake(0);
    else if (this.#timer === null || this.#isIdle) this.#wake(this.#options.flushIntervalMs);
  }

  /** Sends all that has ended, and tells of what goes on; false when it could not within `timeoutMs`. */
  async flush(timeoutMs: number): Promise<boolean> {
    const endMs = this.#options.nowMs() + timeoutMs;
    this.#failures = 0;
    while (this.#hasNews(this.#options.nowMs())) {
      const leftMs = endMs - this.#options.nowMs();
      if (leftMs <= 0) return false;
      const round = this.#sending ?? this.#deliver();
      if ((await within(round, leftMs)) === "late") return false;
      if (this.#failures === 0) continue;
      await within(new Promise(() => {}), Math.min(this.#backoffMs(), leftMs));
    }
    return true;
  }

  /** Nothing is taken any more; what waits stays for `flush`. */
  stop(): void {
    this.#stopped = true;
    this.#clearTimer();
  }

  /** Requests with all that has not been delivered, for the last moment of a process. */
  rest(): Uint8Array<ArrayBuffer>[] {
    return this.#queue.rest();
  }

  stats(): ExporterStats {
    return {
      exported: this.#exported,
      announced: this.#announced,
      dropped: { ...this.#dropped },
      retries: this.#retries,
      queued: this.#queue.spans,
      open: this.#open.size,
    };
  }

  #hasNews(nowMs: number): boolean {
    if (this.#queue.underWay !== null || this.#queue.waiting > 0) return true;
    for (const one of this.#open) if (this.#isDue(one, nowMs)) return true;
    return false;
  }

  #isDue({ toldMs }: RecordedSpan, nowMs: number): boolean {
    return nowMs - toldMs >= this.#options.heartbeatIntervalMs;
  }

  /** Runs a delivery in `ms` at the latest. */
  #wake(ms: number): void {
    if (this.#stopped || this.#sending !== null) return;
    const dueMs = this.#options.nowMs() + ms;
    if (this.#timer !== null && this.#timerDueMs <= dueMs) return;
    this.#clearTimer();
    this.#timerDueMs = dueMs;
    this.#timer = setTimeout(() => {
      this.#clearTimer();
      void this.#deliver();
    }, ms);
    this.#timer.unref?.();
  }

  #clearTimer(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#timerDueMs = Infinity;
    this.#isIdle = false;
  }

  #deliver(): Promise<void> {
    this.#clearTimer();
    this.#sending ??= this.#sendOne().finally(() => {
      this.#sending = null;
      this.#next();
    });
    return this.#sending;
  }

  #next(): void {
    const { flushIntervalMs, heartbeatIntervalMs } = this.#options;
    if (this.#queue.underWay !== null) this.#wake(this.#backoffMs());
    else if (this.#queue.hasFull) this.#wake(0);
    else if (this.#queue.waiting > 0 || this.#hasUntold()) this.#wake(flushIntervalMs);
    else if (this.#open.size > 0) {
      this.#wake(heartbeatIntervalMs / 2);
      this.#isIdle = true;
    }
  }

  /** Whether a span that began lately has not been told of: those stand at the end. */
  #hasUntold(): boolean {
    for (const { toldMs } of this.#open) if (toldMs === 0) return true;
    return false;
  }

  async #sendOne(): Promise<void> {
    const batch = this.#queue.underWay ?? this.#fill();
    if (batch === null) return;
    let delivery: Delivery;
    try {
      delivery = await this.#options.send(batch.finish());
    } catch {
      delivery = { outcome: "failed", waitMs: 0 };
    }
    this.#settle(batch, delivery);
  }

  #fill(): SpanBatch | null {
    const nowMs = this.#options.nowMs();
    const batch = this.#queue.take();
    batch.sinceMs = nowMs;
    this.#announce(batch, nowMs);
    if (!batch.isEmpty) return batch;
    this.#queue.done(true);
    return null;
  }

  /** Tells of what goes on, beside what has ended. */
  #announce(batch: SpanBatch, nowMs: number): void {
    let told = 0;
    for (const one of this.#open) {
      if (told >= this.#options.maxBatchSpans || batch.bytes >= MAX_REQUEST_BYTES) return;
      if (!this.#isDue(one, nowMs)) continue;
      one.toldMs = nowMs;
      told++;
      try {
        batch.add(one);
      } catch {
        // It is counted when it ends.
      }
    }
  }

  #settle(batch: SpanBatch, delivery: Delivery): void {
    const { nowMs, maxRetryMs } = this.#options;
    const { ended, announced } = batch;
    if (delivery.outcome === "failed" && nowMs() - batch.sinceMs < maxRetryMs) {
      this.#failures++;
      this.#retries++;
      this.#retryAfterMs = delivery.waitMs;
      return;
    }
    // A request that was not answered in full may still be on its way out of this memory.
    this.#queue.done(delivery.outcome === "taken");
    if (delivery.outcome === "failed") {
      this.#dropped.expired += ended;
      return;
    }
    this.#failures = 0;
    this.#retryAfterMs = 0;
    if (delivery.outcome === "refused") {
      this.#dropped.refused += ended;
      return;
    }
    const rejected = Math.min(delivery.rejected, ended);
    this.#dropped.refused += rejected;
    this.#exported += ended - rejected;
    this.#announced += announced;
  }

  #backoffMs(): number {
    const doublings = Math.min(Math.max(0, this.#failures - 1), MAX_DOUBLINGS);
    const wait = Math.min(RETRY_MAX_MS, RETRY_BASE_MS * 2 ** doublings);
    // Half of it is random: a fleet that lost its server must not come back in one blow.
    return Math.max(this.#retryAfterMs, wait * (0.5 + 0.5 * this.#options.random()));
  }
}

/** "late" when the promise takes longer; it goes on all the same. The process may end meanwhile only if nothing else runs. */
async function within(promise: Promise<void>, ms: number): Promise<"done" | "late"> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), ms);
  });
  try {
    return await Promise.race([promise.then(() => "done" as const), late]);
  } finally {
    clearTimeout(timer);
  }
}
