import { randomUUID } from "node:crypto";

import type {
  Budget,
  BudgetEntry,
  BudgetHistory,
  BudgetInput,
  Checkpoint,
} from "@fleetlight/contract";
import type { Registry } from "@fleetlight/sdk";

import { conflict, DEFAULT_TENANT, describeError, isoTime, limitReached, notFound } from "#lib";
import type { Logger, Now } from "#lib";
import { toFleetEvent } from "#query";
import type { BudgetRepository, EventStore, MetricStore, SpanStore, StoredBudget } from "#store";

import type { LiveTraces } from "../live/index.ts";
import { TenantPages, type EventTeller } from "../outlet/index.ts";
import { Accountant } from "./accountant.ts";
import { BudgetAccounts, Ledger, type Crossing } from "./ledger.ts";
import { periodStartMs } from "./periods.ts";
import { defineBudgetSeries } from "./series.ts";
import { RUNAWAY, Stops, type Asking } from "./stops.ts";
import { budgetView, checkpointBudget, spendingView, spentReason, stopReason } from "./views.ts";

/** Budgets of one tenant. */
const MAX_BUDGETS = 1000;
const TIDY_MS = 60_000;
const MAX_HISTORY = 500;
const MAX_EVENTS = 5000;
/** Refusals that are remembered, so that an agent that asks again and again makes one event. */
const MAX_REFUSALS = 10_000;

const EVENT_TYPES = [
  "audit.budget.created",
  "audit.budget.changed",
  "audit.budget.removed",
  "budget.warned",
  "budget.spent",
  "checkpoint.refused",
];

interface Options {
  live: LiveTraces;
  spans: SpanStore;
  metrics: MetricStore;
  events: EventStore;
  teller: EventTeller;
  repository: BudgetRepository;
  configured(): readonly BudgetEntry[];
  now: Now;
  logger: Logger;
  registry: Registry;
}

/** Limits of what agents may spend, what they have spent, and whether they may go on. */
export class Budgets {
  readonly stops: Stops;
  private readonly options: Options;
  private readonly ledger = new Ledger();
  private readonly accountant: Accountant;
  private readonly pages: TenantPages<void>;
  private readonly refusals = new Set<string>();
  private readonly refused;
  private unsubscribe: (() => void) | undefined;
  private timer: NodeJS.Timeout | undefined;
  private recovery: Promise<void> = Promise.resolve();
  private adopting: Promise<void> = Promise.resolve();

  constructor(options: Options) {
    const { repository, metrics, now, logger, registry } = options;
    this.options = options;
    this.stops = new Stops({ repository, now });
    this.accountant = new Accountant({
      ...options,
      ledger: this.ledger,
      onCrossing: (crossing) => this.tellCrossing(crossing),
    });
    this.pages = new TenantPages({
      metrics,
      now,
      logger,
      labels: { job: "fleetlight", service: "fleetlight", room: "budgets" },
      define: (own, tenant) => defineBudgetSeries(own, tenant, { ledger: this.ledger, now }),
    });
    this.refused = registry.counter({
      name: "fleetlight_checkpoints_refused_total",
      help: "Answers to agents that they must not go on.",
    });
  }

  /** Resolves when the accounts are read; what a crash took is found behind that. */
  async start(): Promise<void> {
    await this.stops.load();
    for (const stored of await this.options.repository.list())
      this.ledger.set(new BudgetAccounts(stored));
    this.unsubscribe = this.options.live.onUpdate((update) => this.accountant.hear(update));
    this.recovery = (await this.accountant.load()).recovered;
    await this.adopt();
    this.accountant.beat();
    for (const { budget } of this.ledger.all()) this.pages.of(budget.tenant);
    this.pages.start();
    this.timer = setInterval(() => void this.tidy(), TIDY_MS).unref();
  }

  async stop(): Promise<void> {
    this.unsubscribe?.();
    clearInterval(this.timer);
    await this.accountant.stop();
    await this.recovery.catch(() => undefined);
    await this.pages.stop();
  }

  /** Resolves when former spans have been counted. */
  settle(): Promise<void> {
    return this.recovery;
  }

  /** Takes the budgets of a new configuration over, one configuration after the other. Never rejects. */
  reconfigure(): Promise<void> {
    this.adopting = this.adopting
      .then(() => this.adopt())
      .catch((error: unknown) =>
        this.options.logger.warn(
          { error: describeError(error) },
          "the budgets of the configuration were not taken over",
        ),
      );
    return this.adopting;
  }

  private async adopt(): Promise<void> {
    const entries = new Map(this.options.configured().map((entry) => [entry.id, entry]));
    for (const { budget } of this.ledger.of(DEFAULT_TENANT))
      if (budget.origin === "config" && !entries.has(budget.id))
        await this.drop(DEFAULT_TENANT, budget.id);
    for (const entry of entries.values()) {
      const known = this.ledger.get(DEFAULT_TENANT, entry.id);
      const isSame =
        known?.budget.origin === "config" &&
        JSON.stringify(known.budget.budget) === JSON.stringify(entry);
      if (!isSame) await this.keep(DEFAULT_TENANT, entry, "config", known);
    }
  }

  list(tenant: string): Budget[] {
    return this.ledger
      .of(tenant)
      .map((accounts) => budgetView(accounts, this.options.now()))
      .toSorted((a, b) => (b.spending[0]?.share ?? 0) - (a.spending[0]?.share ?? 0));
  }

  /** @throws FleetlightError `not_found`. */
  get(tenant: string, id: string): Budget {
    return budgetView(this.find(tenant, id), this.options.now());
  }

  /** @throws FleetlightError `conflict`, `limit_reached`. */
  async create(tenant: string, input: BudgetInput): Promise<Budget> {
    const id = input.id ?? `b-${randomUUID().slice(0, 8)}`;
    if (this.ledger.get(tenant, id) !== undefined)
      throw conflict(`there is a budget ${JSON.stringify(id)} already`);
    if (this.ledger.of(tenant).length >= MAX_BUDGETS)
      throw limitReached("budgets", `there are ${MAX_BUDGETS} budgets already`);
    await this.keep(tenant, entryOf(input, id), "api", undefined);
    return this.get(tenant, id);
  }

  /** @throws FleetlightError `not_found`, and `conflict` for one of the configuration. */
  async replace(tenant: string, id: string, input: BudgetInput): Promise<Budget> {
    const known = this.editable(tenant, id);
    await this.keep(tenant, entryOf(input, id), "api", known);
    return this.get(tenant, id);
  }

  /** @throws FleetlightError `not_found`, and `conflict` for one of the configuration. */
  async remove(tenant: string, id: string): Promise<Budget> {
    const budget = budgetView(this.editable(tenant, id), this.options.now());
    await this.drop(tenant, id);
    return budget;
  }

  /** @throws FleetlightError `not_found`. */
  async history(tenant: string, id: string): Promise<BudgetHistory> {
    const accounts = this.find(tenant, id);
    await this.accountant.writer.flush();
    const { repository, events } = this.options;
    const [periods, told] = await Promise.all([
      repository.history(tenant, id, MAX_HISTORY),
      events.query(tenant, { types: EVENT_TYPES, limit: MAX_EVENTS }),
    ]);
    return {
      periods: periods.map((stored) => ({
        ...spendingView(accounts, stored),
        period_start: stored.periodStartMs === 0 ? null : isoTime(stored.periodStartMs),
      })),
      events: told.filter(({ attributes }) => attributes["id"] === id).map(toFleetEvent),
    };
  }

  /** Whether the one who asks may go on; from memory alone. */
  checkpoint(tenant: string, asking: Asking): Checkpoint {
    const facts = this.accountant.runs.of(tenant, asking.traceId);
    const who = {
      ...asking,
      tenant,
      conversation: asking.conversation || (facts?.conversation ?? ""),
      workflow: asking.workflow || (facts?.workflow ?? ""),
      user: asking.user || (facts?.user ?? ""),
    };
    const nowMs = this.options.now();
    const budgets = this.ledger.concerning(who).flatMap((accounts) => {
      const subject = accounts.budget.budget.enabled ? accounts.subjectOf(who) : undefined;
      return subject === undefined ? [] : [checkpointBudget(accounts, subject, nowMs)];
    });
    const reasons = [
      ...this.stops.concerning(tenant, who).map(stopReason),
      ...budgets
        .filter(({ state, at_limit }) => state === "spent" && at_limit === "stop")
        .map(spentReason),
    ];
    for (const reason of reasons) this.tellRefusal(tenant, who, reason);
    if (reasons.length > 0) this.refused.inc();
    return { continue: reasons.length === 0, reasons, budgets };
  }

  /** Stops a run that goes beyond its limits. */
  async stopRunaway(tenant: string, traceId: string, reason: string): Promise<void> {
    const stop = await this.stops.add(tenant, { kind: "run", subject: traceId, reason }, RUNAWAY);
    this.options.teller.tell(tenant, {
      type: "audit.stop.made",
      key: stop.id,
      attributes: { id: stop.id, by: RUNAWAY, kind: "run", subject: stop.subject, reason },
    });
  }

  private find(tenant: string, id: string): BudgetAccounts {
    const accounts = this.ledger.get(tenant, id);
    if (accounts === undefined) throw notFound("budget", id);
    return accounts;
  }

  private editable(tenant: string, id: string): BudgetAccounts {
    const accounts = this.find(tenant, id);
    if (accounts.budget.origin === "config")
      throw conflict(`the budget ${JSON.stringify(id)} is in the configuration: change it there`);
    return accounts;
  }

  private async keep(
    tenant: string,
    budget: BudgetEntry,
    origin: StoredBudget["origin"],
    known: BudgetAccounts | undefined,
  ): Promise<void> {
    const nowMs = this.options.now();
    const before = known?.budget.budget;
    // Another limit is compared with the same accounts; other subjects or periods have others.
    const isCounted =
      before !== undefined &&
      before.per === budget.per &&
      before.only === budget.only &&
      before.period === budget.period &&
      before.enabled === budget.enabled;
    const stored: StoredBudget = {
      tenant,
      id: budget.id,
      budget,
      origin,
      countedSinceMs: isCounted ? (known?.budget.countedSinceMs ?? null) : null,
      createdAtMs: known?.budget.createdAtMs ?? nowMs,
      updatedAtMs: nowMs,
    };
    await this.options.repository.put(stored);
    const accounts = isCounted && known !== undefined ? known : new BudgetAccounts(stored);
    accounts.budget = stored;
    for (const account of accounts.accounts.values()) account.state = accounts.stateOf(account);
    this.ledger.set(accounts);
    this.pages.of(tenant);
    this.pages.hurry();
    if (isCounted) return;
    accounts.held = [];
    this.recovery = this.recovery
      .then(() => this.accountant.countFormer(accounts))
      .then(() => this.pages.hurry())
      .catch((error: unknown) =>
        this.options.logger.warn(
          { error: describeError(error) },
          "a budget is counted from now on",
        ),
      );
  }

  private async drop(tenant: string, id: string): Promise<void> {
    this.ledger.remove(tenant, id);
    this.accountant.writer.forget(tenant, id);
    await this.accountant.writer.flush();
    await this.options.repository.remove(tenant, id);
    this.pages.hurry();
  }

  private tellCrossing({ budget, account }: Crossing): void {
    const { tenant, id } = budget;
    this.pages.hurry();
    if (account.state === "within") return;
    const { name, per, unit, limit, period } = budget.budget;
    const spent = unit === "tokens" ? account.tokens : account.costUsd;
    this.options.teller.tell(tenant, {
      type: `budget.${account.state}`,
      key: `${id} ${account.subject} ${account.periodStartMs} ${budget.updatedAtMs}`,
      attributes: {
        id,
        name,
        per,
        subject: account.subject,
        spent: String(spent),
        limit: String(limit),
        unit,
        period,
      },
    });
  }

  private tellRefusal(tenant: string, who: Asking, reason: Checkpoint["reasons"][number]): void {
    const key = JSON.stringify([tenant, reason.id, who.agent, who.traceId, who.conversation]);
    const period = this.ledger.get(tenant, reason.id)?.budget.budget.period ?? "total";
    const once = `${key} ${periodStartMs(period, this.options.now())}`;
    if (this.refusals.has(once)) return;
    if (this.refusals.size >= MAX_REFUSALS) this.refusals.clear();
    this.refusals.add(once);
    this.options.teller.tell(tenant, {
      type: "checkpoint.refused",
      key: once,
      attributes: {
        id: reason.id,
        kind: reason.kind,
        reason: reason.message,
        agent: who.agent,
        trace_id: who.traceId,
        conversation: who.conversation,
      },
    });
  }

  private async tidy(): Promise<void> {
    try {
      await this.stops.tidy();
      await this.accountant.tidy();
    } catch (error) {
      this.options.logger.warn({ error: describeError(error) }, "budgets were not tidied");
    }
  }
}

function entryOf(input: BudgetInput, id: string): BudgetEntry {
  const { by: _, reason: __, ...rest } = input;
  return { ...rest, id };
}
