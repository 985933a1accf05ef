import { isoTime } from "#lib";

import type { RuleAlert } from "../alerting/index.ts";
import type { LiveRule } from "../live/index.ts";
import type { AlertingRuleView, AlertView } from "./types.ts";

/** How upstream writes the time of what never happened. */
export const NEVER = "0001-01-01T00:00:00Z";

/** A number as Go's `strconv.FormatFloat` writes it with the format `e`. */
export function formatExponent(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const text = Object.is(value, -0) ? "-0e+0" : value.toExponential();
  return text.replace(/e([+-])(\d)$/, "e$10$2");
}

export const alertView = (alert: RuleAlert): AlertView => ({
  labels: alert.labels.toObject(),
  annotations: alert.annotations,
  state: alert.state === "pending" ? "pending" : "firing",
  activeAt: isoTime(alert.activeAtMs),
  ...(alert.keepFiringSinceMs !== null && { keepFiringSince: isoTime(alert.keepFiringSinceMs) }),
  value: formatExponent(alert.value),
});

/** A rule with its alerts, in upstream's shape. */
export function alertingView({ definition, state, last, complaint }: LiveRule): AlertingRuleView {
  const { name, query, forMs, keepFiringForMs, labels, annotations } = definition;
  return {
    type: "alerting",
    state: state.state,
    name,
    query,
    duration: forMs / 1000,
    keepFiringFor: keepFiringForMs / 1000,
    labels,
    annotations,
    alerts: Array.from(state.active(), alertView),
    health: last === undefined ? "unknown" : last.error === "" ? "ok" : "err",
    lastError: last?.error || complaint,
    evaluationTime: (last?.durationMs ?? 0) / 1000,
    lastEvaluation: last === undefined ? NEVER : isoTime(last.atMs),
  };
}
