import type { TraceSummary } from "@fleetlight/contract";

/** Runs of the list, and those that have come since. */
export interface Steady {
  shown: readonly TraceSummary[];
  /** New ones that are not shown yet. */
  waiting: number;
}

/**
 * While somebody has his pointer or focus on the list nothing in it may move: what is shown stays where it is, with the
 * newest figures, and what is new waits.
 */
export function steady(
  before: readonly TraceSummary[],
  fresh: readonly TraceSummary[],
  held: boolean,
): Steady {
  if (!held || before.length === 0) return { shown: fresh, waiting: 0 };
  const byId = new Map(fresh.map((run) => [run.trace_id, run]));
  const known = new Set(before.map(({ trace_id }) => trace_id));
  return {
    shown: before.map((run) => byId.get(run.trace_id) ?? run),
    waiting: fresh.filter(({ trace_id }) => !known.has(trace_id)).length,
  };
}

/** Columns of the list beside the run's name, which is always there. */
export const COLUMNS = ["lasted", "spans", "tokens", "cost", "agents", "models"] as const;
export type Column = (typeof COLUMNS)[number];

export const COLUMN_WORDS: Readonly<Record<Column, string>> = {
  lasted: "Lasted",
  spans: "Spans",
  tokens: "Tokens",
  cost: "Cost",
  agents: "Agents",
  models: "Models",
};

export const USUAL_COLUMNS: readonly Column[] = ["lasted", "spans", "tokens", "cost"];

/** Columns as a browser remembers them; whatever else stands there is left out. */
export function readColumns(text: string | undefined): Column[] {
  try {
    const read: unknown = JSON.parse(text ?? "null");
    if (!Array.isArray(read)) return [...USUAL_COLUMNS];
    return COLUMNS.filter((one) => read.includes(one));
  } catch {
    return [...USUAL_COLUMNS];
  }
}
