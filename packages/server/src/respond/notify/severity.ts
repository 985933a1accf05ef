import type { Notification } from "./channel.ts";

/** How loud somebody is told, from nothing to do to right now. */
export type Loudness = "info" | "low" | "warning" | "high" | "critical";

const ORDER: readonly Loudness[] = ["info", "low", "warning", "high", "critical"];

/** What rules of all kinds write into `severity`. */
const WORDS: ReadonlyMap<string, Loudness> = new Map([
  ["emergency", "critical"],
  ["page", "critical"],
  ["critical", "critical"],
  ["fatal", "critical"],
  ["error", "high"],
  ["high", "high"],
  ["major", "high"],
  ["warning", "warning"],
  ["warn", "warning"],
  ["medium", "warning"],
  ["minor", "low"],
  ["low", "low"],
  ["info", "info"],
  ["informational", "info"],
  ["notice", "info"],
  ["none", "info"],
]);

/** The loudest of the alerts that fire; `warning` where none of them says a severity that is known. */
export function loudnessOf({ alerts }: Notification): Loudness {
  let loudest = -1;
  for (const { status, labels } of alerts) {
    const loudness = WORDS.get(labels["severity"]?.toLowerCase() ?? "");
    if (status === "firing" && loudness !== undefined)
      loudest = Math.max(loudest, ORDER.indexOf(loudness));
  }
  return ORDER[loudest] ?? "warning";
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
