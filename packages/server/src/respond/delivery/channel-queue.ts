import type { Now } from "#lib";

import type { SendResult } from "../types.ts";
import { Circuit } from "./circuit.ts";
import { DueQueue } from "./due-queue.ts";
import type { Lane } from "./lane.ts";
import { RateLimit } from "./rate-limit.ts";

/** Attempts of one channel at the same time: a slow receiver delays its own notifications and nobody else's. */
const MAX_IN_FLIGHT = 8;

const MAX_TIMER_MS = 3_600_000;

interface ChannelQueueOptions {
  now: Now;
  ratePerMinute: () => number | undefined;
  /** Begins an attempt and calls `done` when it is over. @returns false when there is nothing to begin. */
  begin: (lane: Lane) => boolean;
}

/** The lanes of one channel, by when they are due, with what keeps the channel from being overrun. */
export class ChannelQueue {
  readonly circuit = new Circuit();
  readonly lanes = new Set<Lane>();
  inFlight = 0;
  lastError: string | null = null;
  lastSuccessMs: number | null = null;
  private readonly rate = new RateLimit();
  private readonly options: ChannelQueueOptions;
  private due = new DueQueue<Lane>();
  private timer: NodeJS.Timeout | undefined;
  private isPumping = false;
  private stopped = false;

  constructor(options: ChannelQueueOptions) {
    this.options = options;
  }

  enter(lane: Lane, dueMs: number): void {
    this.lanes.add(lane);
    lane.dueMs = dueMs;
    this.due.push(lane, dueMs);
  }

  leave(lane: Lane): void {
    this.lanes.delete(lane);
    lane.dueMs = Infinity;
  }

  /** Begins every attempt that is due and has room, and sets the timer for the next one. */
  pump(): void {
    clearTimeout(this.timer);
    if (this.stopped || this.isPumping) return;
    this.isPumping = true;
    const nowMs = this.options.now();
    const perMinute = this.options.ratePerMinute();
    const room = this.circuit.room(nowMs, MAX_IN_FLIGHT);
    while (this.inFlight < room && this.rate.nextMs(perMinute, nowMs) <= nowMs) {
      const dueMs = this.due.nextMs;
      const lane = this.due.pop(this.isProbing(nowMs) ? Infinity : nowMs);
      if (!lane) break;
      // A lane may be in the heap more than once; only the place that it was last given counts.
      if (lane.dueMs !== dueMs) continue;
      lane.dueMs = Infinity;
      this.inFlight++;
      if (this.options.begin(lane)) this.rate.take(perMinute, nowMs);
      else this.inFlight--;
    }
    this.isPumping = false;
    if (this.due.size === 0 || this.inFlight >= Math.max(1, room)) return;
    const nextMs = Math.max(
      this.circuit.waitUntilMs > nowMs ? nowMs : this.due.nextMs,
      this.circuit.waitUntilMs,
      this.rate.nextMs(perMinute, nowMs),
    );
    const delayMs = Math.min(Math.max(1, nextMs - nowMs), MAX_TIMER_MS);
    this.timer = setTimeout(() => this.pump(), delayMs).unref();
  }

  done(): void {
    this.inFlight--;
    this.pump();
  }

  /** What an attempt says about the channel. @returns nothing; lanes that only waited for a dead one are due again. */
  learn(result: SendResult, nowMs: number): void {
    if (result.ok) this.lastSuccessMs = nowMs;
    else this.lastError = result.error;
    const isDead = !result.ok && result.retryable && result.statusCode !== 429;
    if (isDead) this.circuit.fail(nowMs);
    else if (this.circuit.succeed()) this.hurry(nowMs);
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
  }

  /** Whether the next notification is to show that the channel is back, however long it would wait by itself. */
  private isProbing(nowMs: number): boolean {
    return this.circuit.stateAt(nowMs) === "half_open";
  }

  private hurry(nowMs: number): void {
    this.due = new DueQueue();
    for (const lane of this.lanes) {
      const [head] = lane.waiting;
      if (!head || lane.dueMs === Infinity) continue;
      if (head.isBackingOff) head.nextAttemptAtMs = Math.min(head.nextAttemptAtMs, nowMs);
      this.enter(lane, head.nextAttemptAtMs);
    }
  }
}
