import { Labels } from "@fleetlight/promql";

import { parseSelector } from "#lib";
import type { StoredAlert } from "#store";

import type { RuleAlert } from "../alerting/index.ts";

const timeOf = (text: string | null | undefined): number | null =>
  text == null ? null : Date.parse(text);

/** Labels of the series that an alert is of, which are kept as people read them. */
function sourceOf(series: string): Labels {
  try {
    return Labels.from(parseSelector(series).matchers.map(({ name, value }) => [name, value]));
  } catch {
    return Labels.empty;
  }
}

/** An alert as it was before the restart. */
export function restoredAlert({ alert }: StoredAlert): RuleAlert {
  const isFiring = alert.state === "firing";
  return {
    labels: Labels.fromObject(alert.labels),
    source: sourceOf(alert.metric),
    annotations: alert.annotations,
    state: isFiring ? "firing" : "pending",
    value: alert.value ?? Number.NaN,
    activeAtMs: Date.parse(alert.active_at),
    firedAtMs: isFiring ? timeOf(alert.fired_at) : null,
    resolvedAtMs: null,
    keepFiringSinceMs: timeOf(alert.keep_firing_since),
    flips: [],
    isFlapping: false,
  };
}
