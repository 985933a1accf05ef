import { isStale, NAME_LABEL, wordsOf } from "#lib";
import type { MetricStore, SeriesRef } from "#store";

import { ALERTS_FOR_STATE_METRIC, type RuleAlert } from "../alerting/index.ts";
import type { LiveRule } from "./live-rule.ts";

/** Alerts that were active longer ago than this have begun anew, as upstream's outage tolerance. */
const OUTAGE_TOLERANCE_MS = 3_600_000;
/** Waits shorter than this are simply waited again, as upstream; longer ones have at least this left after a restart. */
export const FOR_GRACE_MS = 10 * 60_000;

/** When a pending alert began, from what was known when the server went down. */
function restoredActiveAt(
  { forMs, nowMs }: { forMs: number; nowMs: number },
  downAtMs: number,
  activeAtMs: number,
): number {
  const remainingMs = forMs - (downAtMs - activeAtMs);
  if (remainingMs <= 0) return activeAtMs;
  if (remainingMs < FOR_GRACE_MS) return nowMs + FOR_GRACE_MS - forMs;
  return activeAtMs + (nowMs - downAtMs);
}

/**
 * Gives alerts that just began to wait the time that they had waited before the start, from `ALERTS_FOR_STATE`: for rules of
 * files whose alerts nobody else remembers. @returns whether one was changed.
 */
export async function restoreForState(
  live: LiveRule,
  alerts: readonly RuleAlert[],
  metrics: MetricStore,
  { startedAtMs, nowMs }: { startedAtMs: number; nowMs: number },
): Promise<boolean> {
  const byRef = new Map<SeriesRef, RuleAlert>();
  for (const alert of alerts) {
    const labels = alert.labels.with(NAME_LABEL, ALERTS_FOR_STATE_METRIC).toObject();
    const ref = metrics.find(live.tenant, labels);
    if (ref !== undefined) byRef.set(ref, alert);
  }
  if (byRef.size === 0) return false;
  const { forMs } = live.definition;
  const fromMs = startedAtMs - OUTAGE_TOLERANCE_MS;
  let changed = false;
  for (const { ref, times, values } of await metrics.range(
    live.tenant,
    [...byRef.keys()],
    fromMs,
    startedAtMs - 1,
  )) {
    const at = times.length - 1;
    const alert = byRef.get(ref);
    if (alert?.state !== "pending" || at < 0 || isStale(wordsOf(values), at)) continue;
    const activeAtMs = (values[at] ?? 0) * 1000;
    alert.activeAtMs = restoredActiveAt({ forMs, nowMs }, times[at] ?? 0, activeAtMs);
    changed = true;
  }
  return changed;
}
