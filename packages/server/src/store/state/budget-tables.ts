/** Tables of budgets, stops and findings; see `StateTables` for how values are kept. */
export interface BudgetTables {
  budgets: {
    tenant: string;
    id: string;
    document: string;
    created_at_ms: number;
    updated_at_ms: number;
  };
  /** What was spent by one subject in one period, whether it is over or not. */
  budget_spending: {
    tenant: string;
    budget_id: string;
    subject: string;
    period_start_ms: number;
    tokens: number;
    cost_usd: number;
    calls: number;
    unpriced_calls: number;
  };
  /** Which spans the spending contains, for as long as they may be found again. */
  budget_counted: {
    id: string;
    tenant: string;
    at_ms: number;
    spans: string;
  };
  stops: {
    tenant: string;
    id: string;
    document: string;
    expires_at_ms: number | null;
  };
  coordination_findings: {
    tenant: string;
    id: string;
    kind: string;
    document: string;
    first_seen_ms: number;
    last_seen_ms: number;
    ended_at_ms: number | null;
  };
}
