import type { ChannelContext, Integration, NotificationChannel, SendResult } from "../channel.ts";
import { jsonOf, readSecret, secretForms, waitOf } from "../exchange.ts";
import { escapeHtml } from "../fit-text.ts";
import { httpChannel } from "../http-channel.ts";
import type { Texts } from "../texts.ts";

/** An event may have 65,536 bytes with all that the server adds to it. */
const MAX_BODY_BYTES = 48_000;
const MAX_PLAIN_BYTES = 16_000;

/** Refusals that a later attempt meets again, whatever their status. */
const PERMANENT_ERRORS: ReadonlySet<unknown> = new Set([
  "M_FORBIDDEN",
  "M_UNKNOWN_TOKEN",
  "M_MISSING_TOKEN",
  "M_TOO_LARGE",
  "M_BAD_JSON",
  "M_USER_DEACTIVATED",
]);

interface MatrixContent {
  msgtype: string;
  body: string;
  format?: string;
  formatted_body?: string;
}

/** The message as text and, where both fit into one event, as HTML. @throws FleetlightError when a template fails. */
function contentOf({ config }: Integration<"matrix">, texts: Texts): MatrixContent {
  const plain = texts.bytes(config.message, MAX_PLAIN_BYTES);
  const body = plain === "" ? "(no details)" : plain;
  const { html, isWhole } =
    config.html === ""
      ? { html: escapeHtml(body).replaceAll("\n", "<br>"), isWhole: true }
      : texts.html(config.html, MAX_BODY_BYTES);
  const content = { msgtype: config.msgtype, body };
  const formatted = { ...content, format: "org.matrix.custom.html", formatted_body: html };
  const fits =
    isWhole && html !== "" && Buffer.byteLength(JSON.stringify(formatted)) <= MAX_BODY_BYTES;
  return fits ? formatted : content;
}

/** Writes each notification into a room of Matrix. */
export function createMatrix(
  integration: Integration<"matrix">,
  context: ChannelContext,
): NotificationChannel {
  const { config } = integration;
  const { host } = new URL(config.homeserver);
  const base = config.homeserver.replace(/\/+$/, "");
  return httpChannel(integration, context, {
    target: `${host} ${config.room_id}`,
    async message(notification, texts) {
      const token = await readSecret(context, config.access_token, config.access_token_file);
      const room = encodeURIComponent(config.room_id);
      // The server makes one event of all requests with the same transaction id.
      const transaction = encodeURIComponent(notification.id);
      return {
        method: "PUT",
        url: `${base}/_matrix/client/v3/rooms/${room}/send/m.room.message/${transaction}`,
        headers: { Authorization: `Bearer ${token}` },
        secrets: secretForms(token),
        body: JSON.stringify(contentOf(integration, texts)),
        explain: (answer) => {
          const { errcode, error } = jsonOf(answer);
          return typeof errcode === "string"
            ? `${errcode} ${typeof error === "string" ? error : ""}`
            : answer.body.toString("utf8");
        },
        refine(answer, result): SendResult {
          const { event_id: id, errcode, retry_after_ms } = jsonOf(answer);
          if (result.ok) return typeof id === "string" ? { ...result, reference: id } : result;
          return {
            ...result,
            retryable: result.retryable && !PERMANENT_ERRORS.has(errcode),
            retryAfterMs: waitOf(retry_after_ms, 1) ?? result.retryAfterMs,
          };
        },
      };
    },
    preview: (_notification, texts) => contentOf(integration, texts).body,
  });
}
