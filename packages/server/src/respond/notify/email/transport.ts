import { createHmac } from "node:crypto";
import type { SecureVersion } from "node:tls";

import {
  createTransport,
  type SendMailOptions,
  type SMTPConnectionOptions,
  type SMTPPoolOptions,
  type SMTPPoolSentMessageInfo,
} from "nodemailer";
import SMTPPool from "nodemailer/lib/smtp-pool";

import type { Outbound } from "#lib";

import type { ChannelContext, Integration } from "../channel.ts";

type EmailConfig = Integration<"email">["config"];
type TlsConfig = NonNullable<EmailConfig["tls_config"]>;
type CustomAuth = NonNullable<SMTPConnectionOptions["customAuth"]>;

/** Speaks TLS from the first byte. */
const IMPLICIT_TLS_PORT = 465;
/** A server that hangs up after some mails is not waited for. */
const MAX_MAILS_PER_CONNECTION = 100;
const IDLE_MS = 30_000;
/** A connection that the server had closed while it was idle is opened again once. */
const MAX_REQUEUES = 1;
const MAX_REPLY_BYTES = 65_536;

const VERSIONS: Readonly<Record<string, SecureVersion>> = {
  TLS10: "TLSv1",
  TLS11: "TLSv1.1",
  TLS12: "TLSv1.2",
  TLS13: "TLSv1.3",
};

/** What signing in and TLS need, read from files where they are in files. */
export interface MailSecrets {
  password: string | undefined;
  cramSecret: string | undefined;
  tls: NonNullable<SMTPConnectionOptions["tls"]>;
}

export interface MailTransport {
  send(options: SendMailOptions): Promise<SMTPPoolSentMessageInfo>;
  pending(): number;
  close(): void;
}

export function smarthostOf({ smarthost = "" }: EmailConfig): { host: string; port: number } {
  const colon = smarthost.lastIndexOf(":");
  const host = smarthost.slice(0, colon).replace(/^\[(.*)\]$/, "$1");
  return { host, port: Number(smarthost.slice(colon + 1)) };
}

async function tlsOf(
  config: TlsConfig,
  read: (path: string) => Promise<string>,
): Promise<MailSecrets["tls"]> {
  const pem = async (key: "ca" | "cert" | "key"): Promise<string | undefined> => {
    const path = config[`${key}_file`];
    return config[key] ?? (path === undefined ? undefined : await read(path));
  };
  const { min_version: oldest, max_version: newest } = config;
  const options = {
    ca: await pem("ca"),
    cert: await pem("cert"),
    key: await pem("key"),
    servername: config.server_name,
    rejectUnauthorized: config.insecure_skip_verify ? false : undefined,
    minVersion: oldest && VERSIONS[oldest],
    maxVersion: newest && VERSIONS[newest],
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

/** @throws FleetlightError when a file cannot be read. */
export async function readMailSecrets(
  config: EmailConfig,
  readFile: ChannelContext["readSecretFile"],
): Promise<MailSecrets> {
  const secret = async (text: string | undefined, path: string | undefined) =>
    text ?? (path === undefined ? undefined : await readFile(path));
  return {
    password: await secret(config.auth_password, config.auth_password_file),
    cramSecret: await secret(config.auth_secret, config.auth_secret_file),
    tls: config.tls_config ? await tlsOf(config.tls_config, readFile) : {},
  };
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** What nodemailer cannot do by itself: PLAIN on behalf of somebody else, CRAM-MD5 with a secret of its own. */
function customAuthOf(config: EmailConfig, { cramSecret }: MailSecrets): CustomAuth {
  const { auth_identity: identity, auth_username: user } = config;
  const handlers: CustomAuth = {};
  if (identity !== "")
    handlers["PLAIN"] = async (context) => {
      const { pass } = context.auth.credentials;
      const message = base64(`${identity}\0${user}\0${pass}`);
      const { status, response } = await context.sendCommand(`AUTH PLAIN ${message}`);
      if (status !== 235) context.reject(new Error(`Invalid login: ${response}`));
    };
  if (cramSecret !== undefined)
    handlers["CRAM-MD5"] = async (context) => {
      const challenge = await context.sendCommand("AUTH CRAM-MD5");
      const encoded = challenge.response.replace(/^334[ -]?/, "").trim();
      const digest = createHmac("md5", cramSecret)
        .update(Buffer.from(encoded, "base64"))
        .digest("hex");
      const { status, response } =
        challenge.status === 334 || challenge.response.startsWith("334")
          ? await context.sendCommand(base64(`${user} ${digest}`))
          : challenge;
      if (status !== 235) context.reject(new Error(`Invalid login: ${response}`));
    };
  return handlers;
}

function authOf(config: EmailConfig, secrets: MailSecrets) {
  const { auth_username: user } = config;
  if (user === "") return {};
  const { password, cramSecret } = secrets;
  const onlyCram = password === undefined && cramSecret !== undefined;
  return {
    auth: {
      user,
      pass: password ?? cramSecret ?? "",
      ...(onlyCram ? { method: "CRAM-MD5" } : {}),
    },
    customAuth: customAuthOf(config, secrets),
  };
}

/** A pool of connections to one server, which are made by the guarded client. */
export function createMailTransport(
  config: EmailConfig,
  secrets: MailSecrets,
  outbound: Pick<Outbound, "connect">,
): MailTransport {
  const { host, port } = smarthostOf(config);
  const { timeout: timeoutMs } = config;
  const options: SMTPPoolOptions & { pool: true } = {
    pool: true,
    host,
    port,
    secure: port === IMPLICIT_TLS_PORT,
    requireTLS: config.require_tls,
    // TLS that the server offers is taken in any case; without `require_tls` it may fail.
    opportunisticTLS: !config.require_tls,
    tls: secrets.tls,
    name: config.hello === "" ? "localhost" : config.hello,
    ...authOf(config, secrets),
    maxConnections: config.max_connections,
    maxMessages: MAX_MAILS_PER_CONNECTION,
    maxRequeues: MAX_REQUEUES,
    idleTimeout: IDLE_MS,
    maxResponseSize: MAX_REPLY_BYTES,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    getSocket: (_options, callback) => {
      outbound.connect(host, port, { timeoutMs }).then(
        (connection) => callback(null, { connection }),
        (error: Error) => callback(error),
      );
    },
  };
  const pool = new SMTPPool(options);
  const transporter = createTransport(pool);
  return {
    send: (options) => transporter.sendMail(options),
    pending: () => pool.pendingCount(),
    close: () => pool.close({ force: true }),
  };
}
