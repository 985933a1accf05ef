import type { Alert, AlertRule } from "@fleetlight/contract";

import { formatSelector, parseSelector } from "../../format/selector.ts";

/** Labels that alerting adds; a series never carries them. */
const ADDED = new Set(["alertname", "severity", "rule", "rule_id", "__name__"]);

/** The selector of the series that an alert is about: the rule's, narrowed by the labels the alert got from the series. */
export const alertSelector = (alert: Alert, rule: AlertRule | undefined): string => {
  const selector = parseSelector(alert.metric);
  if (selector === null) return alert.metric;
  const told = new Set(selector.matchers.filter(({ op }) => op === "=").map(({ label }) => label));
  const own = Object.entries(alert.labels).filter(
    ([label, value]) =>
      !ADDED.has(label) && !told.has(label) && rule?.labels[label] !== value && value !== "",
  );
  return formatSelector({
    name: selector.name,
    matchers: [
      ...selector.matchers,
      ...own.map(([label, value]) => ({ label, op: "=" as const, value })),
    ],
  });
};

const LEAST_BEFORE_MS = 10 * 60_000;
const MOST_BEFORE_MS = 6 * 3_600_000;

/** What the graph of an alert shows: some time before it began, up to some time after it ended or to now. */
export const alertStretch = (alert: Alert, now: number): { from: number; to: number } => {
  const began = Date.parse(alert.active_at);
  const ended = alert.resolved_at === null ? now : Date.parse(alert.resolved_at);
  const lasted = Math.max(0, ended - began);
  const margin = Math.min(MOST_BEFORE_MS, Math.max(LEAST_BEFORE_MS, lasted / 2));
  return {
    from: began - margin,
    to: alert.resolved_at === null ? now : Math.min(now, ended + margin),
  };
};
