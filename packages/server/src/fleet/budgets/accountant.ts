import type { Registry } from "@fleetlight/sdk";

import { analyseTrace, MODEL_OPERATIONS, type Operation } from "#collect";
import { describeError, type Logger, type Now } from "#lib";
import { analysedOf } from "#query";
import type { BudgetRepository, SpanRow, SpanStore, StoredSpending } from "#store";

import type { TraceUpdate } from "../live/index.ts";
import { CountedSpans } from "./counted-spans.ts";
import { formerSpends } from "./former-spends.ts";
import type { BudgetAccounts, Crossing, Ledger } from "./ledger.ts";
import { periodStartMs } from "./periods.ts";
import { RunBook } from "./run-book.ts";
import { spendOf, type Spend } from "./spend.ts";
import { SpendingWriter } from "./spending-writer.ts";

/** How far before the last writing spans are looked for after a crash: the longest call of a model, or delay on the way. */
const LOOK_BACK_MS = 3_600_000;
/** Batches of counted spans that are read at a start. */
const MAX_BATCHES = 100_000;
/** Accounts of one budget that are read at a start. */
const MAX_ACCOUNTS = 20_000;
/** Spans of one trace that are looked through for calls of models. */
const MAX_TRACE_SPANS = 50_000;
/** By then the live traces have told of every span that was durable before; the sum on an agent's span waits longest. */
const TOLD_MS = 15_000;
const ATTEMPTS = 5;
const RETRY_MS = 2000;

interface Options {
  spans: SpanStore;
  repository: BudgetRepository;
  ledger: Ledger;
  now: Now;
  logger: Logger;
  registry: Registry;
  onCrossing(crossing: Crossing): void;
}

/** Counts what is spent, each span once: as it comes, after a crash, and for budgets that are new. */
export class Accountant {
  readonly runs = new RunBook();
  readonly writer: SpendingWriter;
  private readonly options: Options;
  private readonly counted = new CountedSpans();
  private readonly repeated;
  private isStopped = false;
  private readonly startedMs: number;
  private verifying: Promise<void> = Promise.resolve();

  constructor(options: Options) {
    this.options = options;
    this.startedMs = options.now();
    this.writer = new SpendingWriter(options);
    this.repeated = options.registry.counter({
      name: "fleetlight_budget_spans_repeated_total",
      help: "Spans with usage that came again and were not counted again.",
    });
    options.registry
      .counter({
        name: "fleetlight_budget_subjects_refused_total",
        help: "Agents, conversations and the like that a budget has no place for; their limits are not watched.",
      })
      .collect((counter) => {
        let total = 0;
        for (const { refused } of options.ledger.all()) total += refused;
        counter.setTotal(total);
      });
  }

  hear(update: TraceUpdate): void {
    const facts = this.runs.hear(update);
    if (!this.options.ledger.has(update.tenant)) return;
    const nowMs = this.options.now();
    for (const { row, agent } of update.paid) {
      const spend = spendOf(update.tenant, row, agent, facts, nowMs);
      const isCall = MODEL_OPERATIONS.has(row.operation as Operation);
      // A run may be older than this process, and its calls may have been counted by the one before.
      if (isCall || nowMs - this.startedMs > LOOK_BACK_MS) this.count(spend);
      else this.verifying = this.verifying.then(() => this.countVerified(spend, row));
    }
  }

  /**
   * Reads what was spent, and finds in the spans what was not written before the process ended. Resolves when the accounts
   * are read; the spans are looked through behind that.
   */
  async load(): Promise<{ recovered: Promise<void> }> {
    const { repository, ledger, now } = this.options;
    const nowMs = now();
    for (const accounts of ledger.all()) {
      const { tenant, id, budget, countedSinceMs } = accounts.budget;
      if (countedSinceMs === null) {
        accounts.held = [];
        continue;
      }
      const startMs = periodStartMs(budget.period, nowMs);
      for (const stored of await repository.spending(tenant, id, startMs, MAX_ACCOUNTS))
        accounts.load(stored);
    }
    const batches = await repository.counted(MAX_BATCHES);
    for (const { tenant, atMs, spans } of batches.toReversed())
      for (const span of spans) this.counted.add(tenant, span, atMs);
    const writtenMs = new Map<string, number>();
    for (const { tenant, atMs } of batches)
      writtenMs.set(tenant, Math.max(atMs, writtenMs.get(tenant) ?? 0));
    return { recovered: this.recover(writtenMs) };
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.verifying;
    await this.writer.flush();
  }

  /** Counts what was spent in the present period before there was the budget. */
  async countFormer(accounts: BudgetAccounts): Promise<void> {
    const { repository, now } = this.options;
    const { tenant, id, budget, createdAtMs } = accounts.budget;
    accounts.held = [];
    this.writer.forget(tenant, id);
    await this.writer.flush();
    await repository.clearSpending(tenant, id);
    accounts.accounts.clear();
    const nowMs = now();
    const startMs = periodStartMs(budget.period, nowMs) || createdAtMs;
    const seen = new Set<string>();
    const found: Spend[] = [];
    const isRead = await this.persistently(async () => {
      seen.clear();
      found.length = 0;
      for await (const spends of formerSpends(this.options.spans, {
        tenant,
        startMs,
        endMs: nowMs + 1,
        nowMs,
      }))
        for (const spend of spends)
          if (!seen.has(spend.span) && accounts.subjectOf(spend) !== undefined) {
            seen.add(spend.span);
            found.push(spend);
          }
    });
    const held = accounts.held.filter(({ span }) => !seen.has(span));
    accounts.held = undefined;
    for (const spend of [...found, ...held])
      this.writer.add(tenant, undefined, this.apply([accounts], spend));
    // What was durable and not yet told of stands in the store, and is told of soon.
    for (const { span, startMs: beganMs } of found)
      if (beganMs > nowMs - LOOK_BACK_MS) accounts.ahead.add(span);
    await this.writer.flush();
    accounts.budget = { ...accounts.budget, countedSinceMs: isRead ? startMs : nowMs };
    this.confirmLater(accounts);
  }

  /** A process that ends before all has been told of counts once more from the beginning. */
  private confirmLater(accounts: BudgetAccounts): void {
    const { tenant, id } = accounts.budget;
    setTimeout(() => {
      accounts.ahead.clear();
      const isInForce = this.options.ledger.get(tenant, id) === accounts;
      if (this.isStopped || !isInForce || accounts.held !== undefined) return;
      this.options.repository
        .put(accounts.budget)
        .catch((error: unknown) =>
          this.options.logger.warn({ error: describeError(error) }, "a budget was not written"),
        );
    }, TOLD_MS).unref();
  }

  /** Writes that all is written until now, so that a crash after a quiet time is known to be one. */
  beat(): void {
    for (const { budget } of this.options.ledger.all())
      this.writer.add(budget.tenant, undefined, []);
  }

  async tidy(): Promise<void> {
    const nowMs = this.options.now();
    for (const accounts of this.options.ledger.all()) accounts.tidy(nowMs);
    this.beat();
    this.counted.forget(nowMs - 2 * LOOK_BACK_MS);
    await this.options.repository.prune({
      countedMs: nowMs - 2 * LOOK_BACK_MS,
      periodsMs: nowMs - 400 * 86_400_000,
    });
  }

  /** Counts the sum on an agent's span unless the store has calls of models below it. */
  private async countVerified(spend: Spend, { traceId, spanId }: SpanRow): Promise<void> {
    const isRead = await this.persistently(async () => {
      const rows = await this.options.spans.trace(spend.tenant, traceId, MAX_TRACE_SPANS);
      if (analyseTrace(rows.map(analysedOf)).payable.has(spanId)) this.count(spend);
    });
    // What cannot be looked up is rather counted than lost.
    if (!isRead && !this.isStopped) this.count(spend);
  }

  private count(spend: Spend): void {
    const { ledger, now } = this.options;
    if (!this.counted.add(spend.tenant, spend.span, now())) {
      this.repeated.inc();
      return;
    }
    const changes = this.apply(ledger.concerning(spend), spend);
    this.writer.add(spend.tenant, spend.span, changes);
  }

  private apply(budgets: readonly BudgetAccounts[], spend: Spend): StoredSpending[] {
    const changes: StoredSpending[] = [];
    for (const accounts of budgets) {
      const change = accounts.changeOf(spend);
      if (change === undefined) continue;
      changes.push(change);
      const account = accounts.add(change);
      if (account !== undefined) this.options.onCrossing({ budget: accounts.budget, account });
    }
    return changes;
  }

  private async recover(writtenMs: ReadonlyMap<string, number>): Promise<void> {
    const { spans, ledger, now } = this.options;
    const tenants = new Set(Array.from(ledger.all(), ({ budget }) => budget.tenant));
    for (const tenant of tenants) {
      const nowMs = now();
      const atMs = writtenMs.get(tenant) ?? nowMs;
      const range = { startMs: atMs - LOOK_BACK_MS, endMs: nowMs + 1 };
      await this.persistently(async () => {
        for await (const spends of formerSpends(spans, { tenant, ...range, nowMs }))
          for (const spend of spends) this.count(spend);
      });
    }
    for (const accounts of ledger.all())
      if (accounts.budget.countedSinceMs === null) await this.countFormer(accounts);
  }

  /** Whether it succeeded within a few attempts. */
  private async persistently(task: () => Promise<void>): Promise<boolean> {
    for (let attempt = 1; !this.isStopped; attempt++)
      try {
        await task();
        return true;
      } catch (error) {
        this.options.logger.warn(
          { attempt, error: describeError(error) },
          "former spans could not be read for the budgets",
        );
        if (attempt >= ATTEMPTS) return false;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      }
    return false;
  }
}
