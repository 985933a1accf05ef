import { notFound } from "#lib";
import type { IncidentRepository } from "#store";

import { makeLive, type LiveIncident } from "./live.ts";

/** Alerts of an incident that are shown, and read again at a start. */
export const MAX_READ = 5000;

/** An incident that is over, as it was. @throws FleetlightError `not_found`. */
export async function readPast(
  repository: IncidentRepository,
  tenant: string,
  id: string,
): Promise<LiveIncident> {
  const record = await repository.get(tenant, id);
  if (record === undefined) throw notFound("incident", id);
  const live = makeLive(record);
  // The latest time that each alert fired comes first.
  for (const one of await repository.occurrences(tenant, id, MAX_READ))
    if (!live.members.has(one.fingerprint)) live.members.set(one.fingerprint, one);
  return live;
}
