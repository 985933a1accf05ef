import { SpanBatch } from "./batch.ts";
import type { RecordedSpan } from "./span.ts";

export type QueueLimits = {
  /** Ended spans, those under way too. */
  maxSpans: number;
  maxBytes: number;
  maxBatchSpans: number;
};

/** Of one request: servers refuse large ones. */
export const MAX_REQUEST_BYTES = 1_000_000;
/** Memory of a batch that is kept for another one. */
const MAX_SPARE_BYTES = 524_288;
const MAX_SPARES = 2;

/** Ended spans that wait, as the requests that they will be sent in. */
export class BatchQueue {
  readonly #limits: QueueLimits;
  readonly #resource: Uint8Array;
  readonly #full: SpanBatch[] = [];
  readonly #spares: SpanBatch[] = [];
  #current: SpanBatch;
  #underWay: SpanBatch | null = null;
  #fullSpans = 0;
  #fullBytes = 0;

  constructor(resource: Uint8Array, limits: QueueLimits) {
    this.#resource = resource;
    this.#limits = limits;
    this.#current = new SpanBatch(resource);
  }

  /** Ended spans, those under way too. */
  get spans(): number {
    return this.waiting + (this.#underWay?.ended ?? 0);
  }

  /** Ended spans that are not under way. */
  get waiting(): number {
    return this.#fullSpans + this.#current.ended;
  }

  get hasFull(): boolean {
    return this.#full.length > 0;
  }

  get underWay(): SpanBatch | null {
    return this.#underWay;
  }

  add(span: RecordedSpan): "taken" | "queue_full" | "unreadable" {
    const { maxSpans, maxBytes, maxBatchSpans } = this.#limits;
    const bytes = this.#fullBytes + this.#current.bytes + (this.#underWay?.bytes ?? 0);
    if (this.spans >= maxSpans || bytes >= maxBytes) return "queue_full";
    try {
      this.#current.add(span);
    } catch {
      return "unreadable";
    }
    if (this.#current.ended >= maxBatchSpans || this.#current.bytes >= MAX_REQUEST_BYTES) {
      this.#full.push(this.#current);
      this.#fullSpans += this.#current.ended;
      this.#fullBytes += this.#current.bytes;
      this.#current = this.#fresh();
    }
    return "taken";
  }

  /** The oldest batch, which may be empty; it is under way until `done`. */
  take(): SpanBatch {
    const batch = this.#full.shift();
    if (batch === undefined) {
      this.#underWay = this.#current;
      this.#current = this.#fresh();
    } else {
      this.#underWay = batch;
      this.#fullSpans -= batch.ended;
      this.#fullBytes -= batch.bytes;
    }
    return this.#underWay as SpanBatch;
  }

  /** @param isSettled Whether nobody reads the batch any more, so that its memory may serve another one. */
  done(isSettled: boolean): void {
    const batch = this.#underWay;
    this.#underWay = null;
    if (batch === null || !isSettled || batch.capacity > MAX_SPARE_BYTES) return;
    if (this.#spares.length < MAX_SPARES) this.#spares.push(batch);
  }

  /** Requests with all that is left, the one under way first. */
  rest(): Uint8Array<ArrayBuffer>[] {
    return [this.#underWay, ...this.#full, this.#current]
      .filter((batch) => batch !== null && !batch.isEmpty)
      .map((batch) => (batch as SpanBatch).finish());
  }

  #fresh(): SpanBatch {
    const spare = this.#spares.pop();
    if (spare === undefined) return new SpanBatch(this.#resource);
    spare.clear();
    return spare;
  }
}
