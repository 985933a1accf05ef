import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";

import { describeError, FleetlightError, overloaded, type Logger, type Outbound } from "#lib";

import type { ChannelContext, Integration } from "../channel.ts";
import { readSecret } from "../exchange.ts";
import { escapeSlack } from "./text.ts";
import { readPresses, type Press } from "./interaction.ts";
import { press, type PressDoors } from "./press.ts";
import { isSignedBySlack } from "./signature.ts";
import { SlackSocket } from "./socket-mode.ts";

type SlackConfig = Integration<"slack">["config"];

/** Signatures that were used, so that a recorded request does nothing; as many as may come in five minutes. */
const MAX_SEEN = 10_000;
/** Secrets and connections of one configuration. */
const MAX_APPS = 50;
const ANSWER_TIMEOUT_MS = 10_000;
const MAX_UNDER_WAY = 100;

export interface SlackActionsOptions extends PressDoors {
  /** The integrations of all receivers. */
  configs: () => SlackConfig[];
  outbound: Pick<Outbound, "request" | "connect">;
  readSecretFile: ChannelContext["readSecretFile"];
  logger: Logger;
}

/** Buttons of Slack, whichever way a press of them comes. */
export class SlackActions {
  private readonly options: SlackActionsOptions;
  private readonly seen = new Set<string>();
  private readonly sockets = new Map<string, SlackSocket>();
  private readonly underWay = new Set<Promise<void>>();

  constructor(options: SlackActionsOptions) {
    this.options = options;
  }

  /**
   * A request of Slack's. It resolves once it is known to be one; what was pressed is done after that, because Slack
   * waits for three seconds only.
   * @throws FleetlightError `unauthorized` when Slack did not sign it, or signed it long ago.
   */
  async request(body: string, headers: IncomingHttpHeaders): Promise<void> {
    const { "x-slack-request-timestamp": time, "x-slack-signature": signature } = headers;
    const secrets = await this.signingSecrets();
    if (!isSignedBySlack(body, time, signature, secrets, this.options.now()))
      throw new FleetlightError("unauthorized", 401, "this request is not signed by Slack");
    if (!this.isNew(String(signature))) return;
    if (this.underWay.size >= MAX_UNDER_WAY)
      throw overloaded("too many buttons are pressed at once");
    const work = this.payload(new URLSearchParams(body).get("payload"));
    this.underWay.add(work);
    void work.finally(() => this.underWay.delete(work));
  }

  /** Opens and closes connections of Socket Mode as the configuration wants them now. */
  async reconfigure(): Promise<void> {
    const wanted = new Map<string, SlackConfig>();
    for (const config of this.options.configs()) {
      const { socket_token: token, socket_token_file: path } = config;
      if (token === undefined && path === undefined) continue;
      const hash = createHash("sha256")
        .update(token ?? "")
        .digest("hex");
      wanted.set(`${path ?? ""}\n${hash}\n${config.web_api_url}`, config);
    }
    for (const [key, socket] of this.sockets) {
      if (wanted.has(key)) continue;
      this.sockets.delete(key);
      await socket.close();
    }
    for (const [key, config] of wanted) {
      if (this.sockets.has(key) || this.sockets.size >= MAX_APPS) continue;
      this.sockets.set(key, this.open(config));
    }
  }

  /** Ends when what was pressed has been done. */
  async close(): Promise<void> {
    await Promise.all(this.underWay);
    await Promise.all([...this.sockets.values()].map((socket) => socket.close()));
    this.sockets.clear();
  }

  private open(config: SlackConfig): SlackSocket {
    const { outbound, logger, readSecretFile } = this.options;
    return new SlackSocket({
      base: config.web_api_url.endsWith("/") ? config.web_api_url : `${config.web_api_url}/`,
      token: () => readSecret({ readSecretFile }, config.socket_token, config.socket_token_file),
      outbound,
      logger,
      onInteraction: (payload) => this.presses(readPresses(payload)),
    });
  }

  private isNew(signature: string): boolean {
    if (this.seen.has(signature)) return false;
    this.seen.add(signature);
    const [oldest] = this.seen;
    if (this.seen.size > MAX_SEEN && oldest !== undefined) this.seen.delete(oldest);
    return true;
  }

  private async signingSecrets(): Promise<string[]> {
    const { configs, readSecretFile, logger } = this.options;
    const secrets = new Set<string>();
    for (const { signing_secret: text, signing_secret_file: path } of configs()) {
      if ((text === undefined && path === undefined) || secrets.size >= MAX_APPS) continue;
      try {
        secrets.add(await readSecret({ readSecretFile }, text, path));
      } catch (error) {
        logger.warn({ error: describeError(error) }, "a signing secret of Slack cannot be read");
      }
    }
    return [...secrets];
  }

  private async payload(text: string | null): Promise<void> {
    try {
      await this.presses(readPresses(JSON.parse(text ?? "null")));
    } catch {
      // Slack signed what is not JSON; there is nobody to tell.
    }
  }

  private async presses(all: readonly Press[]): Promise<void> {
    for (const one of all) {
      try {
        await this.answer(one, await press(one, this.options), true);
      } catch (error) {
        const known = error instanceof FleetlightError;
        if (!known) this.options.logger.error({ err: error }, "a button of Slack failed");
        const why = known ? error.message : "the server's log says why";
        await this.answer(one, `This was not done: ${why}`, false);
      }
    }
  }

  /** What was done is said to everybody in the message's thread, and what was not to who pressed. */
  private async answer(one: Press, text: string, isDone: boolean): Promise<void> {
    const { outbound, logger } = this.options;
    if (one.responseUrl === undefined) return;
    try {
      await outbound.request(one.responseUrl, {
        method: "POST",
        headers: { "User-Agent": "Fleetlight", "Content-Type": "application/json" },
        body: JSON.stringify({
          text: escapeSlack(text),
          response_type: isDone ? "in_channel" : "ephemeral",
          replace_original: false,
          ...(isDone && one.messageTs !== undefined ? { thread_ts: one.messageTs } : {}),
        }),
        timeoutMs: ANSWER_TIMEOUT_MS,
        maxBodyBytes: 1024,
        truncateBody: true,
      });
    } catch (error) {
      logger.warn({ error: describeError(error) }, "Slack could not be told what a button did");
    }
  }
}
