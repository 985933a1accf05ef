import type { PendingDelivery } from "#store";

/** Notifications about one alert on one channel: they go out one after the other, the beginning before the end. */
export interface Lane {
  key: string;
  channel: string;
  deliveries: PendingDelivery[];
}

export const laneKey = ({ channel, tenant, alertId }: PendingDelivery): string =>
  `${channel}\n${tenant}\n${alertId}`;

const rank = ({ status }: PendingDelivery): number => (status === "firing" ? 0 : 1);

/** Puts a delivery where its turn is. @returns false when it is there already. */
export function joinLane(lane: Lane, delivery: PendingDelivery): boolean {
  if (lane.deliveries.some(({ key }) => key === delivery.key)) return false;
  lane.deliveries.push(delivery);
  lane.deliveries.sort((a, b) => rank(a) - rank(b) || a.createdAtMs - b.createdAtMs);
  return true;
}
