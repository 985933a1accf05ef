import { createHash } from "node:crypto";

import type { ChannelContext, Integration, Notification, NotificationChannel } from "../channel.ts";
import { jsonOf, readSecret, urlSecrets } from "../exchange.ts";
import { escapeHtml, fitBytes, htmlToText } from "../fit-text.ts";
import { httpChannel } from "../http-channel.ts";
import { urlTarget } from "../http.ts";
import { webUrl } from "../links.ts";
import { previewOf } from "../preview.ts";
import type { Texts } from "../texts.ts";

const MAX_TITLE = 200;
const MAX_THREAD_KEY = 1000;

/** Google refuses a message of 32,000 bytes; some room is left for what it counts besides the JSON. */
const MAX_BODY_BYTES = 31_000;

/** One thread for each group, whose key may be longer than Google takes and says more than it has to know. */
const threadOf = (notification: Notification): string =>
  createHash("sha256").update(`${notification.tenant}\n${notification.groupKey}`).digest("hex");

function withParameters(url: string, notification: Notification, threading: boolean): string {
  const parsed = new URL(url);
  if (threading)
    parsed.searchParams.set("messageReplyOption", "REPLY_MESSAGE_FALLBACK_TO_NEW_THREAD");
  // Google makes one message of several requests with the same id.
  parsed.searchParams.set("requestId", notification.id);
  return parsed.href;
}

/** A card as JSON; its text is HTML, and becomes shorter text when it does not fit. */
function cardOf(
  { title, html, isWhole, link }: { title: string; html: string; isWhole: boolean; link?: string },
  more: object,
  texts: Texts,
): string {
  const build = (text: string): string =>
    JSON.stringify({
      fallbackText: title,
      cardsV2: [
        {
          cardId: "alert",
          card: {
            header: { title },
            sections: [
              { widgets: [{ textParagraph: { text } }] },
              ...(link === undefined
                ? []
                : [
                    {
                      widgets: [
                        {
                          buttonList: {
                            buttons: [{ text: "Open", onClick: { openLink: { url: link } } }],
                          },
                        },
                      ],
                    },
                  ]),
            ],
          },
        },
      ],
      ...more,
    });
  const cut = (bytes: number): string =>
    build(escapeHtml(texts.fit(htmlToText(html), bytes, fitBytes)));
  let bytes = MAX_BODY_BYTES;
  let body = isWhole ? build(html === "" ? "(no details)" : html) : cut(bytes);
  while (Buffer.byteLength(body) > MAX_BODY_BYTES && bytes > 1) {
    bytes = Math.floor(bytes / 2);
    body = cut(bytes);
  }
  return body;
}

/** Posts each notification as a card to a space of Google Chat. */
export function createGoogleChat(
  integration: Integration<"googlechat">,
  context: ChannelContext,
): NotificationChannel {
  const { config } = integration;
  const titleOf = (texts: Texts): string => texts.line(config.title, MAX_TITLE) || "Fleetlight";
  const htmlOf = (texts: Texts) => texts.html(config.message, MAX_BODY_BYTES);
  const threadKeyOf = (notification: Notification, texts: Texts): string =>
    texts.line(config.thread_key, MAX_THREAD_KEY) || threadOf(notification);
  return httpChannel(integration, context, {
    target: config.url === undefined ? `the URL in ${config.url_file}` : urlTarget(config.url),
    async message(notification, texts) {
      const url = await readSecret(context, config.url, config.url_file);
      const link = webUrl(notification.externalUrl);
      const card = {
        title: titleOf(texts),
        ...htmlOf(texts),
        ...(link === undefined ? {} : { link }),
      };
      const thread = config.threading
        ? { thread: { threadKey: threadKeyOf(notification, texts) } }
        : {};
      return {
        url: withParameters(url, notification, config.threading),
        secrets: urlSecrets(url),
        body: cardOf(card, thread, texts),
        explain: (answer) => {
          const { message } = (jsonOf(answer)["error"] ?? {}) as { message?: unknown };
          return typeof message === "string" ? message : answer.body.toString("utf8");
        },
        refine(answer, result) {
          const { name } = jsonOf(answer);
          return result.ok && typeof name === "string" ? { ...result, reference: name } : result;
        },
      };
    },
    preview: (notification, texts) =>
      previewOf([titleOf(texts), htmlToText(htmlOf(texts).html).trim()], {
        Thread: config.threading ? threadKeyOf(notification, texts) : undefined,
      }),
  });
}
