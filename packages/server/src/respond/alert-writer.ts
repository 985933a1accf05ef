import { describeError, type Logger } from "#lib";
import type { AlertRepository, StoredAlert } from "#store";

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
}

/**
 * Writes changed alerts in the background and in order. While the store is out of order only the latest state of each
 * alert is kept.
 */
export class AlertWriter {
  private readonly options: AlertWriterOptions;
  private readonly waiting = new Map<string, StoredAlert>();
  private running: Promise<void> = Promise.resolve();
  private isRunning = false;
  private wake: (() => void) | undefined;
  private stopped = false;

  constructor(options: AlertWriterOptions) {
    this.options = options;
  }

  write(alerts: readonly StoredAlert[]): void {
    for (const stored of alerts) {
      const key = `${stored.tenant}\n${stored.alert.id}`;
      if (this.waiting.has(key) || this.waiting.size < MAX_UNWRITTEN) this.waiting.set(key, stored);
      else this.options.instruments.dropped.inc({ kind: "alert" });
    }
    if (this.waiting.size > 0 && !this.isRunning) this.running = this.run();
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
      try {
        await this.options.alerts.transition(taken.map(([, stored]) => stored));
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
      // Between transactions the rest of the process has its turn.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    // In the same turn as the last look at what waits: nothing can come in between and be left lying.
    this.isRunning = false;
  }

  /** What came in meanwhile is newer and stays. */
  private putBack(taken: readonly [string, StoredAlert][]): void {
    for (const [key, stored] of taken) if (!this.waiting.has(key)) this.waiting.set(key, stored);
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
