import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

import { SMTPServer, type SMTPServerOptions } from "smtp-server";

export interface ReceivedMail {
  from: string;
  to: string[];
  /** Headers and body as they came. */
  source: string;
  secure: boolean;
  user: string | undefined;
  /** How somebody signed in. */
  method: string | undefined;
  hello: string;
}

/** An answer that refuses, as `550 no such user`. */
export const refusal = (code: number, message: string): Error =>
  Object.assign(new Error(message), { responseCode: code });

export interface SmtpPeerOptions extends SMTPServerOptions {
  password?: string;
}

/** A real SMTP server on this machine that keeps what it is given. */
export class SmtpPeer {
  readonly mails: ReceivedMail[] = [];
  connections = 0;
  /** Refuses these recipients. */
  readonly refused = new Map<string, Error>();
  /** Refuses every mail after its content came. */
  refuseData: Error | undefined;
  /** Drops the connection instead of taking the content. */
  hangsUp = false;
  /** Takes the content and never says so. */
  isSilent = false;
  private readonly server: SMTPServer;

  constructor({ password, ...options }: SmtpPeerOptions = {}) {
    const methods = new Map<string, { user: string; method: string }>();
    this.server = new SMTPServer({
      authOptional: password === undefined,
      disabledCommands: password === undefined ? ["AUTH"] : [],
      logger: false,
      closeTimeout: 100,
      onConnect: (_session, done) => {
        this.connections++;
        done();
      },
      onAuth: (auth, session, done) => {
        const isRight =
          auth.method === "CRAM-MD5"
            ? auth.validatePassword(password ?? "")
            : auth.password === password;
        if (!isRight) {
          done(refusal(535, `Invalid credentials ${auth.password ?? ""}`));
          return;
        }
        methods.set(session.id, { user: auth.username ?? "", method: auth.method });
        done(null, { user: auth.username ?? "" });
      },
      onRcptTo: ({ address }, _session, done) => done(this.refused.get(address)),
      onData: (stream, session, done) => {
        const { envelope, secure, id } = session;
        if (this.hangsUp) {
          for (const connection of this.server.connections) connection.close();
          return;
        }
        void text(stream).then((source) => {
          if (this.isSilent) return;
          if (this.refuseData) {
            done(this.refuseData);
            return;
          }
          this.mails.push({
            from: envelope.mailFrom === false ? "" : envelope.mailFrom.address,
            to: envelope.rcptTo.map(({ address }) => address),
            source,
            secure,
            ...(methods.get(id) ?? { user: undefined, method: undefined }),
            hello: session.hostNameAppearsAs || "",
          });
          done(null, "queued");
        });
      },
      ...options,
    });
    this.server.on("error", () => undefined);
  }

  async start(port = 0): Promise<this> {
    const listener = this.server.listen(port, "127.0.0.1");
    await once(listener, "listening");
    return this;
  }

  get port(): number {
    return (this.server.server.address() as AddressInfo).port;
  }

  get smarthost(): string {
    return `127.0.0.1:${this.port}`;
  }

  get openConnections(): number {
    return this.server.connections.size;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}
