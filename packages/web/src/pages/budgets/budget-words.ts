import type { Budget, BudgetPeriod, FleetEvent, Spending } from "@fleetlight/contract";

import { formatCount } from "../../format/units.ts";

export const STATE_WORDS: Record<Spending["state"], { word: string; token: string }> = {
  within: { word: "within", token: "--fl-healthy" },
  warned: { word: "nearly spent", token: "--fl-degraded" },
  spent: { word: "spent", token: "--fl-unhealthy" },
};

const EACH: Record<BudgetPeriod, string> = {
  hour: "an hour",
  day: "a day",
  week: "a week",
  month: "a month",
  total: "in all",
};

export const amount = (value: number, unit: Budget["unit"]): string =>
  unit === "usd"
    ? `$${value.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: value > 0 && value < 0.01 ? 4 : 2 })}`
    : `${formatCount(value)} tokens`;

/** `$5.00 a day for each agent`. */
export function ruleOf({ limit, unit, period, per, only }: Budget): string {
  const whose =
    per === "fleet"
      ? "for the whole fleet"
      : only === null
        ? `for each ${per}`
        : `for the ${per} ${only}`;
  return `${amount(limit, unit)} ${EACH[period]} ${whose}`;
}

/** One entry of the history, in words. */
export function eventWords({ type, attributes }: FleetEvent): string {
  const text = (name: string): string => attributes[name] ?? "";
  const by = text("by") === "" ? "somebody" : text("by");
  const why = text("reason") === "" ? "" : `: ${text("reason")}`;
  const whose = text("subject") === "" ? "" : ` by ${text("subject")}`;
  const unit = text("unit") === "tokens" ? "tokens" : "usd";
  if (type === "audit.budget.created") return `${by} made it${why}`;
  if (type === "audit.budget.changed")
    return `${by} changed it to ${amount(Number(text("limit")), unit)}${why}`;
  if (type === "budget.warned") return `nearly spent${whose}`;
  if (type === "budget.spent") return `spent${whose}`;
  if (type === "checkpoint.refused")
    return `${text("agent") === "" ? "an agent" : text("agent")} was told to stop`;
  return type;
}

export const eventColour = (type: string): string =>
  type === "budget.spent" || type === "checkpoint.refused"
    ? "--fl-unhealthy"
    : type === "budget.warned"
      ? "--fl-degraded"
      : "--fl-info";
