import type { DeliveryAttempt } from "@fleetlight/contract";
import { describeError, isoTime, type Logger, type Now } from "#lib";
import type {
  DeliveryOutcome,
  NewNotification,
  OutboxRepository,
  PendingNotification,
} from "#store";

import type { ChannelHealth } from "../alertmanager.ts";
import type { Instruments } from "../instruments.ts";
import { permanent } from "../notify/http.ts";
import type { Notification, NotificationChannel, SendResult } from "../types.ts";
import { backoffMs } from "./backoff.ts";
import { ChannelQueue } from "./channel-queue.ts";
import {
  channelOf,
  laneKey,
  replacedIn,
  saysOf,
  waitingOf,
  type Lane,
  type Waiting,
} from "./lane.ts";

/** Undelivered notifications that are taken up at start; the rest comes with the next one. */
const MAX_LOADED = 100_000;

/** Notifications under way above which no further ones are made; the groups try again at their next tick. */
const MAX_QUEUED = 100_000;

/** How long a stopping server waits for attempts that are under way; they are repeated after the next start. */
const STOP_WAIT_MS = 1500;

/** Wait after an attempt whose outcome could not be written down. */
const UNRECORDED_WAIT_MS = 5000;

/** A channel that is dead for longer than this has its notifications told by its fallback as well. */
const DEAD_MS = 5 * 60_000;
const LOOK_FOR_DEAD_MS = 15_000;

/** What is known of a channel besides what it does. */
export interface ChannelEntry {
  channel: NotificationChannel;
  ratePerMinute: number | undefined;
  fallbackReceiver: string | undefined;
}

interface DelivererOptions {
  outbox: OutboxRepository;
  find: (tenant: string, receiver: string, integration: string) => ChannelEntry | undefined;
  /** Copies of a notification for the integrations of another receiver. */
  copiesFor: (receiver: string, notification: Notification) => NewNotification[];
  now: Now;
  random: () => number;
  logger: Logger;
  instruments: Instruments;
  onDone: (
    notification: Notification,
    outcome: "delivered" | "failed",
    error: string | null,
  ) => void;
}

const pendingOf = (one: NewNotification): PendingNotification => ({
  ...one,
  nextAttemptAtMs: one.createdAtMs,
  attempts: 0,
});

/**
 * Delivers what is in the outbox, at least once: the first attempt at once, further ones after growing waits, until it
 * is delivered, can never succeed, or is given up. Every attempt is written down before the next one. Each channel has
 * a queue of its own, so that one that is slow or dead delays no other.
 */
export class Deliverer {
  private readonly options: DelivererOptions;
  private readonly lanes = new Map<string, Lane>();
  private readonly queues = new Map<string, ChannelQueue>();
  private readonly underWay = new Set<Promise<void>>();
  private readonly abort = new AbortController();
  private looking: NodeJS.Timeout | undefined;
  private failedCount = 0;
  private queuedCount = 0;
  private stopped = false;

  constructor(options: DelivererOptions) {
    this.options = options;
  }

  /** Takes up what an earlier process left undelivered. */
  async start(): Promise<void> {
    const { outbox } = this.options;
    this.failedCount = (await outbox.counts()).failed;
    for (const pending of await outbox.pending(MAX_LOADED))
      this.join(waitingOf(pending, undefined));
    this.pumpAll();
    this.looking = setInterval(() => void this.lookForDead(), LOOK_FOR_DEAD_MS).unref();
  }

  /**
   * Whether there is room for another notification, and the ids of those that it will replace. These are held until
   * `add` or `release` is called.
   */
  reserve(notification: NewNotification): string[] | undefined {
    if (this.queuedCount >= MAX_QUEUED) return undefined;
    const replaced = replacedIn(this.lanes.get(laneKey(notification)), saysOf(notification));
    for (const one of replaced ?? []) one.isHeld = true;
    return replaced?.map(({ id }) => id);
  }

  /** What was reserved does not come. */
  release(notification: NewNotification): void {
    const lane = this.lanes.get(laneKey(notification));
    if (!lane) return;
    for (const one of lane.waiting) one.isHeld = false;
    this.enter(lane);
    this.pumpAll();
  }

  /** Notifications that are in the outbox now, in place of the ones that are named. */
  add(
    notifications: readonly NewNotification[],
    superseded: readonly { id: string; by: string }[] = [],
  ): void {
    if (this.stopped) return;
    const gone = new Set(superseded.map(({ id }) => id));
    for (const notification of notifications) {
      const waiting = waitingOf(pendingOf(notification), saysOf(notification));
      const lane = this.lanes.get(laneKey(notification));
      const replaced = lane?.waiting.filter(({ id }) => gone.has(id)) ?? [];
      if (lane && replaced.length > 0) {
        const [oldest] = replaced;
        // The newer one has waited as long, and was tried as often, as what it replaces.
        waiting.createdAtMs = oldest?.createdAtMs ?? waiting.createdAtMs;
        waiting.attempts = Math.max(...replaced.map(({ attempts }) => attempts));
        waiting.nextAttemptAtMs = oldest?.nextAttemptAtMs ?? waiting.nextAttemptAtMs;
        waiting.isBackingOff = oldest?.isBackingOff ?? false;
        waiting.hasFallback = false;
        lane.waiting = lane.waiting.filter(({ id }) => !gone.has(id));
        this.queuedCount -= replaced.length;
        this.options.instruments.superseded.inc({}, replaced.length);
      }
      this.join(waiting);
    }
    this.pumpAll();
  }

  get queued(): number {
    return this.queuedCount;
  }

  stats(): { oldestMs: number | null; failed: number; openCircuits: number } {
    let oldestMs = Infinity;
    for (const { waiting } of this.lanes.values())
      oldestMs = Math.min(oldestMs, waiting[0]?.createdAtMs ?? Infinity);
    const nowMs = this.options.now();
    const open = [...this.queues.values()].filter(
      (queue) => queue.circuit.stateAt(nowMs) !== "closed",
    );
    return {
      oldestMs: oldestMs === Infinity ? null : oldestMs,
      failed: this.failedCount,
      openCircuits: open.length,
    };
  }

  /** What is seen of a channel; one that was never used is fine. */
  health(channel: string): Omit<ChannelHealth, "name" | "kind" | "receiver" | "target"> {
    const queue = this.queues.get(channel);
    const lanes = queue ? [...queue.lanes] : [];
    const oldest = lanes.map(({ waiting }) => waiting[0]?.createdAtMs ?? Infinity);
    return {
      circuit: queue?.circuit.stateAt(this.options.now()) ?? "closed",
      consecutiveFailures: queue?.circuit.failures ?? 0,
      openSinceMs: queue?.circuit.openSinceMs ?? null,
      queued: lanes.reduce((sum, { waiting }) => sum + waiting.length, 0),
      inFlight: queue?.inFlight ?? 0,
      oldestQueuedMs: oldest.length === 0 ? null : Math.min(...oldest),
      lastError: queue?.lastError ?? null,
      lastSuccessMs: queue?.lastSuccessMs ?? null,
    };
  }

  /** After the configuration changed: limits of rate are read anew. */
  pumpAll(): void {
    for (const queue of this.queues.values()) queue.pump();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.looking);
    for (const queue of this.queues.values()) queue.stop();
    const giveUp = setTimeout(() => this.abort.abort(), STOP_WAIT_MS);
    await Promise.all(this.underWay);
    clearTimeout(giveUp);
  }

  private join(waiting: Waiting): void {
    const key = laneKey(waiting);
    const lane = this.lanes.get(key) ?? {
      key,
      channel: channelOf(waiting),
      waiting: [],
      dueMs: Infinity,
    };
    if (lane.waiting.some(({ id }) => id === waiting.id)) return;
    lane.waiting.push(waiting);
    this.lanes.set(key, lane);
    this.queuedCount++;
    this.enter(lane);
  }

  /** Puts a lane into the queue of its channel, as soon as its first notification may go. */
  private enter(lane: Lane): void {
    const [head] = lane.waiting;
    if (!head || head.isInFlight || head.isHeld) return;
    this.queueOf(lane, head).enter(lane, head.nextAttemptAtMs);
  }

  private queueOf({ channel }: Lane, { tenant, receiver, integration }: Waiting): ChannelQueue {
    const known = this.queues.get(channel);
    if (known) return known;
    const queue = new ChannelQueue({
      now: this.options.now,
      ratePerMinute: () => this.options.find(tenant, receiver, integration)?.ratePerMinute,
      begin: (lane) => this.begin(lane, queue),
    });
    this.queues.set(channel, queue);
    return queue;
  }

  /** @returns whether an attempt was begun. */
  private begin(lane: Lane, queue: ChannelQueue): boolean {
    const [head] = lane.waiting;
    if (!head || head.isHeld || head.isInFlight || this.stopped) return false;
    head.isInFlight = true;
    const attempt = this.runHead(lane, head, queue).finally(() => {
      this.underWay.delete(attempt);
      queue.done();
    });
    this.underWay.add(attempt);
    return true;
  }

  /** One attempt at the first notification of a lane; the lane waits for what comes of it. Never rejects. */
  private async runHead(lane: Lane, head: Waiting, queue: ChannelQueue): Promise<void> {
    let outcome: DeliveryOutcome;
    try {
      outcome = await this.attempt(head, queue);
    } catch (error) {
      if (this.stopped) return;
      this.options.logger.error(
        { notification: head.id, error: describeError(error) },
        "an attempt to deliver a notification could not be written down",
      );
      outcome = { state: "pending", nextAttemptAtMs: this.options.now() + UNRECORDED_WAIT_MS };
    }
    head.isInFlight = false;
    if (outcome.state === "pending") head.nextAttemptAtMs = outcome.nextAttemptAtMs ?? 0;
    else {
      lane.waiting = lane.waiting.filter((one) => one !== head);
      this.queuedCount--;
    }
    if (lane.waiting.length > 0) this.enter(lane);
    else {
      this.lanes.delete(lane.key);
      queue.leave(lane);
    }
  }

  private async attempt(head: Waiting, queue: ChannelQueue): Promise<DeliveryOutcome> {
    const { outbox, now, instruments, find } = this.options;
    const message = await outbox.message(head.id);
    // It was delivered by an attempt that an earlier process wrote down, or pruned.
    if (!message) return { state: "delivered", nextAttemptAtMs: null };
    const notification = JSON.parse(message.body) as Notification;
    const entry = find(head.tenant, head.receiver, head.integration);
    const startedAtMs = now();
    const started = performance.now();
    const result = await this.send(head, notification, entry, message.reference);
    const seconds = (performance.now() - started) / 1000;
    if (this.abort.signal.aborted) throw new Error("the server is stopping");
    head.attempts++;
    const outcome = this.judge(head, entry, result);
    const isOver = outcome.state === "failed" && head.attempts > 1 && !result.ok;
    const error = result.ok
      ? null
      : `${result.error}${isOver ? ` (given up after ${head.attempts} attempts)` : ""}`;
    const attempt: DeliveryAttempt = {
      at: isoTime(startedAtMs),
      duration_seconds: seconds,
      ok: result.ok,
      status_code: result.statusCode,
      error,
    };
    const copies = outcome.state === "failed" ? this.fallbackOf(head, entry, notification) : [];
    await outbox.record(head.id, attempt, outcome, copies);
    queue.learn(result, now());
    if (outcome.state === "pending" && !result.ok) head.isBackingOff = result.retryAfterMs === null;
    instruments.attempt(entry?.channel.kind ?? "none", channelOf(head), { result, seconds });
    this.account(head, { outcome, notification, error });
    this.add(copies);
    return outcome;
  }

  private async send(
    head: Waiting,
    notification: Notification,
    entry: ChannelEntry | undefined,
    reference: string | null,
  ): Promise<SendResult> {
    if (!entry) return permanent(`the channel ${channelOf(head)} is not configured any more`);
    if (head.status === "resolved" && head.reason === "group") {
      const beginnings = await this.options.outbox.beginnings(head);
      if (beginnings.has("failed") && !beginnings.has("delivered"))
        return permanent("not sent, because the beginning of the alert could not be delivered");
    }
    return entry.channel.send(notification, this.abort.signal, reference ?? undefined);
  }

  private judge(
    head: Waiting,
    entry: ChannelEntry | undefined,
    result: SendResult,
  ): DeliveryOutcome {
    const { reference } = result;
    if (result.ok) return { state: "delivered", nextAttemptAtMs: null, reference };
    if (!result.retryable || !entry) return { state: "failed", nextAttemptAtMs: null };
    const { random, now } = this.options;
    const { maxAgeMs, maxAttempts } = entry.channel;
    const nextAttemptAtMs =
      now() + backoffMs(head.attempts, { random, retryAfterMs: result.retryAfterMs });
    const isTooOld = nextAttemptAtMs > head.createdAtMs + maxAgeMs;
    const isTooOften = maxAttempts > 0 && head.attempts >= maxAttempts;
    if (isTooOld || isTooOften) return { state: "failed", nextAttemptAtMs: null };
    return { state: "pending", nextAttemptAtMs, reference };
  }

  /** Copies for the fallback receiver; what is one already has none. */
  private fallbackOf(
    head: Waiting,
    entry: ChannelEntry | undefined,
    notification: Notification,
  ): NewNotification[] {
    const receiver = entry?.fallbackReceiver;
    if (receiver === undefined || head.reason === "fallback" || head.hasFallback) return [];
    head.hasFallback = true;
    return this.options.copiesFor(receiver, notification);
  }

  private account(
    head: Waiting,
    {
      outcome,
      notification,
      error,
    }: { outcome: DeliveryOutcome; notification: Notification; error: string | null },
  ): void {
    const { instruments, logger, now, onDone } = this.options;
    if (outcome.state === "pending") return;
    const channel = channelOf(head);
    if (outcome.state === "delivered")
      instruments.delivered.observe({ channel }, (now() - head.createdAtMs) / 1000);
    else {
      this.failedCount++;
      instruments.failed.inc({ channel });
      logger.error(
        { channel, notification: head.id, error },
        "a notification could not be delivered and was given up",
      );
    }
    onDone(notification, outcome.state === "delivered" ? "delivered" : "failed", error);
  }

  /** What waits for a channel that is dead for long is told by its fallback, too. */
  private async lookForDead(): Promise<void> {
    const nowMs = this.options.now();
    for (const queue of this.queues.values()) {
      const { openSinceMs } = queue.circuit;
      if (openSinceMs === null || openSinceMs > nowMs - DEAD_MS) continue;
      for (const { waiting } of queue.lanes) {
        for (const one of waiting) {
          if (one.hasFallback || one.createdAtMs > nowMs - DEAD_MS) continue;
          await this.tellFallback(one).catch((error: unknown) =>
            this.options.logger.warn(
              { error: describeError(error) },
              "the fallback of a dead channel could not be told",
            ),
          );
        }
      }
    }
  }

  private async tellFallback(one: Waiting): Promise<void> {
    const { outbox, find } = this.options;
    const entry = find(one.tenant, one.receiver, one.integration);
    if (entry?.fallbackReceiver === undefined || one.reason === "fallback") return;
    const message = await outbox.message(one.id);
    if (!message) return;
    const copies = this.fallbackOf(one, entry, JSON.parse(message.body) as Notification);
    await outbox.add(copies);
    this.add(copies);
  }
}
