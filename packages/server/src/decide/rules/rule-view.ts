import type { AlertRule } from "@fleetlight/contract";

import { isoTime } from "#lib";

import type { LiveRule } from "../live/index.ts";
import type { CompiledRule } from "./compile.ts";

/** A rule as the API shows it. */
export function toAlertRule(compiled: CompiledRule, live: LiveRule | undefined): AlertRule {
  const { definition, input } = compiled;
  const { id, name, description, query, metric, condition, threshold, severity } = definition;
  const { expr, all, any, on, absent, rate_of_change, active_time, runbook_url, owner } = input;
  return {
    id,
    name,
    description,
    query,
    metric,
    condition,
    threshold,
    severity,
    labels: input.labels,
    annotations: input.annotations,
    ...withoutUndefined({ all, any, on, absent, rate_of_change, active_time, runbook_url, owner }),
    ...(expr !== undefined && condition === null && { expr }),
    no_data: definition.noData,
    on_error: definition.onError,
    enabled: compiled.enabled,
    for_duration: definition.forMs / 1000,
    keep_firing_for: definition.keepFiringForMs / 1000,
    cooldown_minutes: definition.cooldownMs / 60_000,
    origin: compiled.origin,
    created_at: isoTime(compiled.createdAtMs),
    updated_at: isoTime(compiled.updatedAtMs),
    state: live?.state.state ?? "inactive",
    evaluation: evaluationOf(compiled, live),
  };
}

const withoutUndefined = <T extends object>(fields: T): Partial<T> =>
  Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as Partial<T>;

/** What the rule's owner should know, or null. */
function complaintOf({ guessed }: CompiledRule, live: LiveRule | undefined): string | null {
  if (live === undefined) return null;
  if (guessed && live.refs.size === 0)
    return `the rule names no metric, and no series is called ${live.definition.id}: give it a metric`;
  return live.complaint || null;
}

const evaluationOf = (
  compiled: CompiledRule,
  live: LiveRule | undefined,
): AlertRule["evaluation"] => {
  const last = live?.last;
  return {
    last_at: last === undefined ? null : isoTime(last.atMs),
    last_duration_seconds: last === undefined ? null : last.durationMs / 1000,
    series: live?.refs.size ?? 0,
    samples: last?.samples ?? 0,
    evaluations: live?.evaluations ?? 0,
    failures: live?.failures ?? 0,
    error: compiled.problem ?? complaintOf(compiled, live),
  };
};
