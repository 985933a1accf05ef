import type { Alert } from "@fleetlight/contract";

import { formatSelector, parseSelector } from "../../format/selector.ts";

/** Labels that alerting adds; a series never carries them. */
const ADDED = new Set(["alertname", "severity", "rule", "rule_id", "__name__"]);

/** The selector of the series that an alert is about, from the labels that it got from the series. */
const alertSelector = (alert: Alert): string => {
  const selector = parseSelector(alert.metric);
  if (selector === null) return alert.metric;
  const told = new Set(selector.matchers.filter(({ op }) => op === "=").map(({ label }) => label));
  const own = Object.entries(alert.labels).filter(
    ([label, value]) => !ADDED.has(label) && !told.has(label) && value !== "",
  );
  return formatSelector({
    name: selector.name,
    matchers: [
      ...selector.matchers,
      ...own.map(([label, value]) => ({ label, op: "=" as const, value })),
    ],
  });
};

/** What was asked when the alert began; one that an older version kept says it by its metric and condition. */
export const alertExpression = (alert: Alert): string =>
  alert.expr !== ""
    ? alert.expr
    : `${alertSelector(alert)} ${alert.condition} ${String(alert.threshold)}`;

type Labelled = { labels: Record<string, string> };

/** The series that an alert is about: those whose labels it has. All of them when there is none. */
export const ownSeries = <T extends Labelled>(series: readonly T[], alert: Alert): T[] => {
  const own = series.filter(({ labels }) =>
    Object.entries(labels).every(
      ([name, value]) => name === "__name__" || alert.labels[name] === value,
    ),
  );
  return own.length > 0 ? own : [...series];
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
    // While an alert is open its window grows in steps, so that it is not asked anew at every second.
    from: began - (alert.resolved_at === null ? Math.ceil(margin / 300_000) * 300_000 : margin),
    to: alert.resolved_at === null ? now : Math.min(now, ended + margin),
  };
};

const LINKS: Record<string, string> = {
  runbook_url: "Runbook",
  runbook: "Runbook",
  dashboard_url: "Dashboard",
  dashboard: "Dashboard",
  playbook_url: "Playbook",
};

/** Only addresses that a browser may follow: an annotation is written by whoever wrote the rule, or by another system. */
const isWebAddress = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  return ["http:", "https:"].includes(new URL(text).protocol);
};

/** Annotations and labels that lead somewhere. */
export const linksOf = (
  texts: Readonly<Record<string, string>>,
): { word: string; href: string }[] =>
  Object.entries(LINKS).flatMap(([name, word]) => {
    const href = texts[name] ?? "";
    return isWebAddress(href) ? [{ word, href }] : [];
  });
