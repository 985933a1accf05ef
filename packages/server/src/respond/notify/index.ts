import type { IntegrationConfig, ReceiverConfig } from "#config";

import type { ChannelContext, NotificationChannel } from "./channel.ts";
import { createDiscord } from "./discord/index.ts";
import { createEmail } from "./email/index.ts";
import { createExec } from "./exec/index.ts";
import { createGoogleChat } from "./google-chat/index.ts";
import { createMatrix } from "./matrix/index.ts";
import { createMattermost } from "./mattermost/index.ts";
import { createMsteams, createMsteamsv2 } from "./msteams/index.ts";
import { createNtfy } from "./ntfy/index.ts";
import { createOpsgenie } from "./opsgenie/index.ts";
import { createPagerduty } from "./pagerduty/index.ts";
import { createPushover } from "./pushover/index.ts";
import { createSlack } from "./slack/index.ts";
import { createTelegram } from "./telegram/index.ts";
import { createTwilio } from "./twilio/index.ts";
import { createWebhook } from "./webhook/index.ts";

export type { ChannelContext, NotificationChannel } from "./channel.ts";
export { integrationName } from "./channel.ts";

type Create<K extends IntegrationConfig["kind"]> = (
  integration: Extract<IntegrationConfig, { kind: K }>,
  context: ChannelContext,
) => NotificationChannel;

/** Every kind of channel; a kind whose folder is not there yet is left out of a receiver, and said so in the log. */
const KINDS: { readonly [K in IntegrationConfig["kind"]]?: Create<K> } = {
  email: createEmail,
  pagerduty: createPagerduty,
  slack: createSlack,
  webhook: createWebhook,
  opsgenie: createOpsgenie,
  msteams: createMsteams,
  msteamsv2: createMsteamsv2,
  exec: createExec,
  discord: createDiscord,
  telegram: createTelegram,
  pushover: createPushover,
  mattermost: createMattermost,
  ntfy: createNtfy,
  googlechat: createGoogleChat,
  twilio: createTwilio,
  matrix: createMatrix,
};

/** The channels of a receiver in the order of its integrations. */
export function createChannels(
  receiver: ReceiverConfig,
  context: Omit<ChannelContext, "receiver">,
): NotificationChannel[] {
  return receiver.integrations.flatMap((integration) => {
    const create = KINDS[integration.kind] as Create<IntegrationConfig["kind"]> | undefined;
    if (create) return create(integration, { ...context, receiver: receiver.name });
    context.logger.warn(
      { receiver: receiver.name, kind: integration.kind },
      "this server has no such channel",
    );
    return [];
  });
}
