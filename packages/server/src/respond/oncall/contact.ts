import type { ContactMethod, PersonInput, Urgency } from "@fleetlight/contract";
import { parseDuration, severityRank } from "#lib";

import { holdsAt } from "./hours.ts";
import { zoneOf } from "./zone.ts";

/** How urgent an incident of that severity is. */
export const urgencyOf = (severity: string): Urgency =>
  severityRank(severity) >= severityRank("high") ? "high" : "low";

/** One way to reach somebody, and how long after it was decided to. */
export interface Reach {
  /** Index in the person's contact methods. */
  method: number;
  afterMs: number;
}

/** How a person is told at a moment, in order; `reason` says why not at all. */
export function waysToReach(
  person: PersonInput,
  urgency: Urgency,
  atMs: number,
): { ways: Reach[]; reason: string } {
  if (person.contact_methods.length === 0) return { ways: [], reason: "has no contact methods" };
  const isQuiet =
    person.quiet_hours.length > 0 && holdsAt(person.quiet_hours, zoneOf(person.time_zone), atMs);
  if (urgency === "low" && isQuiet) return { ways: [], reason: "has quiet hours" };
  const ways = person.contact_methods.flatMap((one: ContactMethod, method) =>
    one.urgency === "any" || one.urgency === urgency
      ? { method, afterMs: parseDuration(one.after) }
      : [],
  );
  return { ways, reason: ways.length === 0 ? `has no contact method for ${urgency} urgency` : "" };
}
