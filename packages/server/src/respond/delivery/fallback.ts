import type { NewNotification } from "#store";

import type { ConfiguredChannel } from "../channel-set.ts";
import { integrationName } from "../notify/index.ts";
import { toStored } from "../stages/enqueue.ts";
import type { Notification } from "../types.ts";

/** Copies of a notification for other channels, because its own did not take it. */
export const copiesFor = (
  channels: readonly ConfiguredChannel[],
  notification: Notification,
  { nowMs, alertIds }: { nowMs: number; alertIds: ReadonlyMap<string, string | null> },
): NewNotification[] =>
  channels.map(({ channel, receiver, integration }) => {
    const place = integrationName(integration);
    const copy: Notification = {
      ...notification,
      // The same however often the copy is made.
      id: `${notification.id}.${receiver}/${place}`,
      receiver,
      integration: place,
      createdAtMs: nowMs,
      reason: "fallback",
    };
    return toStored(copy, channel.target, alertIds);
  });
