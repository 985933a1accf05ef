import { describeError, type Logger } from "#lib";
import type { IncidentChanges, IncidentRepository } from "#store";

import type { ChangeLog } from "./change-log.ts";

const RETRY_MS = 1000;

/** Changes that nobody waits for are gathered for so long: in a storm the same incidents change again and again. */
const GATHER_MS = 50;

interface WriterOptions {
  repository: IncidentRepository;
  log: ChangeLog;
  logger: Logger;
  onFailure: () => void;
}

/**
 * Writes what changed, one transaction after the other, in order; one that failed is repeated for ever before what
 * came later. What waits is bounded by what is live: an incident, alert or acknowledgement waits once.
 */
export class IncidentWriter {
  private readonly options: WriterOptions;
  private running: Promise<void> | undefined;
  private failed: IncidentChanges | undefined;
  private stopped = false;
  private waiting = 0;
  private hurry: (() => void) | undefined;

  constructor(options: WriterOptions) {
    this.options = options;
  }

  /** Begins to write soon; what changes until then goes along. */
  wake(): void {
    if (this.stopped || this.running !== undefined) return;
    this.running = this.run().finally(() => (this.running = undefined));
  }

  /** Resolves when everything that has changed until now is durable. */
  async flush(): Promise<void> {
    this.waiting++;
    this.hurry?.();
    try {
      while (!this.options.log.isEmpty || this.failed !== undefined || this.running !== undefined) {
        if (this.stopped && this.running === undefined) break;
        this.wake();
        await this.running;
      }
    } finally {
      this.waiting--;
    }
  }

  async stop(): Promise<void> {
    await Promise.race([
      this.flush(),
      new Promise<void>((resolve) => setTimeout(resolve, 5 * RETRY_MS).unref()),
    ]);
    this.stopped = true;
    await this.running;
  }

  private async run(): Promise<void> {
    const { log, repository, logger, onFailure } = this.options;
    while (!log.isEmpty || this.failed !== undefined) {
      await this.gather();
      const changes = this.failed ?? log.take();
      try {
        await repository.write(changes);
        this.failed = undefined;
      } catch (error) {
        this.failed = changes;
        onFailure();
        logger.warn({ error: describeError(error) }, "incidents could not be written");
        if (this.stopped) return;
        await new Promise<void>((resolve) => setTimeout(resolve, RETRY_MS).unref());
      }
    }
  }

  /** Waits for further changes; those of one round of the event loop always belong together. */
  private gather(): Promise<void> {
    return new Promise((resolve) => {
      if (this.waiting > 0) return void setImmediate(resolve);
      const timer = setTimeout(resolve, GATHER_MS);
      this.hurry = () => {
        clearTimeout(timer);
        setImmediate(resolve);
      };
    });
  }
}
