import type { BudgetPer } from "@fleetlight/contract";

import type { StoredBudget, StoredSpending } from "#store";

import { periodStartMs } from "./periods.ts";
import type { Spend } from "./spend.ts";

/** Agents, conversations, … of one budget that are remembered; spending of further ones is only written down. */
const MAX_SUBJECTS = 20_000;
/** What is spent while former spans of a new budget are counted. */
const MAX_HELD = 200_000;

export type AccountState = "within" | "warned" | "spent";

export interface Account extends StoredSpending {
  state: AccountState;
}

/** An account that crossed a line. */
export interface Crossing {
  budget: StoredBudget;
  account: Account;
}

/** Adds to amounts where they stand. */
export function addTo(
  amounts: Pick<StoredSpending, "tokens" | "costUsd" | "calls" | "unpricedCalls">,
  change: StoredSpending,
): void {
  amounts.tokens += change.tokens;
  amounts.costUsd += change.costUsd;
  amounts.calls += change.calls;
  amounts.unpricedCalls += change.unpricedCalls;
}

/** One budget with what is spent of it in the current period. */
export class BudgetAccounts {
  budget: StoredBudget;
  readonly accounts = new Map<string, Account>();
  /** Set while former spans are counted: what comes meanwhile waits, because it may be among them. */
  held: Spend[] | undefined;
  /** Former spans that are counted here, and that the live traces have yet to tell of. */
  readonly ahead = new Set<string>();
  refused = 0;

  constructor(budget: StoredBudget) {
    this.budget = budget;
  }

  /** Empty when this spending has no such subject. */
  subjectOf(who: Pick<Spend, "agent" | "conversation" | "user" | "workflow">): string | undefined {
    const { per, only } = this.budget.budget;
    if (per === "fleet") return "";
    const subject = who[per];
    return subject === "" || (only !== undefined && only !== subject) ? undefined : subject;
  }

  stateOf(spent: { tokens: number; costUsd: number }): AccountState {
    const { limit, warn_at } = this.budget.budget;
    const share = this.amountOf(spent) / limit;
    return share >= 1 ? "spent" : share >= warn_at ? "warned" : "within";
  }

  amountOf({ tokens, costUsd }: { tokens: number; costUsd: number }): number {
    return this.budget.budget.unit === "tokens" ? tokens : costUsd;
  }

  /** What a subject has spent in the period of a moment, nothing included. */
  account(subject: string, atMs: number): Account {
    const startMs = periodStartMs(this.budget.budget.period, atMs);
    const known = this.accounts.get(subject);
    if (known?.periodStartMs === startMs) return known;
    const { tenant, id } = this.budget;
    return {
      tenant,
      budgetId: id,
      subject,
      periodStartMs: startMs,
      tokens: 0,
      costUsd: 0,
      calls: 0,
      unpricedCalls: 0,
      state: "within",
    };
  }

  load(stored: StoredSpending): void {
    this.accounts.set(stored.subject, { ...stored, state: this.stateOf(stored) });
  }

  /** Forgets accounts of former periods. */
  tidy(nowMs: number): void {
    const startMs = periodStartMs(this.budget.budget.period, nowMs);
    for (const [subject, account] of this.accounts)
      if (account.periodStartMs < startMs) this.accounts.delete(subject);
  }

  /** Adds to the account; the new state when that is worse than before. */
  add(change: StoredSpending): Account | undefined {
    const known = this.accounts.get(change.subject);
    if (known !== undefined && known.periodStartMs > change.periodStartMs) return undefined;
    if (known === undefined && this.accounts.size >= MAX_SUBJECTS) {
      this.refused++;
      return undefined;
    }
    if (known?.periodStartMs !== change.periodStartMs) {
      const account: Account = { ...change, state: this.stateOf(change) };
      this.accounts.set(change.subject, account);
      return account.state === "within" ? undefined : account;
    }
    addTo(known, change);
    const state = this.stateOf(known);
    if (state === known.state) return undefined;
    known.state = state;
    return known;
  }

  /** What a spending means for this budget; undefined when nothing, or when it has to wait. */
  changeOf(spend: Spend): StoredSpending | undefined {
    const subject = this.budget.budget.enabled ? this.subjectOf(spend) : undefined;
    if (subject === undefined) return undefined;
    if (this.held !== undefined) {
      if (this.held.length < MAX_HELD) this.held.push(spend);
      return undefined;
    }
    if (this.ahead.delete(spend.span)) return undefined;
    return {
      tenant: spend.tenant,
      budgetId: this.budget.id,
      subject,
      periodStartMs: periodStartMs(this.budget.budget.period, spend.atMs),
      tokens: spend.tokens,
      costUsd: spend.costUsd,
      calls: 1,
      unpricedCalls: spend.isUnpriced ? 1 : 0,
    };
  }
}

/** Budgets of one tenant by what they are for. */
interface Targets {
  each: BudgetAccounts[];
  only: Map<string, BudgetAccounts[]>;
}

/** All budgets with their accounts, in memory. */
export class Ledger {
  private readonly tenants = new Map<string, Map<string, BudgetAccounts>>();
  private readonly targets = new Map<string, Map<BudgetPer, Targets>>();

  has(tenant: string): boolean {
    return this.tenants.has(tenant);
  }

  of(tenant: string): BudgetAccounts[] {
    return [...(this.tenants.get(tenant)?.values() ?? [])];
  }

  get(tenant: string, id: string): BudgetAccounts | undefined {
    return this.tenants.get(tenant)?.get(id);
  }

  *all(): Generator<BudgetAccounts> {
    for (const budgets of this.tenants.values()) yield* budgets.values();
  }

  set(accounts: BudgetAccounts): void {
    const { tenant, id } = accounts.budget;
    const budgets = this.tenants.get(tenant) ?? new Map<string, BudgetAccounts>();
    this.tenants.set(tenant, budgets);
    budgets.set(id, accounts);
    this.index(tenant);
  }

  remove(tenant: string, id: string): void {
    const budgets = this.tenants.get(tenant);
    budgets?.delete(id);
    if (budgets?.size === 0) this.tenants.delete(tenant);
    this.index(tenant);
  }

  /** Budgets that somebody with these names spends from. */
  concerning(
    who: Pick<Spend, "tenant" | "agent" | "conversation" | "user" | "workflow">,
  ): BudgetAccounts[] {
    const found: BudgetAccounts[] = [];
    for (const [kind, { each, only }] of this.targets.get(who.tenant) ?? []) {
      const subject = kind === "fleet" ? "" : who[kind];
      if (kind !== "fleet" && subject === "") continue;
      found.push(...each);
      const alone = only.get(subject);
      if (alone !== undefined) found.push(...alone);
    }
    return found;
  }

  private index(tenant: string): void {
    const targets = new Map<BudgetPer, Targets>();
    for (const accounts of this.of(tenant)) {
      const { per, only } = accounts.budget.budget;
      const target: Targets = targets.get(per) ?? { each: [], only: new Map() };
      targets.set(per, target);
      if (only === undefined) target.each.push(accounts);
      else target.only.set(only, [...(target.only.get(only) ?? []), accounts]);
    }
    this.targets.set(tenant, targets);
    if (targets.size === 0) this.targets.delete(tenant);
  }
}
