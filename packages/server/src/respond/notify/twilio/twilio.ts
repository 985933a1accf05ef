import {
  channelBasics,
  type ChannelContext,
  type Integration,
  type Notification,
  type NotificationChannel,
  type SendResult,
} from "../channel.ts";
import { exchange, jsonOf } from "../exchange.ts";
import { requestOptions, textsToSend, textsToShow } from "../http-channel.ts";
import { judgeError } from "../http.ts";
import { previewOf } from "../preview.ts";
import type { Texts } from "../texts.ts";
import { maskNumber, readProgress, type Progress } from "./recipients.ts";
import { refusalOf, requestOf, type TwilioRequest } from "./request.ts";

/** Twilio refuses what is longer. */
const MAX_CHARACTERS = 1600;

/** Recipients who are told at the same time. */
const CONCURRENCY = 4;

/** Codes of refusals that pass: too many requests or messages in a queue. The others with a status of 4xx stay. */
const TEMPORARY_CODES: ReadonlySet<unknown> = new Set([20429, 21611, 30001, 63018]);

type Failure = Extract<SendResult, { ok: false }>;

/** The attempt as a whole: it may be worth another one while anybody can still be told. */
function resultOf(
  recipients: readonly string[],
  progress: Progress,
  temporary: ReadonlyMap<string, Failure>,
): SendResult {
  const reference = JSON.stringify(progress);
  const failures = [...temporary.values()];
  const refusals = Object.entries(progress.refused);
  if (failures.length === 0 && refusals.length === 0)
    return { ok: true, statusCode: 201, reference };
  const told = Object.keys(progress.told).length;
  const reasons = [
    ...refusals,
    ...[...temporary].map(([number, { error }]) => [number, error] as const),
  ].map(([number, reason]) => `${maskNumber(number)}: ${reason}`);
  const waits = failures.flatMap(({ retryAfterMs }) => retryAfterMs ?? []);
  return {
    ok: false,
    statusCode: failures[0]?.statusCode ?? null,
    error: `told ${told} of ${recipients.length}; ${reasons.join("; ")}`.slice(0, 2000),
    retryable: failures.length > 0,
    retryAfterMs: waits.length === 0 ? null : Math.max(...waits),
    reference,
  };
}

/** Sends each notification as a text message to every number. */
export function createTwilio(
  integration: Integration<"twilio">,
  context: ChannelContext,
): NotificationChannel {
  const { config } = integration;
  const client = context.client(config.http_config);

  const textOf = (texts: Texts): string =>
    texts.plain(config.message, MAX_CHARACTERS) || "(no details)";

  /** The id of the message, or what went wrong. */
  const tell = async (to: string, request: TwilioRequest, signal: AbortSignal) =>
    await exchange(client, request.url, {
      ...requestOptions(integration, context, signal),
      headers: request.headers,
      body: `${new URLSearchParams({ To: to }).toString()}&${request.body}`,
      secrets: request.secrets,
      explain: refusalOf,
      refine(answer, result): SendResult {
        const { sid, code } = jsonOf(answer);
        if (result.ok) return { ...result, reference: typeof sid === "string" ? sid : "" };
        return { ...result, retryable: result.retryable || TEMPORARY_CODES.has(code) };
      },
    });

  const send = async (notification: Notification, signal: AbortSignal, reference?: string) => {
    const progress = readProgress(reference);
    const texts = textsToSend(context, notification);
    const request = await requestOf(integration, context, textOf(texts));
    if (texts.isShortened) context.shortened?.();
    const temporary = new Map<string, Failure>();
    const waiting = config.to.filter(
      (to) => progress.told[to] === undefined && progress.refused[to] === undefined,
    );
    const tellNext = async (): Promise<void> => {
      for (let to = waiting.shift(); to !== undefined; to = waiting.shift()) {
        const result = await tell(to, request, signal);
        if (result.ok) progress.told[to] = result.reference ?? "";
        else if (result.retryable) temporary.set(to, result);
        else progress.refused[to] = result.error;
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, tellNext));
    return resultOf(config.to, progress, temporary);
  };

  return {
    ...channelBasics(integration, context.receiver),
    target: `${new URL(config.api_url).host} ${config.to.map(maskNumber).join(", ")}`,
    async send(notification, signal, reference) {
      try {
        return await send(notification, signal, reference);
      } catch (error) {
        return judgeError(error);
      }
    },
    preview: async (notification) =>
      previewOf([textOf(textsToShow(context, notification))], {
        To: config.to.map(maskNumber).join(", "),
      }),
  };
}
