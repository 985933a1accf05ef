import { overloaded } from "#lib";

import {
  channelBasics,
  type ChannelContext,
  type Integration,
  type Notification,
  type NotificationChannel,
  type SendResult,
} from "../channel.ts";
import { forgiving } from "../forgiving.ts";
import { judgeError } from "../http.ts";
import { mailOf } from "./mail.ts";
import { judgeMailError, judgeRefusals, refusalsOf } from "./outcome.ts";
import {
  createMailTransport,
  readMailSecrets,
  smarthostOf,
  type MailSecrets,
  type MailTransport,
} from "./transport.ts";

/** Mails that wait for one of the connections. */
const MAX_WAITING = 200;

/** The part of the recipients that is shown: templates are expanded later, and their sources may be long. */
const MAX_TARGET_CHARACTERS = 200;

class EmailSender {
  private readonly config: Integration<"email">["config"];
  private readonly context: ChannelContext;
  private transport: { key: string; transport: MailTransport } | undefined;

  constructor(config: Integration<"email">["config"], context: ChannelContext) {
    this.config = config;
    this.context = context;
  }

  /** `reference` names those who have the mail already, which others of its recipients did not get. */
  async send(notification: Notification, signal: AbortSignal, reference = ""): Promise<SendResult> {
    const { config, context } = this;
    const { templates } = context;
    const forgiven = forgiving(templates, notification);
    const mail = mailOf(config, notification, forgiven, context.now(), templates);
    const secrets = await readMailSecrets(config, context.readSecretFile);
    const hidden = [secrets.password, secrets.cramSecret];
    const had = reference.split("\n").filter(Boolean);
    const recipients = mail.to
      .map(({ address }) => address)
      .filter((address) => !had.includes(address));
    if (recipients.length === 0) return { ok: true, statusCode: 250 };
    const transport = this.transportFor(secrets);
    if (transport.pending() >= MAX_WAITING)
      return judgeError(overloaded(`${MAX_WAITING} mails wait for the server already`));
    const timeout = AbortSignal.timeout(config.timeout);
    try {
      const sent = await transport.send({
        ...mail.options,
        envelope: { from: mail.from.address, to: recipients },
        signal: AbortSignal.any([signal, timeout]),
      });
      const result = judgeRefusals(refusalsOf(sent.rejectedErrors ?? []), hidden);
      return result.ok ? result : { ...result, reference: [...had, ...sent.accepted].join("\n") };
    } catch (error) {
      const kept = reference === "" ? {} : { reference };
      if (!timeout.aborted) return { ...judgeMailError(error, hidden), ...kept };
      const { host, port } = smarthostOf(config);
      const late = new Error(`${host}:${port} did not take the mail within ${config.timeout} ms`);
      return { ...judgeMailError(late, hidden), ...kept };
    }
  }

  close(): void {
    this.transport?.transport.close();
    this.transport = undefined;
  }

  /** Connections are made anew when a password or a certificate is another one. */
  private transportFor(secrets: MailSecrets): MailTransport {
    const key = JSON.stringify(secrets);
    if (this.transport?.key === key) return this.transport.transport;
    this.close();
    const transport = createMailTransport(this.config, secrets, this.context.outbound);
    this.transport = { key, transport };
    return transport;
  }
}

/** Sends each notification as a mail to all recipients at once. */
export function createEmail(
  integration: Integration<"email">,
  context: ChannelContext,
): NotificationChannel {
  const { config } = integration;
  const sender = new EmailSender(config, context);
  return {
    ...channelBasics(integration, context.receiver),
    target: `${config.to.slice(0, MAX_TARGET_CHARACTERS)} by ${config.smarthost}`,
    async send(notification, signal, reference) {
      try {
        return await sender.send(notification, signal, reference);
      } catch (error) {
        return judgeError(error);
      }
    },
    async preview(notification) {
      const { from, to, subject, text, html } = mailOf(
        config,
        notification,
        context.templates,
        context.now(),
      );
      const recipients = to.map(({ address }) => address).join(", ");
      return await Promise.resolve(
        `From: ${from.address}\nTo: ${recipients}\nSubject: ${subject}\n\n${text}` +
          (html === "" ? "" : `\n${html}`),
      );
    },
    async close() {
      sender.close();
      await Promise.resolve();
    },
  };
}
