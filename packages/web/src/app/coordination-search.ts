import type { FindingKind } from "@fleetlight/contract";

type Raw = Record<string, unknown>;

export const KINDS = [
  "wait_cycle",
  "long_wait",
  "resource_conflict",
  "contradiction",
  "duplicated_work",
  "slow_agreement",
  "loop",
  "runaway",
] as const satisfies readonly FindingKind[];

export const COORDINATION_HOURS = [1, 24, 168, 720] as const;

/** What the address of the findings says; the usual is left out. */
export interface CoordinationSearch {
  kind?: FindingKind;
  hours?: (typeof COORDINATION_HOURS)[number];
  /** The finding beside the list. */
  finding?: string;
}

const ID = /^[\w.-]{1,64}$/;

const idOf = (value: unknown): string | undefined => {
  const text = typeof value === "number" ? String(value) : value;
  return typeof text === "string" && ID.test(text) ? text : undefined;
};

export function parseCoordinationSearch(raw: Raw): CoordinationSearch {
  const search: CoordinationSearch = {};
  const kind = KINDS.find((one) => one === raw["kind"]);
  const hours = COORDINATION_HOURS.find((one) => one !== 24 && one === raw["hours"]);
  const finding = idOf(raw["finding"]);
  if (kind !== undefined) search.kind = kind;
  if (hours !== undefined) search.hours = hours;
  if (finding !== undefined) search.finding = finding;
  return search;
}

/** What the address of the budgets says. */
export interface BudgetsSearch {
  /** The budget beside the list. */
  budget?: string;
}

export function parseBudgetsSearch(raw: Raw): BudgetsSearch {
  const budget = idOf(raw["budget"]);
  return budget === undefined ? {} : { budget };
}
