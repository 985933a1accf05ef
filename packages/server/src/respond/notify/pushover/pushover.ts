import type { ChannelContext, Integration, Notification, NotificationChannel } from "../channel.ts";
import { jsonOf, readSecret, secretForms } from "../exchange.ts";
import { htmlToText } from "../fit-text.ts";
import { httpChannel } from "../http-channel.ts";
import { previewOf } from "../preview.ts";
import type { Texts } from "../texts.ts";

const MAX_TITLE = 250;
const MAX_MESSAGE = 1024;
const MAX_URL = 512;
const MAX_URL_TITLE = 100;
const MAX_NAME = 64;

const EMERGENCY = 2;
const HIGHEST_PRIORITY = 2;
const LOWEST_PRIORITY = -2;
const LEAST_RETRY_SECONDS = 30;
const MOST_EXPIRE_SECONDS = 10_800;

/** Parameters of a message besides the keys. */
type Parameters = Record<string, string>;

const given = (parameters: Record<string, string | undefined>): Parameters =>
  Object.fromEntries(
    Object.entries(parameters).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "",
    ),
  );

/** What a template says, within Pushover's scale; normal when it says no number. */
function priorityOf(expanded: string): number {
  const text = expanded.trim();
  if (!/^[+-]?\d{1,9}$/.test(text)) return 0;
  return Math.min(HIGHEST_PRIORITY, Math.max(LOWEST_PRIORITY, Number(text)));
}

/** An emergency is repeated until somebody acknowledges it. */
function repetition({ retry, expire }: Integration<"pushover">["config"]): Parameters {
  const expireSeconds = Math.min(MOST_EXPIRE_SECONDS, Math.max(1, Math.round(expire / 1000)));
  const retrySeconds = Math.max(LEAST_RETRY_SECONDS, Math.round(retry / 1000));
  return { retry: String(retrySeconds), expire: String(expireSeconds) };
}

function parametersOf(
  { config }: Integration<"pushover">,
  texts: Texts,
  notification: Notification,
): Parameters {
  const { html, isWhole } = config.html
    ? texts.html(config.message, 8 * MAX_MESSAGE)
    : { html: "", isWhole: false };
  // A tag that was cut in two would show up as text.
  const isHtml = isWhole && html !== "" && html.length <= MAX_MESSAGE;
  const plain = (): string =>
    html === ""
      ? texts.plain(config.message, MAX_MESSAGE)
      : texts.fit(htmlToText(html), MAX_MESSAGE);
  const priority = priorityOf(texts.line(config.priority));
  const url = texts.url(config.url, MAX_URL);
  return given({
    title: texts.line(config.title, MAX_TITLE),
    message: (isHtml ? html : plain()) || "(no details)",
    html: isHtml ? "1" : undefined,
    monospace: config.monospace ? "1" : undefined,
    url,
    url_title: url && texts.line(config.url_title, MAX_URL_TITLE),
    device: texts.line(config.device, 25 * MAX_NAME),
    sound: texts.line(config.sound, MAX_NAME),
    priority: String(priority),
    ...(priority === EMERGENCY ? repetition(config) : {}),
    ttl: config.ttl > 0 && priority !== EMERGENCY ? String(Math.ceil(config.ttl / 1000)) : "",
    timestamp: String(Math.floor(notification.createdAtMs / 1000)),
  });
}

/** Sends each notification to the devices of a person or group. */
export function createPushover(
  integration: Integration<"pushover">,
  context: ChannelContext,
): NotificationChannel {
  const { config } = integration;
  return httpChannel(integration, context, {
    target: new URL(config.api_url).host,
    async message(notification, texts) {
      const token = await readSecret(context, config.token, config.token_file);
      const user = await readSecret(context, config.user_key, config.user_key_file);
      const parameters = parametersOf(integration, texts, notification);
      return {
        url: config.api_url,
        headers: { "Content-Type": "application/x-www-form-urlencoded" },
        // Not in the URL, where proxies would write them into their logs.
        body: new URLSearchParams({ token, user, ...parameters }).toString(),
        secrets: secretForms(token, user),
        explain: (answer) => {
          const { errors } = jsonOf(answer);
          return Array.isArray(errors) ? errors.join("; ") : answer.body.toString("utf8");
        },
        refine(answer, result) {
          const { receipt, request } = jsonOf(answer);
          const reference = receipt ?? request;
          return result.ok && typeof reference === "string" ? { ...result, reference } : result;
        },
      };
    },
    preview(notification, texts) {
      const { title, message, priority, sound, url, retry, expire } = parametersOf(
        integration,
        texts,
        notification,
      );
      return previewOf([title ?? "", message ?? ""], {
        Priority: priority,
        Repeated: retry && `every ${retry} s for ${expire} s`,
        Sound: sound,
        Link: url,
      });
    },
  });
}
