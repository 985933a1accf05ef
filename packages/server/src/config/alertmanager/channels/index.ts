import type { z } from "zod";

import { DiscordConfig } from "./discord.ts";
import { EmailConfig } from "./email.ts";
import { ExecConfig } from "./exec.ts";
import { GoogleChatConfig } from "./googlechat.ts";
import { MatrixConfig } from "./matrix.ts";
import { MattermostConfig } from "./mattermost.ts";
import { MsteamsConfig, Msteamsv2Config } from "./msteams.ts";
import { NtfyConfig } from "./ntfy.ts";
import { OpsgenieConfig } from "./opsgenie.ts";
import { PagerdutyConfig } from "./pagerduty.ts";
import { PushoverConfig } from "./pushover.ts";
import { SlackConfig } from "./slack.ts";
import { TelegramConfig } from "./telegram.ts";
import { TwilioConfig } from "./twilio.ts";
import { WebhookConfig } from "./webhook.ts";

/** Every kind of channel with the schema of its entries; a receiver lists them under `<kind>_configs`. */
export const CHANNEL_SCHEMAS = {
  email: EmailConfig,
  pagerduty: PagerdutyConfig,
  slack: SlackConfig,
  webhook: WebhookConfig,
  opsgenie: OpsgenieConfig,
  msteams: MsteamsConfig,
  msteamsv2: Msteamsv2Config,
  discord: DiscordConfig,
  telegram: TelegramConfig,
  pushover: PushoverConfig,
  mattermost: MattermostConfig,
  ntfy: NtfyConfig,
  googlechat: GoogleChatConfig,
  twilio: TwilioConfig,
  matrix: MatrixConfig,
  exec: ExecConfig,
} as const;

export type ChannelKindName = keyof typeof CHANNEL_SCHEMAS;
export type ChannelConfig<K extends ChannelKindName> = z.output<(typeof CHANNEL_SCHEMAS)[K]>;

/** One integration of a receiver: its kind, and its place among those of its kind. */
export type IntegrationConfig = {
  [K in ChannelKindName]: { kind: K; index: number; config: ChannelConfig<K> };
}[ChannelKindName];
