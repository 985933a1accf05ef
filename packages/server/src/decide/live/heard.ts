import type { MetricStore } from "#store";

import { ALERT_NAME_LABEL, type RuleAlert } from "../alerting/index.ts";
import type { LiveRule } from "./live-rule.ts";

const END = "\u0001";

/**
 * Forgets those of the alerts from before the restart for which a series of the rule has a newer sample: one with the same
 * values of all labels but those that the rule sets.
 */
export function forgetHeard(live: LiveRule, metrics: MetricStore, sinceMs: number): void {
  if (live.unheard.size === 0) return;
  const own = new Set([ALERT_NAME_LABEL, ...Object.keys(live.definition.labels)]);
  const byNames = new Map<string, { names: string[]; alerts: RuleAlert[] }>();
  for (const alert of live.unheard) {
    const names = alert.labels.names.filter((name) => !own.has(name));
    const key = names.join(END);
    const known = byNames.get(key);
    if (known) known.alerts.push(alert);
    else byNames.set(key, { names, alerts: [alert] });
  }
  const fresh = [...live.refs].filter((ref) => metrics.newestTime(ref) >= sinceMs);
  if (fresh.length === 0) return;
  for (const { names, alerts } of byNames.values()) {
    const signatures = new Set(
      fresh.map((ref) => {
        const labels = metrics.labelsOf(ref);
        return names.map((name) => labels.get(name) ?? "").join(END);
      }),
    );
    for (const alert of alerts) {
      const signature = names.map((name) => alert.labels.get(name) ?? "").join(END);
      if (signatures.has(signature)) live.unheard.delete(alert);
    }
  }
}
