import { z } from "zod";

import { url } from "../../fields.ts";
import { commonKeys } from "./common.ts";
import { httpConfig } from "./http-config.ts";
import { requireOneOf, secret, secretFile, templateText, timeout } from "./keys.ts";

/** Telephone numbers of one integration; each is a request of its own. */
const MAX_RECIPIENTS = 50;

const phoneNumber = () =>
  z.string().regex(/^\+[1-9]\d{6,14}$/, "expected a number such as +491701234567");

/** An entry of `twilio_configs`. */
export const TwilioConfig = z
  .strictObject({
    ...commonKeys(true),
    api_url: url("http", "https")
      .default("https://api.twilio.com")
      .describe("Address of Twilio's API."),
    account_sid: z
      .string()
      .regex(/^AC[0-9a-fA-F]{32}$/, "expected an account SID: AC and 32 hexadecimal digits")
      .describe("SID of the account."),
    auth_token: secret().optional().describe("Token of the account."),
    auth_token_file: secretFile("that token"),
    from: z
      .string()
      .regex(
        /^(?:\+[1-9]\d{6,14}|\d{3,8}|(?=.*[a-zA-Z])[a-zA-Z0-9 ]{1,11})$/,
        "expected a number such as +491701234567, a short code, or a name of at most 11 letters",
      )
      .optional()
      .describe("Sender: a number of the account, a short code or a name."),
    messaging_service_sid: z
      .string()
      .regex(/^MG[0-9a-fA-F]{32}$/, "expected a service SID: MG and 32 hexadecimal digits")
      .optional()
      .describe("Messaging service that chooses the sender instead."),
    to: z
      .union(
        [phoneNumber(), z.array(phoneNumber()).min(1).max(MAX_RECIPIENTS)],
        "expected a number such as +491701234567, or a list of at most 50",
      )
      .transform((to) => [...new Set(typeof to === "string" ? [to] : to)])
      .describe("Who is told: one number or several."),
    message: templateText('{{ template "__subject" . }}').describe(
      "Text of the message; 1600 characters are sent. Each 153, or 67 outside of the basic alphabet, is paid for.",
    ),
    http_config: httpConfig(),
    timeout: timeout(),
  })
  .superRefine((value, context) => {
    requireOneOf(value, ["auth_token", "auth_token_file"], context);
    requireOneOf(value, ["from", "messaging_service_sid"], context);
  });
