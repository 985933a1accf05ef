import { randomUUID } from "node:crypto";

import { describeError, type Logger, type Now } from "#lib";
import type { BudgetRepository, SpendingBatch, StoredSpending } from "#store";

import { addTo } from "./ledger.ts";

/** What was spent is written this often; what a crash takes is found again in the spans. */
const INTERVAL_MS = 1000;

interface Waiting {
  spent: Map<string, StoredSpending>;
  spans: string[];
}

interface Options {
  repository: BudgetRepository;
  now: Now;
  logger: Logger;
}

/** Writes what is spent, in batches; each is written once, and again until it is. */
export class SpendingWriter {
  private readonly options: Options;
  private readonly waiting = new Map<string, Waiting>();
  /** A batch that failed is sent again as it was, because it may have been written. */
  private readonly failed: SpendingBatch[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> | undefined;

  constructor(options: Options) {
    this.options = options;
  }

  add(tenant: string, span: string | undefined, changes: readonly StoredSpending[]): void {
    let waiting = this.waiting.get(tenant);
    if (waiting === undefined) {
      waiting = { spent: new Map(), spans: [] };
      this.waiting.set(tenant, waiting);
    }
    if (span !== undefined) waiting.spans.push(span);
    for (const change of changes) {
      // An id of a budget has no space in it.
      const key = `${change.budgetId} ${change.periodStartMs} ${change.subject}`;
      const known = waiting.spent.get(key);
      if (known === undefined) waiting.spent.set(key, { ...change });
      else addTo(known, change);
    }
    this.schedule();
  }

  /** Forgets what waits of a budget that is gone, or that is counted anew. */
  forget(tenant: string, budgetId: string): void {
    const spent = this.waiting.get(tenant)?.spent;
    for (const [key, change] of spent ?? []) if (change.budgetId === budgetId) spent?.delete(key);
  }

  /** Resolves when everything that was added before is written, or has failed once more. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    await this.writing;
    this.writing = this.write().finally(() => (this.writing = undefined));
    await this.writing;
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.flush();
    }, INTERVAL_MS).unref();
  }

  private async write(): Promise<void> {
    const batches = this.failed.splice(0);
    for (const [tenant, { spent, spans }] of this.waiting)
      batches.push({
        id: randomUUID(),
        tenant,
        atMs: this.options.now(),
        spent: [...spent.values()],
        spans,
      });
    this.waiting.clear();
    for (const batch of batches)
      try {
        await this.options.repository.record(batch);
      } catch (error) {
        this.failed.push(batch);
        this.options.logger.warn(
          { error: describeError(error) },
          "what was spent was not written yet",
        );
      }
    if (this.failed.length > 0) this.schedule();
  }
}
