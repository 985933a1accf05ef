import { createHash } from "node:crypto";

import { badRequest } from "#lib";
import type { SendMailOptions } from "nodemailer";

import type { ChannelTemplates, Integration, Notification } from "../channel.ts";
import { fitLine } from "../fit-text.ts";
import { oneLine, parseAddresses, type MailAddress } from "./addresses.ts";

type EmailConfig = Integration<"email">["config"];

const DEFAULT_SUBJECT = '{{ template "email.default.subject" . }}';
const MAX_SUBJECT_CHARACTERS = 500;
const MAX_HEADER_CHARACTERS = 2000;
/** Alerts that the part in plain text tells of when no template makes it. */
const MAX_LISTED_ALERTS = 100;

export interface Mail {
  from: MailAddress;
  to: MailAddress[];
  subject: string;
  text: string;
  html: string;
  options: SendMailOptions;
}

/** Made or sent by us alone; what a configuration says about them is not used. */
const RESERVED: ReadonlySet<string> = new Set([
  "bcc",
  "content-transfer-encoding",
  "content-type",
  "date",
  "mime-version",
  "received",
  "return-path",
]);

const hash = (...parts: string[]): string =>
  createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 40);

const lines = (entries: Record<string, string>): string =>
  Object.entries(entries)
    .map(([name, value]) => `  ${name} = ${value}\n`)
    .join("");

/** What a reader without HTML sees. */
function plainText(subject: string, { alerts, externalUrl }: Notification): string {
  const listed = alerts
    .slice(0, MAX_LISTED_ALERTS)
    .map(
      (alert) =>
        `${alert.status === "firing" ? "Firing" : "Resolved"} since ${alert.status === "firing" ? alert.startsAt : alert.endsAt}\n` +
        `${lines(alert.labels)}${lines(alert.annotations)}` +
        (alert.generatorURL === "" ? "" : `  ${alert.generatorURL}\n`),
    );
  const more = alerts.length - listed.length;
  return [
    subject,
    ...listed,
    ...(more > 0 ? [`and ${more} more`] : []),
    `Sent by Fleetlight: ${externalUrl}\n`,
  ].join("\n\n");
}

/** The templates of headers by their name in lower case; each is taken once. */
class Headers {
  private readonly given: Map<string, { name: string; value: string }>;
  private readonly expand: (template: string) => string;

  constructor(headers: Readonly<Record<string, string>>, expand: (template: string) => string) {
    this.given = new Map(
      Object.entries(headers).map(([name, value]) => [name.toLowerCase(), { name, value }]),
    );
    this.expand = expand;
  }

  /** What is configured, or `fallback` when nothing is. */
  take<T>(name: string, fallback: T): string | T {
    const header = this.given.get(name);
    this.given.delete(name);
    const value = header && this.expand(header.value).slice(0, MAX_HEADER_CHARACTERS);
    return value || fallback;
  }

  rest(): Record<string, string> {
    const names = [...this.given.keys()].filter((name) => !RESERVED.has(name));
    return Object.fromEntries(
      names.map((lower) => [this.given.get(lower)?.name ?? lower, this.take(lower, "")]),
    );
  }
}

/**
 * The mail of a notification. Its id is that of the notification, so that a repetition is recognised; all mails of a
 * group refer to the same thread.
 * @throws FleetlightError when a template or an address is wrong.
 */
export function mailOf(
  config: EmailConfig,
  notification: Notification,
  templates: ChannelTemplates,
  nowMs: number,
  /** Of addresses, where a text that stands in for a wrong template would be of no use. */
  exact = templates,
): Mail {
  const expand = (template: string): string => oneLine(templates.text(template, notification));
  const addressed = (template: string): string => exact.text(template, notification);
  const headers = new Headers(config.headers, expand);
  const [from = { name: "", address: "" }, ...others] = parseAddresses(
    addressed(config.from),
    "from",
  );
  if (others.length > 0) throw badRequest("from names more than one address");
  const to = parseAddresses(addressed(config.to), "to");
  const subject = fitLine(headers.take("subject", expand(DEFAULT_SUBJECT)), MAX_SUBJECT_CHARACTERS);
  const domain = URL.parse(notification.externalUrl)?.hostname || "localhost";
  const { tenant, receiver, groupKey, id } = notification;
  const thread = `<group.${hash(tenant, receiver, groupKey)}@${domain}>`;
  const html = config.html === "" ? "" : templates.html(config.html, notification);
  const text =
    config.text === ""
      ? plainText(subject, notification)
      : templates.text(config.text, notification);
  const options: SendMailOptions = {
    from: headers.take("from", from),
    to: headers.take("to", to),
    cc: headers.take("cc", undefined),
    replyTo: headers.take("reply-to", undefined),
    sender: headers.take("sender", undefined),
    subject,
    text,
    ...(html === "" ? {} : { html }),
    messageId: headers.take("message-id", `<${hash(id)}@${domain}>`),
    inReplyTo: headers.take("in-reply-to", thread),
    references: headers.take("references", thread),
    date: new Date(nowMs),
    headers: {
      // Keeps answering machines from answering.
      "Auto-Submitted": "auto-generated",
      "X-Fleetlight-Status": notification.status,
      ...headers.rest(),
    },
    // A template is text and never the name of a file or of a URL to fetch.
    disableFileAccess: true,
    disableUrlAccess: true,
  };
  return { from, to, subject, text, html, options };
}
