import { createHash } from "node:crypto";

import type { Notification } from "../channel.ts";

/** Alerts that a button names by themselves; a group of more is found by its key. */
const MAX_NAMED_ALERTS = 64;

export const BUTTONS = {
  fleetlight_acknowledge: { text: "Acknowledge", style: "primary", minutes: null },
  fleetlight_snooze: { text: "Snooze 1 h", style: undefined, minutes: 60 },
  fleetlight_silence: { text: "Silence 2 h", style: "danger", minutes: 120 },
} as const;

export type ButtonName = keyof typeof BUTTONS;

export const isButton = (name: unknown): name is ButtonName =>
  typeof name === "string" && Object.hasOwn(BUTTONS, name);

/** What a pressed button is about. */
export interface ButtonSubject {
  tenant: string;
  /** See {@link groupHash}. */
  group: string;
  fingerprints: string[];
}

/** Names a group of alerts of a tenant in a few characters; a key may be longer than a button's value. */
export const groupHash = (receiver: string, groupKey: string): string =>
  createHash("sha256").update(`${receiver}\n${groupKey}`).digest("base64url").slice(0, 22);

export const buttonValue = ({ tenant, receiver, groupKey, alerts }: Notification): string =>
  JSON.stringify({
    t: tenant,
    g: groupHash(receiver, groupKey),
    a: alerts
      .filter(({ status }) => status === "firing")
      .slice(0, MAX_NAMED_ALERTS)
      .map(({ fingerprint }) => fingerprint)
      .join(""),
  });

/** Undefined for what is no value of ours. */
export function readButtonValue(value: unknown): ButtonSubject | undefined {
  if (typeof value !== "string" || value.length > 2000) return undefined;
  try {
    const { t, g, a } = JSON.parse(value) as Record<string, unknown>;
    if (typeof t !== "string" || typeof g !== "string" || typeof a !== "string") return undefined;
    return { tenant: t, group: g, fingerprints: a.match(/[0-9a-f]{16}/g) ?? [] };
  } catch {
    return undefined;
  }
}

/** Buttons of Block Kit for the alerts of a notification that fire. */
export const buttonElements = (notification: Notification): Record<string, unknown>[] =>
  Object.entries(BUTTONS).map(([name, { text, style }]) => ({
    type: "button",
    action_id: name,
    text: { type: "plain_text", text },
    value: buttonValue(notification),
    ...(style === undefined ? {} : { style }),
  }));
