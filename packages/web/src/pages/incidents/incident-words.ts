import type { EscalationState, Incident, TimelineEntry } from "@fleetlight/contract";

import { formatDuration } from "../../format/time.ts";

export const STATUSES = ["triggered", "acknowledged", "resolved"] as const;
export type Status = (typeof STATUSES)[number];

export const STATUS_WORDS: Record<Status, string> = {
  triggered: "Triggered",
  acknowledged: "Acknowledged",
  resolved: "Resolved",
};

/** The state mark that shows a status. */
export const STATUS_MARKS = {
  triggered: "firing",
  acknowledged: "acknowledged",
  resolved: "resolved",
} as const;

/** The colour of tokens.css that an entry of the timeline is marked with. */
export const entryToken = ({ kind, attributes }: TimelineEntry): string => {
  const tokens: Partial<Record<TimelineEntry["kind"], string>> = {
    alert_firing: "--fl-firing",
    alert_resolved: "--fl-healthy",
    acknowledged: "--fl-acknowledged",
    unacknowledged: "--fl-pending",
    acknowledgement_expired: "--fl-pending",
    suppressed: "--fl-silenced",
    unsuppressed: "--fl-pending",
    notification: "--fl-info",
    escalation: "--fl-pending",
    note: "--fl-text",
  };
  if (kind === "notification" && attributes["outcome"] === "failed") return "--fl-unhealthy";
  return tokens[kind] ?? "--fl-unknown";
};

/** Why nobody is told of an alert of an incident, without the ids of silences, which nobody reads. */
export const suppressedText = (reasons: readonly string[]): string =>
  [
    ...new Set(
      reasons.map((reason) => (/^silence [\da-f-]{36}$/.test(reason) ? "silenced" : reason)),
    ),
  ].join(", ");

/** How long an incident lasted, or has lasted. */
export const lastedMs = ({ triggered_at, resolved_at }: Incident, now: number): number =>
  (resolved_at === null ? now : Date.parse(resolved_at)) - Date.parse(triggered_at);

/** Where the escalation stands, in words. */
export const escalationText = (state: EscalationState, now: number): string => {
  const where = `step ${Math.min(state.step + 1, state.steps)} of ${state.steps}`;
  const round = state.round > 1 ? `, round ${state.round}` : "";
  if (state.status !== "waiting") {
    const words = { held: "held", stopped: "stopped", finished: "has run through" };
    return [words[state.status], state.reason].filter(Boolean).join(": ");
  }
  if (state.next_at === null) return `${where}${round}`;
  return `${where}${round}, in ${formatDuration(Date.parse(state.next_at) - now)}`;
};
