import { describeError, type Logger } from "#lib";
import type { AlertRepository, NewDelivery, PendingDelivery, StoredAlert } from "#store";

import type { Instruments } from "./instruments.ts";

/** Alerts of one transaction: it is written on the main thread and must be short. */
const ALERTS_PER_TRANSACTION = 100;

/** Changed alerts that wait because the store does not take them; further ones are dropped and counted. */
const MAX_UNWRITTEN = 50_000;

const RETRY_MS = 1000;

/** How long a stopping server tries to write what waits. */
const STOP_WAIT_MS = 2000;

interface AlertWriterOptions {
  alerts: AlertRepository;
  logger: Logger;
  instruments: Instruments;
  /** Told of deliveries once they are in the outbox. */
  onWritten: (deliveries: PendingDelivery[]) => void;
}

interface Unwritten {
  stored: StoredAlert;
  deliveries: NewDelivery[];
}

const pendingOf = (delivery: NewDelivery): PendingDelivery => ({
  key: delivery.key,
  tenant: delivery.tenant,
  alertId: delivery.alertId,
  channel: delivery.channel,
  status: delivery.status,
  createdAtMs: delivery.createdAtMs,
  nextAttemptAtMs: delivery.createdAtMs,
  attempts: 0,
});

/**
 * Writes changed alerts together with their deliveries, in the background and in order. While the store is out of
 * order only the latest state of each alert is kept, with all of its deliveries.
 */
export class AlertWriter {
  private readonly options: AlertWriterOptions;
  private readonly waiting = new Map<string, Unwritten>();
  private running: Promise<void> = Promise.resolve();
  private isRunning = false;
  private unwrittenDeliveries = 0;
  private wake: (() => void) | undefined;
  private stopped = false;

  constructor(options: AlertWriterOptions) {
    this.options = options;
  }

  write(alerts: readonly StoredAlert[], deliveries: readonly NewDelivery[]): void {
    for (const stored of alerts) {
      const key = `${stored.tenant}\n${stored.alert.id}`;
      const known = this.waiting.get(key);
      if (known) known.stored = stored;
      else if (this.waiting.size < MAX_UNWRITTEN) this.waiting.set(key, { stored, deliveries: [] });
      else this.options.instruments.dropped.inc({ kind: "alert" });
    }
    for (const delivery of deliveries) {
      const unwritten = this.waiting.get(`${delivery.tenant}\n${delivery.alertId}`);
      if (!unwritten) continue;
      unwritten.deliveries.push(delivery);
      this.unwrittenDeliveries++;
    }
    if (!this.isRunning) this.running = this.run();
  }

  /** Notifications that are not in the outbox yet. */
  get queued(): number {
    return this.unwrittenDeliveries;
  }

  /** Resolves when everything that was given is written; rejects never. */
  async stop(): Promise<void> {
    const late = setTimeout(() => this.end(), STOP_WAIT_MS);
    await this.running;
    clearTimeout(late);
    this.end();
  }

  private end(): void {
    this.stopped = true;
    this.wake?.();
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.waiting.size > 0 && !this.stopped) {
      const taken = [...this.waiting].slice(0, ALERTS_PER_TRANSACTION);
      for (const [key] of taken) this.waiting.delete(key);
      const deliveries = taken.flatMap(([, unwritten]) => unwritten.deliveries);
      try {
        await this.options.alerts.transition(
          taken.map(([, { stored }]) => stored),
          deliveries,
        );
      } catch (error) {
        this.putBack(taken);
        if (this.stopped) break;
        this.options.instruments.writeFailures.inc();
        this.options.logger.error(
          { error: describeError(error), alerts: this.waiting.size },
          "changed alerts could not be written into the state store; trying again",
        );
        await this.pause();
        continue;
      }
      this.unwrittenDeliveries -= deliveries.length;
      this.options.onWritten(deliveries.map(pendingOf));
      // Between transactions the rest of the process has its turn.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    // In the same turn as the last look at what waits: nothing can come in between and be left lying.
    this.isRunning = false;
  }

  /** What came in meanwhile is newer and stays; its deliveries come after those that were put back. */
  private putBack(taken: readonly [string, Unwritten][]): void {
    for (const [key, { stored, deliveries }] of taken) {
      const newer = this.waiting.get(key);
      if (newer) newer.deliveries.unshift(...deliveries);
      else this.waiting.set(key, { stored, deliveries });
    }
  }

  private pause(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, RETRY_MS);
      timer.unref();
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
