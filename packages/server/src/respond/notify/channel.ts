import type { HttpClientConfig, IntegrationConfig } from "#config";
import type { Logger, Now, Outbound } from "#lib";

import type { Notification, NotificationChannel } from "../types.ts";

export type { Notification, NotificationChannel, NotifiedAlert, SendResult } from "../types.ts";

/** Who asks URLs for a channel. */
export type HttpClient = Pick<Outbound, "request">;

/** What channels make their texts with: Go's templates over the data of a notification, as Alertmanager has them. */
export interface ChannelTemplates {
  /**
   * Once there are more than `maxLength` characters the rest is left out.
   * @throws FleetlightError when the template is wrong or takes too long; the same text fails again.
   */
  text(template: string, notification: Notification, maxLength?: number): string;
  /** The same with values escaped for HTML. @throws FleetlightError */
  html(template: string, notification: Notification, maxLength?: number): string;
  /**
   * As `text`, but whatever an action inserts goes through `escape`, and what the template itself says does not.
   * @throws FleetlightError
   */
  escaped(
    template: string,
    notification: Notification,
    escape: (value: string) => string,
    maxLength?: number,
  ): string;
}

/** What every kind of channel is given when it is made. */
export interface ChannelContext {
  /** Name of the receiver that the integration belongs to. */
  receiver: string;
  /** Guarded client with everybody's connections. */
  outbound: Outbound;
  /** A client that asks as `http_config` says: proxy, TLS, signing in. It is `outbound` when that is undefined. */
  client(config: HttpClientConfig | undefined): HttpClient;
  now: Now;
  templates: ChannelTemplates;
  /** Where people reach this server, without a slash at the end. */
  externalUrl: string;
  logger: Logger;
  /** What the latest delivered notification about the same group left for this channel (`ops/slack[0]`). */
  latestReference?(
    notification: Notification,
    channel: string,
  ): Promise<{ status: Notification["status"]; reference: string | undefined } | undefined>;
  /** Whether programs may be run (`alerting.exec.enabled`). */
  allowExec?: boolean;
  /** Counts a message that lost a part of its text because the receiver takes no longer ones. */
  shortened?(): void;
  /**
   * Content of a file with a secret, without white space at its ends.
   * @throws FleetlightError with the path and what is wrong; the file may be there later.
   */
  readSecretFile(path: string): Promise<string>;
}

/** The integration of one kind. */
export type Integration<K extends IntegrationConfig["kind"]> = Extract<
  IntegrationConfig,
  { kind: K }
>;

export const integrationName = ({ kind, index }: { kind: string; index: number }): string =>
  `${kind}[${index}]`;

/** What every channel answers about itself, read from the keys that all integrations have. */
export const channelBasics = <K extends IntegrationConfig["kind"]>(
  { kind, index, config }: { kind: K; index: number; config: IntegrationConfig["config"] },
  receiver: string,
): Pick<NotificationChannel, "name" | "sendResolved" | "maxAttempts" | "maxAgeMs"> & {
  kind: K;
} => ({
  kind,
  name: `${receiver}/${integrationName({ kind, index })}`,
  sendResolved: config.send_resolved,
  maxAttempts: config.max_attempts,
  maxAgeMs: config.max_age,
});
