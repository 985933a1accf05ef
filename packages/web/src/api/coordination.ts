import type {
  Budget,
  BudgetHistory,
  BudgetInput,
  BudgetList,
  CoordinationSummary,
  Finding,
  FindingList,
  Stop,
  StopInput,
  StopList,
} from "@fleetlight/contract";
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import type { CoordinationSearch } from "../app/coordination-search.ts";
import { get, request } from "./client.ts";
import { coordinationPaths as paths } from "./paths.ts";

/** Deadlocks are looked at while they last. */
const REFRESH_MS = 3000;
const SLOW_REFRESH_MS = 10_000;
export const FINDINGS_SHOWN = 300;
export const budgetsKey = ["budgets"];
export const stopsKey = ["stops"];

const startOf = (hours: number): number => Math.floor(Date.now() / 1000 - hours * 3600);

export const findingsQuery = ({ hours = 24, kind }: CoordinationSearch) =>
  queryOptions({
    queryKey: ["coordination", "list", hours, kind ?? ""],
    queryFn: ({ signal }) =>
      get<FindingList>(
        paths.findings({ start: startOf(hours), kind, limit: FINDINGS_SHOWN }),
        signal,
      ),
    placeholderData: keepPreviousData,
    refetchInterval: REFRESH_MS,
  });

export const findingQuery = (finding: string) =>
  queryOptions({
    queryKey: ["coordination", "one", finding],
    queryFn: ({ signal }) => get<Finding>(paths.finding(finding), signal),
    refetchInterval: REFRESH_MS,
  });

export const coordinationSummaryQuery = ({ hours = 24 }: CoordinationSearch) =>
  queryOptions({
    queryKey: ["coordination", "summary", hours],
    queryFn: ({ signal }) =>
      get<CoordinationSummary>(paths.summary({ start: startOf(hours) }), signal),
    placeholderData: keepPreviousData,
    refetchInterval: SLOW_REFRESH_MS,
  });

export const budgetsQuery = () =>
  queryOptions({
    queryKey: budgetsKey,
    queryFn: ({ signal }) => get<BudgetList>(paths.budgets(), signal),
    refetchInterval: REFRESH_MS,
  });

export const budgetHistoryQuery = (budget: string) =>
  queryOptions({
    queryKey: [...budgetsKey, "history", budget],
    queryFn: ({ signal }) => get<BudgetHistory>(paths.budgetHistory(budget), signal),
    refetchInterval: SLOW_REFRESH_MS,
  });

export const saveBudget = (id: string | null, body: BudgetInput): Promise<Budget> =>
  id === null
    ? request("POST", paths.budgets(), { body })
    : request("PUT", paths.budget(id), { body });

export const removeBudget = (id: string): Promise<void> => request("DELETE", paths.budget(id));

export const stopsQuery = () =>
  queryOptions({
    queryKey: stopsKey,
    queryFn: ({ signal }) => get<StopList>(paths.stops(), signal),
    refetchInterval: REFRESH_MS,
  });

export const makeStop = (body: StopInput): Promise<Stop> =>
  request("POST", paths.stops(), { body });

export const removeStop = (id: string, reason: string): Promise<void> =>
  request("DELETE", paths.stop(id, reason));
