import type { Config } from "#config";
import type { Now, Outbound } from "#lib";

import type { NotificationChannel } from "./channel.ts";
import { createWebhook } from "./webhook/index.ts";

export { deliveryKey, type NotificationChannel, type SendResult } from "./channel.ts";

export interface ChannelContext {
  config: Config;
  outbound: Outbound;
  now: Now;
}

/** Every kind of channel; each answers undefined when it is not configured. */
const KINDS: readonly ((context: ChannelContext) => NotificationChannel | undefined)[] = [
  createWebhook,
];

/** The configured channels by name. */
export function createChannels(context: ChannelContext): Map<string, NotificationChannel> {
  const channels = KINDS.flatMap((create) => create(context) ?? []);
  return new Map(channels.map((channel) => [channel.name, channel]));
}
