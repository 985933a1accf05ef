import { conflict } from "#lib";

import type { Alertmanager } from "../../alertmanager.ts";
import { BUTTONS, groupHash } from "./buttons.ts";
import type { Press } from "./interaction.ts";

/** Who keeps acknowledgements. */
export interface Acknowledger {
  /**
   * Somebody takes care of alerts; null is as long as they last. Those that are over are left out.
   * @returns how many were changed
   */
  acknowledge(
    tenant: string,
    fingerprints: readonly string[],
    care: {
      by: string;
      note: string;
      expiresAtMs: number | null;
      kind: "acknowledge" | "snooze";
    },
  ): Promise<number>;
}

export interface PressDoors {
  alertmanager: Pick<Alertmanager, "groups" | "silences">;
  acknowledger: Acknowledger;
  now: () => number;
}

const alertsWord = (count: number): string => (count === 1 ? "1 alert" : `${count} alerts`);

/** The group as it is now; undefined when it has ended, or when the message was no group's. */
async function groupOf({ alertmanager }: PressDoors, { tenant, group }: Press["subject"]) {
  const groups = await alertmanager.groups(tenant);
  return groups.find(({ receiver, key }) => groupHash(receiver, key) === group);
}

/**
 * Does what a button says.
 * @returns what was done, for people
 * @throws FleetlightError `conflict` when the alerts are over, or a silence would be about everything.
 */
export async function press(what: Press, doors: PressDoors): Promise<string> {
  const { button, subject, by } = what;
  const { minutes } = BUTTONS[button];
  const nowMs = doors.now();
  const untilMs = minutes === null ? null : nowMs + minutes * 60_000;
  const group = await groupOf(doors, subject);
  if (button === "fleetlight_silence") {
    if (!group || untilMs === null) throw conflict("the alerts are over");
    const matchers = Object.entries(group.labels).map(([name, value]) => ({
      name,
      operator: "=" as const,
      value,
    }));
    if (matchers.length === 0)
      throw conflict("the group has no labels, so that a silence would be about everything");
    await doors.alertmanager.silences.set(subject.tenant, {
      matchers,
      startsAtMs: nowMs,
      endsAtMs: untilMs,
      createdBy: by,
      comment: "Silenced from Slack",
    });
    const words = matchers.map(({ name, value }) => `${name}=${JSON.stringify(value)}`).join(", ");
    return `Silenced for ${minutes} minutes by ${by}: ${words}`;
  }
  const active = group?.alerts.map(({ alert }) => alert.fingerprint) ?? subject.fingerprints;
  const isSnooze = untilMs !== null;
  const changed = await doors.acknowledger.acknowledge(subject.tenant, active, {
    by,
    note: "",
    expiresAtMs: untilMs,
    kind: isSnooze ? "snooze" : "acknowledge",
  });
  if (changed === 0) throw conflict("the alerts are over");
  return isSnooze
    ? `Snoozed for ${minutes} minutes by ${by}: ${alertsWord(changed)}`
    : `Acknowledged by ${by}: ${alertsWord(changed)}`;
}
