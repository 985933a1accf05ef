import type { BudgetEntry, Stop } from "@fleetlight/contract";
import type { Kysely, Transaction } from "kysely";

import type { StateTables } from "./schema.ts";

/** A budget that was made through the API, or what is remembered of one of the configuration. */
export interface StoredBudget {
  tenant: string;
  id: string;
  budget: BudgetEntry;
  origin: "api" | "config";
  /** Since when its spending is complete; null until former spans have been counted. */
  countedSinceMs: number | null;
  createdAtMs: number;
  updatedAtMs: number;
}

/** What one subject spent of one budget within one period. */
export interface StoredSpending {
  tenant: string;
  budgetId: string;
  subject: string;
  /** Unix milliseconds; 0 of a period that never ends. */
  periodStartMs: number;
  tokens: number;
  costUsd: number;
  calls: number;
  unpricedCalls: number;
}

/** What was spent since the last time, and the spans that it comes from. */
export interface SpendingBatch {
  /** Names the batch for ever: it is written once, however often it is sent. */
  id: string;
  tenant: string;
  atMs: number;
  /** Amounts that are added to what is there. */
  /** Each budget, period and subject at most once. */
  spent: readonly StoredSpending[];
  spans: readonly string[];
}

export interface StoredStop extends Pick<Stop, "id" | "kind" | "subject" | "reason" | "by"> {
  tenant: string;
  createdAtMs: number;
  expiresAtMs: number | null;
}

/** Budgets and stops of all tenants; `put` replaces by tenant and id, removing what is not there is no error. */
export interface BudgetRepository {
  list(): Promise<StoredBudget[]>;
  put(budget: StoredBudget): Promise<void>;
  /** With all that was spent of it. */
  remove(tenant: string, id: string): Promise<void>;
  /** Of one period, those who spent most first. */
  spending(
    tenant: string,
    id: string,
    periodStartMs: number,
    limit: number,
  ): Promise<StoredSpending[]>;
  /** Of all periods, the latest first. */
  history(tenant: string, id: string, limit: number): Promise<StoredSpending[]>;
  /** Forgets what was spent of a budget. */
  clearSpending(tenant: string, id: string): Promise<void>;
  /** All or nothing; resolves when durable. */
  record(batch: SpendingBatch): Promise<void>;
  /** Spans that were counted, the latest batch first. */
  counted(limit: number): Promise<{ tenant: string; atMs: number; spans: string[] }[]>;
  prune(before: { countedMs: number; periodsMs: number }): Promise<void>;
  stops(): Promise<StoredStop[]>;
  putStop(stop: StoredStop): Promise<void>;
  removeStop(tenant: string, id: string): Promise<void>;
}

/** Rows of one statement. */
const ROWS_AT_ONCE = 50;

type SpendingRow = StateTables["budget_spending"];

const spendingOf = (row: SpendingRow): StoredSpending => ({
  tenant: row.tenant,
  budgetId: row.budget_id,
  subject: row.subject,
  periodStartMs: row.period_start_ms,
  tokens: row.tokens,
  costUsd: row.cost_usd,
  calls: row.calls,
  unpricedCalls: row.unpriced_calls,
});

const addSpending = (
  transaction: Transaction<StateTables>,
  tenant: string,
  spent: readonly StoredSpending[],
) =>
  transaction
    .insertInto("budget_spending")
    .values(
      spent.map((one) => ({
        tenant,
        budget_id: one.budgetId,
        subject: one.subject,
        period_start_ms: one.periodStartMs,
        tokens: one.tokens,
        cost_usd: one.costUsd,
        calls: one.calls,
        unpriced_calls: one.unpricedCalls,
      })),
    )
    .onConflict((conflict) =>
      conflict.columns(["tenant", "budget_id", "period_start_ms", "subject"]).doUpdateSet((eb) => ({
        tokens: eb("budget_spending.tokens", "+", eb.ref("excluded.tokens")),
        cost_usd: eb("budget_spending.cost_usd", "+", eb.ref("excluded.cost_usd")),
        calls: eb("budget_spending.calls", "+", eb.ref("excluded.calls")),
        unpriced_calls: eb(
          "budget_spending.unpriced_calls",
          "+",
          eb.ref("excluded.unpriced_calls"),
        ),
      })),
    )
    .execute();

const recordBatch = (db: Kysely<StateTables>, { id, tenant, atMs, spent, spans }: SpendingBatch) =>
  db.transaction().execute(async (transaction) => {
    const { numInsertedOrUpdatedRows } = await transaction
      .insertInto("budget_counted")
      .values({ id, tenant, at_ms: atMs, spans: spans.join("\n") })
      .onConflict((conflict) => conflict.column("id").doNothing())
      .executeTakeFirst();
    if (Number(numInsertedOrUpdatedRows) === 0) return;
    for (let at = 0; at < spent.length; at += ROWS_AT_ONCE) {
      // SQLite answers at once: without a pause a long batch would keep everybody waiting.
      if (at > 0) await new Promise((resolve) => setImmediate(resolve));
      await addSpending(transaction, tenant, spent.slice(at, at + ROWS_AT_ONCE));
    }
  });

const stopQueries = (
  db: Kysely<StateTables>,
): Pick<BudgetRepository, "stops" | "putStop" | "removeStop"> => ({
  async stops() {
    const rows = await db.selectFrom("stops").select("document").execute();
    return rows.map(({ document }) => JSON.parse(document) as StoredStop);
  },

  async putStop(stop) {
    const values = { document: JSON.stringify(stop), expires_at_ms: stop.expiresAtMs };
    await db
      .insertInto("stops")
      .values({ tenant: stop.tenant, id: stop.id, ...values })
      .onConflict((conflict) => conflict.columns(["tenant", "id"]).doUpdateSet(values))
      .execute();
  },

  async removeStop(tenant, id) {
    await db.deleteFrom("stops").where("tenant", "=", tenant).where("id", "=", id).execute();
  },
});

const budgetQueries = (
  db: Kysely<StateTables>,
): Pick<BudgetRepository, "list" | "put" | "remove"> => ({
  async list() {
    const rows = await db.selectFrom("budgets").select("document").execute();
    return rows.map(({ document }) => JSON.parse(document) as StoredBudget);
  },

  async put(budget) {
    const values = {
      document: JSON.stringify(budget),
      created_at_ms: budget.createdAtMs,
      updated_at_ms: budget.updatedAtMs,
    };
    await db
      .insertInto("budgets")
      .values({ tenant: budget.tenant, id: budget.id, ...values })
      .onConflict((conflict) => conflict.columns(["tenant", "id"]).doUpdateSet(values))
      .execute();
  },

  remove: (tenant, id) =>
    db.transaction().execute(async (transaction) => {
      await transaction
        .deleteFrom("budgets")
        .where("tenant", "=", tenant)
        .where("id", "=", id)
        .execute();
      await transaction
        .deleteFrom("budget_spending")
        .where("tenant", "=", tenant)
        .where("budget_id", "=", id)
        .execute();
    }),
});

const spendingQueries = (
  db: Kysely<StateTables>,
): Pick<BudgetRepository, "spending" | "history" | "clearSpending"> => ({
  async spending(tenant, id, periodStartMs, limit) {
    const rows = await db
      .selectFrom("budget_spending")
      .selectAll()
      .where("tenant", "=", tenant)
      .where("budget_id", "=", id)
      .where("period_start_ms", "=", periodStartMs)
      .orderBy("cost_usd", "desc")
      .orderBy("tokens", "desc")
      .limit(limit)
      .execute();
    return rows.map(spendingOf);
  },

  async history(tenant, id, limit) {
    const rows = await db
      .selectFrom("budget_spending")
      .selectAll()
      .where("tenant", "=", tenant)
      .where("budget_id", "=", id)
      .orderBy("period_start_ms", "desc")
      .orderBy("cost_usd", "desc")
      .orderBy("tokens", "desc")
      .orderBy("subject")
      .limit(limit)
      .execute();
    return rows.map(spendingOf);
  },

  async clearSpending(tenant, id) {
    await db
      .deleteFrom("budget_spending")
      .where("tenant", "=", tenant)
      .where("budget_id", "=", id)
      .execute();
  },
});

export const budgetRepository = (db: Kysely<StateTables>): BudgetRepository => ({
  ...budgetQueries(db),
  ...stopQueries(db),
  ...spendingQueries(db),

  record: (batch) => recordBatch(db, batch),

  async counted(limit) {
    const rows = await db
      .selectFrom("budget_counted")
      .select(["tenant", "at_ms", "spans"])
      .orderBy("at_ms", "desc")
      .limit(limit)
      .execute();
    return rows.map(({ tenant, at_ms, spans }) => ({
      tenant,
      atMs: at_ms,
      spans: spans === "" ? [] : spans.split("\n"),
    }));
  },

  async prune({ countedMs, periodsMs }) {
    await db.deleteFrom("budget_counted").where("at_ms", "<", countedMs).execute();
    await db
      .deleteFrom("budget_spending")
      .where("period_start_ms", "<", periodsMs)
      .where("period_start_ms", ">", 0)
      .execute();
  },
});
