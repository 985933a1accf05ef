import type { Labels } from "@fleetlight/promql";

import { NAME_LABEL } from "#lib";

import type { RuleAlert } from "./alerting-rule.ts";

const ALERTS_METRIC = "ALERTS";
export const ALERTS_FOR_STATE_METRIC = "ALERTS_FOR_STATE";

/** One sample that a pending or firing alert leaves at every evaluation. */
export interface AlertSample {
  labels: Labels;
  value: number;
}

/** `ALERTS` with the alert's state, whose value is 1, and `ALERTS_FOR_STATE`, which says since when in seconds. */
export const alertSamples = ({ labels, state, activeAtMs }: RuleAlert): AlertSample[] => [
  { labels: labels.with(NAME_LABEL, ALERTS_METRIC).with("alertstate", state), value: 1 },
  {
    labels: labels.with(NAME_LABEL, ALERTS_FOR_STATE_METRIC),
    value: Math.floor(activeAtMs / 1000),
  },
];
