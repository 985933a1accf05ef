import type { EventList } from "@fleetlight/contract";

import { isoTime } from "#lib";
import type { EventQuery, EventRecord, EventStore } from "#store";

/** An event as the API answers it. */
export const toFleetEvent = (event: EventRecord): EventList["events"][number] => ({
  id: event.id,
  at: isoTime(event.timeMs),
  type: event.type,
  service: event.service,
  attributes: { ...event.attributes },
});

/** Events newest first, in the contract's shape. */
export async function listEvents(
  events: EventStore,
  tenant: string,
  query: EventQuery,
): Promise<EventList> {
  const found = await events.query(tenant, query);
  return { events: found.map(toFleetEvent), count: found.length };
}
