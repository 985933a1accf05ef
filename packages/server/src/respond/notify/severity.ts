import { SEVERITY_LEVELS, severityLevel, type SeverityLevel } from "#lib";

import type { Notification } from "./channel.ts";

/** How loud somebody is told, from nothing to do to right now. */
export type Loudness = "info" | "low" | "warning" | "high" | "critical";

const LOUDNESS: Readonly<Record<SeverityLevel, Loudness>> = {
  none: "info",
  info: "info",
  low: "low",
  warning: "warning",
  high: "high",
  critical: "critical",
  emergency: "critical",
};

/** The loudest of the alerts that fire; `warning` where none of them says a severity that is known. */
export function loudnessOf({ alerts }: Notification): Loudness {
  let worst = -1;
  for (const { status, labels } of alerts) {
    const level = severityLevel(labels["severity"]);
    if (status === "firing" && level !== undefined)
      worst = Math.max(worst, SEVERITY_LEVELS.indexOf(level));
  }
  return LOUDNESS[SEVERITY_LEVELS[worst] ?? "warning"];
}

const COLOURS: Readonly<Record<Loudness | "resolved", number>> = {
  critical: 0xd9_2d_20,
  high: 0xe0_55_1b,
  warning: 0xdc_a1_06,
  low: 0x2e_78_c7,
  info: 0x6b_7c_93,
  resolved: 0x2a_9d_5c,
};

/** Colour of a notification, as 0xRRGGBB. */
export const colourOf = (notification: Notification): number =>
  COLOURS[notification.status === "resolved" ? "resolved" : loudnessOf(notification)];
