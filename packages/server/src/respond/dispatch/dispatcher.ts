import type { DeliveryAttempt } from "@fleetlight/contract";
import { describeError, isoTime, type Logger, type Now } from "#lib";
import type { DeliveryOutcome, OutboxRepository, PendingDelivery } from "#store";

import type { Instruments } from "../instruments.ts";
import { deliveryKey, type NotificationChannel, type SendResult } from "../notify/index.ts";
import { backoffMs } from "./backoff.ts";
import { DueQueue } from "./due-queue.ts";
import { joinLane, laneKey, type Lane } from "./lane.ts";

/** Attempts of one channel at the same time: a slow receiver delays its own notifications and nobody else's. */
const MAX_IN_FLIGHT_PER_CHANNEL = 8;

/** Undelivered notifications that are taken up at start; the rest comes with the next one. */
const MAX_LOADED = 100_000;

/** How long a stopping server waits for attempts that are under way; they are repeated after the next start. */
const STOP_WAIT_MS = 1500;

/** Wait after an attempt whose outcome could not be written down. */
const UNRECORDED_WAIT_MS = 5000;

const MAX_TIMER_MS = 3_600_000;

interface DispatcherOptions {
  outbox: OutboxRepository;
  channels: () => ReadonlyMap<string, NotificationChannel>;
  now: Now;
  random: () => number;
  logger: Logger;
  instruments: Instruments;
}

/** Lanes of one channel. */
interface ChannelQueue {
  due: DueQueue<Lane>;
  inFlight: number;
  timer: NodeJS.Timeout | undefined;
}

const refuse = (error: string): SendResult => ({
  ok: false,
  statusCode: null,
  error,
  retryable: false,
  retryAfterMs: null,
});

/**
 * Delivers what is in the outbox, at least once: the first attempt at once, further ones after growing waits, until it
 * is delivered, can never succeed, or is given up. Every attempt is written down before the next one.
 */
export class Dispatcher {
  private readonly options: DispatcherOptions;
  private readonly lanes = new Map<string, Lane>();
  private readonly queues = new Map<string, ChannelQueue>();
  private readonly underWay = new Set<Promise<void>>();
  private readonly abort = new AbortController();
  private failedCount = 0;
  private queuedCount = 0;
  private stopped = false;

  constructor(options: DispatcherOptions) {
    this.options = options;
  }

  /** Takes up what an earlier process left undelivered. */
  async start(): Promise<void> {
    const { outbox } = this.options;
    this.failedCount = (await outbox.counts()).failed;
    this.add(await outbox.pending(MAX_LOADED));
  }

  /** Deliveries that are in the outbox now. */
  add(deliveries: readonly PendingDelivery[]): void {
    if (this.stopped) return;
    for (const delivery of deliveries) {
      const key = laneKey(delivery);
      const lane = this.lanes.get(key) ?? { key, channel: delivery.channel, deliveries: [] };
      const isNew = lane.deliveries.length === 0;
      if (!joinLane(lane, delivery)) continue;
      this.queuedCount++;
      if (!isNew) continue;
      this.lanes.set(key, lane);
      this.queueOf(lane.channel).due.push(lane, delivery.nextAttemptAtMs);
    }
    for (const queue of this.queues.values()) this.pump(queue);
  }

  get queued(): number {
    return this.queuedCount;
  }

  stats(): { oldestMs: number | null; failed: number } {
    let oldestMs = Infinity;
    for (const { deliveries } of this.lanes.values()) {
      oldestMs = Math.min(oldestMs, deliveries[0]?.createdAtMs ?? Infinity);
    }
    return { oldestMs: oldestMs === Infinity ? null : oldestMs, failed: this.failedCount };
  }

  async stop(): Promise<void> {
    this.stopped = true;
    for (const queue of this.queues.values()) clearTimeout(queue.timer);
    const giveUp = setTimeout(() => this.abort.abort(), STOP_WAIT_MS);
    await Promise.all(this.underWay);
    clearTimeout(giveUp);
  }

  private queueOf(channel: string): ChannelQueue {
    let queue = this.queues.get(channel);
    if (!queue) {
      queue = { due: new DueQueue(), inFlight: 0, timer: undefined };
      this.queues.set(channel, queue);
    }
    return queue;
  }

  /** Begins every attempt that is due and has room, and sets the timer for the next one. */
  private pump(queue: ChannelQueue): void {
    clearTimeout(queue.timer);
    if (this.stopped) return;
    const nowMs = this.options.now();
    while (queue.inFlight < MAX_IN_FLIGHT_PER_CHANNEL) {
      const lane = queue.due.pop(nowMs);
      if (!lane) break;
      queue.inFlight++;
      const attempt = this.runHead(lane, queue).finally(() => {
        queue.inFlight--;
        this.underWay.delete(attempt);
        this.pump(queue);
      });
      this.underWay.add(attempt);
    }
    if (queue.due.size === 0 || queue.inFlight >= MAX_IN_FLIGHT_PER_CHANNEL) return;
    const delayMs = Math.min(Math.max(1, queue.due.nextMs - nowMs), MAX_TIMER_MS);
    queue.timer = setTimeout(() => this.pump(queue), delayMs).unref();
  }

  /** One attempt at the first delivery of a lane; the lane waits for what comes of it. Never rejects. */
  private async runHead(lane: Lane, queue: ChannelQueue): Promise<void> {
    const [delivery] = lane.deliveries;
    if (!delivery) return;
    let outcome: DeliveryOutcome;
    try {
      outcome = await this.attempt(delivery);
    } catch (error) {
      if (this.stopped) return;
      this.options.logger.error(
        { delivery: delivery.key, error: describeError(error) },
        "an attempt to deliver a notification could not be written down",
      );
      outcome = {
        state: "pending",
        nextAttemptAtMs: this.options.now() + UNRECORDED_WAIT_MS,
      };
    }
    if (outcome.state === "pending") delivery.nextAttemptAtMs = outcome.nextAttemptAtMs ?? 0;
    else this.leave(lane);
    const [next] = lane.deliveries;
    if (next) queue.due.push(lane, next.nextAttemptAtMs);
    else this.lanes.delete(lane.key);
  }

  private leave(lane: Lane): void {
    lane.deliveries.shift();
    this.queuedCount--;
  }

  private async attempt(delivery: PendingDelivery): Promise<DeliveryOutcome> {
    const { outbox, now, instruments, channels } = this.options;
    const startedAtMs = now();
    const started = performance.now();
    const channel = channels().get(delivery.channel);
    const body = await outbox.body(delivery.key);
    // Pruned with its alert: nobody waits for it any more.
    if (body === undefined) return { state: "failed", nextAttemptAtMs: null };
    const result = await this.send(delivery, channel, body);
    if (this.abort.signal.aborted) throw new Error("the server is stopping");
    delivery.attempts++;
    const outcome = this.judge(delivery, channel, result);
    const attempt: DeliveryAttempt = {
      at: isoTime(startedAtMs),
      duration_seconds: (performance.now() - started) / 1000,
      ok: result.ok,
      status_code: result.statusCode,
      error: result.ok ? null : this.explain(delivery, result.error, outcome),
    };
    await outbox.record(delivery.key, attempt, outcome);
    this.account(delivery, { ...outcome, ok: result.ok, atMs: now() });
    instruments.attempts.inc({
      channel: delivery.channel,
      outcome: result.ok ? "ok" : result.retryable ? "retryable" : "permanent",
    });
    return outcome;
  }

  private async send(
    delivery: PendingDelivery,
    channel: NotificationChannel | undefined,
    body: string,
  ): Promise<SendResult> {
    if (!channel) return refuse(`the channel ${delivery.channel} is not configured any more`);
    if (delivery.status === "resolved") {
      const beginning = deliveryKey(delivery.alertId, delivery.channel, "firing");
      if ((await this.options.outbox.stateOf(beginning)) === "failed") {
        return refuse("not sent, because the beginning of the alert could not be delivered");
      }
    }
    return channel.send(body, delivery.key, this.abort.signal);
  }

  private judge(
    delivery: PendingDelivery,
    channel: NotificationChannel | undefined,
    result: SendResult,
  ): DeliveryOutcome {
    if (result.ok) return { state: "delivered", nextAttemptAtMs: null };
    if (!result.retryable || !channel) return { state: "failed", nextAttemptAtMs: null };
    const { random, now } = this.options;
    const nextAttemptAtMs =
      now() + backoffMs(delivery.attempts, { random, retryAfterMs: result.retryAfterMs });
    const isTooOld = nextAttemptAtMs > delivery.createdAtMs + channel.maxAgeMs;
    const isTooOften = channel.maxAttempts > 0 && delivery.attempts >= channel.maxAttempts;
    if (isTooOld || isTooOften) return { state: "failed", nextAttemptAtMs: null };
    return { state: "pending", nextAttemptAtMs };
  }

  private explain(delivery: PendingDelivery, error: string, outcome: DeliveryOutcome): string {
    if (outcome.state !== "failed" || delivery.attempts < 2) return error;
    return `${error} (given up after ${delivery.attempts} attempts)`;
  }

  private account(
    { channel, key, createdAtMs }: PendingDelivery,
    { state, ok, atMs }: DeliveryOutcome & { ok: boolean; atMs: number },
  ): void {
    const { instruments, logger } = this.options;
    if (ok) instruments.delivered.observe({ channel }, (atMs - createdAtMs) / 1000);
    if (state !== "failed") return;
    this.failedCount++;
    instruments.failed.inc({ channel });
    logger.error(
      { channel, delivery: key },
      "a notification could not be delivered and was given up",
    );
  }
}
