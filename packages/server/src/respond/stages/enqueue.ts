import type { NewDelivery, StoredAlert } from "#store";

import { deliveryKey } from "../notify/index.ts";
import type { Notice, Stage, StageContext } from "../pipeline.ts";

/** Notifications under way above which no further ones are made; the alerts are tried again later. */
const MAX_QUEUED = 100_000;

/** Makes one delivery per notice and channel, and notes at the alert who is told of it. */
export const enqueue = ({
  channels,
  queued,
  suppressed,
}: Pick<StageContext, "channels" | "queued" | "suppressed">): Stage => {
  const deliver = (notice: Notice, channelName: string, nowMs: number): NewDelivery | undefined => {
    const channel = channels().get(channelName);
    if (!channel || (notice.status === "resolved" && !channel.sendResolved)) return undefined;
    const { tenant, alert } = notice.stored;
    return {
      key: deliveryKey(alert.id, channelName, notice.status),
      tenant,
      alertId: alert.id,
      channel: channelName,
      target: channel.target,
      status: notice.status,
      body: channel.format(alert, notice.status),
      createdAtMs: nowMs,
    };
  };

  return (batch, nowMs) => {
    const deliveries = [...batch.deliveries];
    const told = new Map<StoredAlert, StoredAlert>();
    for (const notice of batch.notices) {
      if (queued() + deliveries.length >= MAX_QUEUED) {
        suppressed("queue_full", 1);
        continue;
      }
      const names = notice.status === "firing" ? [...channels().keys()] : notice.stored.receivers;
      const made = names.flatMap((name) => deliver(notice, name, nowMs) ?? []);
      deliveries.push(...made);
      if (notice.status === "resolved" || made.length === 0) continue;
      const receivers = made.map((delivery) => delivery.channel);
      told.set(notice.stored, { ...notice.stored, receivers, notifiedAtMs: nowMs });
    }
    const alerts = batch.alerts.map((stored) => told.get(stored) ?? stored);
    return { ...batch, alerts, deliveries };
  };
};
