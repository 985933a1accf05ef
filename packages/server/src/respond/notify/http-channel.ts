import {
  channelBasics,
  type ChannelContext,
  type Integration,
  type Notification,
  type NotificationChannel,
} from "./channel.ts";
import { exchange, type ExchangeOptions } from "./exchange.ts";
import { judgeError } from "./http.ts";
import { Texts } from "./texts.ts";

/** One request that tells everything. */
export interface HttpMessage extends Pick<
  ExchangeOptions,
  "method" | "headers" | "body" | "secrets" | "transient" | "explain" | "refine"
> {
  url: string;
}

interface HttpChannelParts {
  target: string;
  /** @throws FleetlightError when a file with a secret cannot be used. */
  message(notification: Notification, texts: Texts): Promise<HttpMessage>;
  /** The same for people; secrets are left out. @throws FleetlightError when a template is wrong. */
  preview(notification: Notification, texts: Texts): string;
}

/** Kinds that one client of HTTP tells. */
type HttpIntegration = Integration<
  "discord" | "telegram" | "ntfy" | "pushover" | "googlechat" | "mattermost" | "twilio" | "matrix"
>;

/** Who tests a channel wants to see that its template is wrong; who waits for an alert wants the alert. */
export const textsToSend = ({ templates }: ChannelContext, notification: Notification): Texts =>
  new Texts(templates, notification, notification.reason === "test");

export const textsToShow = ({ templates }: ChannelContext, notification: Notification): Texts =>
  new Texts(templates, notification, true);

/** How the requests of one integration are made, whatever they say. */
export function requestOptions(
  { config }: HttpIntegration,
  context: ChannelContext,
  signal: AbortSignal,
): Pick<ExchangeOptions, "timeoutMs" | "followRedirects" | "signal" | "nowMs"> {
  return {
    timeoutMs: config.timeout,
    followRedirects: config.http_config?.follow_redirects ?? false,
    signal,
    nowMs: context.now,
  };
}

/** A channel that tells by one HTTP request. */
export function httpChannel(
  integration: HttpIntegration,
  context: ChannelContext,
  { target, message, preview }: HttpChannelParts,
): NotificationChannel {
  const client = context.client(integration.config.http_config);
  return {
    ...channelBasics(integration, context.receiver),
    target,
    async send(notification, signal) {
      try {
        const texts = textsToSend(context, notification);
        const { url, headers, ...rest } = await message(notification, texts);
        if (texts.isShortened) context.shortened?.();
        return await exchange(client, url, {
          ...requestOptions(integration, context, signal),
          ...rest,
          headers: { "Content-Type": "application/json", ...headers },
        });
      } catch (error) {
        return judgeError(error);
      }
    },
    preview: async (notification) => preview(notification, textsToShow(context, notification)),
  };
}
