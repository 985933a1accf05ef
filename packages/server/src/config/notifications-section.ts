import { z } from "zod";

import { duration, file, port, section, url } from "./fields.ts";

/** What every way of telling says besides what is its own. */
const commonKeys = {
  send_resolved: z.boolean().default(true).describe("Whether the end of an alert is told as well."),
  severities: z
    .array(z.string().min(1).max(64))
    .max(16)
    .optional()
    .describe("Only alerts whose `severity` is one of these; every alert when left out."),
  max_attempts: z
    .int()
    .min(0)
    .max(1_000_000)
    .default(0)
    .describe("Attempts before a notification is given up; 0 tries until `max_age`."),
  max_age: duration({ min: "1s" })
    .prefault("24h")
    .describe("Age at which an undelivered notification is given up."),
};

/** Braces would be taken for a template. */
const address = () =>
  z
    .string()
    .min(3)
    .max(512)
    .regex(/^[^\s,{}]+@[^\s,{}]+$|^[^,{}]+ <[^\s,{}]+@[^\s,{}]+>$/, "not an e-mail address");

const secret = () => z.string().min(1).max(4096);
const secretFile = (what: string) => file().optional().describe(`File with ${what}.`);

type Keys = readonly [string, string];

/** Exactly one of a secret and the file that it may be in; none where the secret is not needed. */
const oneOf =
  ([key, other]: Keys, isNeeded: boolean) =>
  (value: Record<string, unknown>, context: z.RefinementCtx): void => {
    const given = [key, other].filter((name) => value[name] !== undefined).length;
    if (given === 1 || (given === 0 && !isNeeded)) return;
    const message =
      given === 0 ? `one of ${key} and ${other} is needed` : `only one of ${key} and ${other}`;
    context.addIssue({ code: "custom", path: [key], message });
  };

const webhook = z
  .strictObject({
    url: url("http", "https").describe(
      "Where notifications are posted, as Alertmanager's webhook version 4.",
    ),
    headers: z
      .record(
        z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/, "not a header name"),
        z
          .string()
          .max(8192)
          .regex(/^[\t\x20-\x7e\x80-\xff]*$/, "not a header value"),
      )
      .default({})
      .describe("Headers to send along, such as `Authorization`."),
    timeout: duration({ min: "50ms", max: "10m" })
      .prefault("10s")
      .describe("How long the receiver may take to answer."),
    ...commonKeys,
  })
  .optional()
  .describe("Posts every alert to one URL.");

const email = z
  .strictObject({
    smtp_server: z
      .string()
      .max(255)
      .regex(/^[\w.-]+$|^\[?[\da-f:.]+\]?$/i, "not a host name or address")
      .describe("Server that takes the mail."),
    smtp_port: port().min(1).default(587).describe("Its port; 465 speaks TLS from the start."),
    username: z.string().max(1024).optional().describe("Name to sign in with."),
    password: secret().optional().describe("Password to sign in with."),
    password_file: secretFile("that password, read at each attempt"),
    from_email: address().describe("Address of the sender."),
    to_emails: z.array(address()).min(1).max(1000).describe("Addresses that are told."),
    use_tls: z.boolean().default(true).describe("Whether the server must speak TLS."),
    ...commonKeys,
  })
  .superRefine(oneOf(["password", "password_file"], false))
  .optional()
  .describe("Sends every alert as mail.");

const slack = z
  .strictObject({
    webhook_url: url("http", "https").optional().describe("An incoming webhook of Slack."),
    webhook_url_file: secretFile("that URL, read at each attempt"),
    channel: z
      .string()
      .max(256)
      .regex(/^[^{}]*$/, "no template here")
      .optional()
      .describe("Channel, when it is not the webhook's own."),
    username: z
      .string()
      .max(256)
      .regex(/^[^{}]*$/, "no template here")
      .optional()
      .describe("Name of the sender."),
    ...commonKeys,
  })
  .superRefine(oneOf(["webhook_url", "webhook_url_file"], true))
  .optional()
  .describe("Posts every alert to a channel of Slack.");

const pagerduty = z
  .strictObject({
    integration_key: secret().optional().describe("Key of an integration with Events API v2."),
    integration_key_file: secretFile("that key, read at each attempt"),
    severity_mapping: z
      .record(z.string().min(1).max(64), z.enum(["critical", "error", "warning", "info"]))
      .default({})
      .describe(
        "What severities of alerts are to PagerDuty, besides the usual: critical, high → error, medium → warning, low → info.",
      ),
    ...commonKeys,
  })
  .superRefine(oneOf(["integration_key", "integration_key_file"], true))
  .optional()
  .describe("Makes an incident of every alert in PagerDuty.");

export const notifications = section(
  "Who is told about alerts, when `alerting.alertmanager_config` does not say.",
  { webhook, email, slack, pagerduty },
);
