import type { OutboundAnswer } from "#lib";

import type { ChannelContext, Integration } from "../channel.ts";
import { jsonOf, readSecret, secretForms } from "../exchange.ts";

/** What is asked for every recipient; `To` comes before the body. */
export interface TwilioRequest {
  url: string;
  headers: Record<string, string>;
  body: string;
  secrets: string[];
}

/** @throws FleetlightError when the file with the token cannot be read now. */
export async function requestOf(
  { config }: Integration<"twilio">,
  context: ChannelContext,
  text: string,
): Promise<TwilioRequest> {
  const token = await readSecret(context, config.auth_token, config.auth_token_file);
  const pair = `${config.account_sid}:${token}`;
  const sender: Record<string, string> =
    config.from === undefined
      ? { MessagingServiceSid: config.messaging_service_sid ?? "" }
      : { From: config.from };
  const base = config.api_url.replace(/\/+$/, "");
  return {
    url: `${base}/2010-04-01/Accounts/${config.account_sid}/Messages.json`,
    headers: {
      Authorization: `Basic ${Buffer.from(pair).toString("base64")}`,
      "Content-Type": "application/x-www-form-urlencoded",
    },
    body: new URLSearchParams({ ...sender, Body: text }).toString(),
    secrets: secretForms(pair, token),
  };
}

/** Why Twilio refused, with the number under which its documentation tells more. */
export function refusalOf(answer: OutboundAnswer): string {
  const { message, code } = jsonOf(answer);
  if (typeof message !== "string") return answer.body.toString("utf8");
  return typeof code === "number" ? `${message} (${code})` : message;
}
