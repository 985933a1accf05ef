import type { Outbound } from "#lib";
import { DEFAULT_TENANT, describeError, isoTime, type Logger, type Now } from "#lib";

import type { PipelineAlert } from "../types.ts";
import type { Endpoint } from "./endpoints.ts";

/** Alerts that wait for one Alertmanager; those that fire come again with the next round. */
const MAX_PENDING = 10_000;
const ALERTS_PER_REQUEST = 256;

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;
/** News of this age is no longer worth telling: what fires was told again since, and what ended has timed out. */
const MAX_AGE_MS = 15 * 60_000;
const MAX_ANSWER_BYTES = 4096;

/** Without news an Alertmanager takes an alert for ended after this long; it is told again four times before. */
const VALID_MS = 4 * 60_000;

/** Alerts of other tenants are told apart as Mimir's Alertmanager does it. */
const TENANT_HEADER = "X-Scope-OrgID";

export interface SenderOptions {
  endpoint: Endpoint;
  client: Pick<Outbound, "request">;
  /** Labels as they are told; undefined for an alert that is not. */
  labelsOf: (alert: PipelineAlert) => Record<string, string> | undefined;
  now: Now;
  random: () => number;
  logger: Logger;
  onSent: (count: number) => void;
  onFailed: () => void;
  onDropped: (count: number) => void;
}

interface Pending {
  alert: PipelineAlert;
  sinceMs: number;
}

export const keyOf = ({ tenant, fingerprint }: PipelineAlert): string =>
  `${tenant}\0${fingerprint}`;

/** Tells one Alertmanager, which may be slow or away without anybody else noticing. */
export class Sender {
  private readonly options: SenderOptions;
  /** The latest news of each alert. */
  private readonly pending = new Map<string, Pending>();
  private readonly abort = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private sending: Promise<void> | undefined;
  private failures = 0;

  constructor(options: SenderOptions) {
    this.options = options;
  }

  get url(): string {
    return this.options.endpoint.url;
  }

  get waiting(): number {
    return this.pending.size;
  }

  add(alerts: Iterable<PipelineAlert>): void {
    const sinceMs = this.options.now();
    for (const alert of alerts) this.pending.set(keyOf(alert), { alert, sinceMs });
    this.limit();
    // A failure sets its own time; news must not wear out an Alertmanager that is away.
    if (this.failures === 0) this.wake(0);
  }

  async stop(): Promise<void> {
    this.abort.abort();
    clearTimeout(this.timer);
    await this.sending;
  }

  private limit(): void {
    const oldestMs = this.options.now() - MAX_AGE_MS;
    let dropped = 0;
    for (const [key, { sinceMs }] of this.pending) {
      if (this.pending.size <= MAX_PENDING && sinceMs >= oldestMs) break;
      this.pending.delete(key);
      dropped++;
    }
    if (dropped > 0) this.options.onDropped(dropped);
  }

  private wake(afterMs: number): void {
    if (this.abort.signal.aborted || this.sending !== undefined) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.sending = this.sendAll().finally(() => {
        this.sending = undefined;
        this.limit();
        if (this.pending.size > 0) this.wake(this.failures === 0 ? 0 : this.pauseMs());
      });
    }, afterMs);
    this.timer.unref();
  }

  private pauseMs(): number {
    const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (this.failures - 1));
    return pauseMs * (0.5 + this.options.random() / 2);
  }

  private async sendAll(): Promise<void> {
    while (this.pending.size > 0 && !this.abort.signal.aborted) {
      const [first] = this.pending.values();
      const tenant = first?.alert.tenant ?? DEFAULT_TENANT;
      const batch = [...this.pending]
        .filter(([, { alert }]) => alert.tenant === tenant)
        .slice(0, ALERTS_PER_REQUEST);
      const done = await this.send(
        tenant,
        batch.map(([, { alert }]) => alert),
      );
      if (!done) return;
      // What had news in the meantime is told again.
      for (const [key, sent] of batch) if (this.pending.get(key) === sent) this.pending.delete(key);
    }
  }

  /** @returns whether these alerts are settled: told, or refused for good. */
  private async send(tenant: string, alerts: readonly PipelineAlert[]): Promise<boolean> {
    const { endpoint, client, logger, onSent, onFailed, onDropped } = this.options;
    const body = this.bodyOf(alerts);
    if (body.length === 0) return true;
    let problem: string;
    try {
      const { status, body: answer } = await client.request(endpoint.url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          ...(tenant !== DEFAULT_TENANT && { [TENANT_HEADER]: tenant }),
        },
        body: JSON.stringify(body),
        timeoutMs: endpoint.timeoutMs,
        maxBodyBytes: MAX_ANSWER_BYTES,
        truncateBody: true,
        followRedirects: endpoint.followRedirects,
        signal: this.abort.signal,
      });
      if (status >= 200 && status < 300) {
        if (this.failures > 0) logger.info({ url: endpoint.url }, "an Alertmanager answers again");
        this.failures = 0;
        onSent(body.length);
        return true;
      }
      problem = `answered ${status}`;
      if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
        logger.warn(
          { url: endpoint.url, status, answer: answer.toString("utf8").slice(0, 200) },
          "an Alertmanager refuses alerts",
        );
        onDropped(body.length);
        return true;
      }
    } catch (error) {
      if (this.abort.signal.aborted) return false;
      problem = describeError(error);
    }
    this.failures += 1;
    onFailed();
    if (this.failures === 1)
      logger.warn({ url: endpoint.url, error: problem }, "an Alertmanager is not reached");
    return false;
  }

  private bodyOf(alerts: readonly PipelineAlert[]) {
    const { now, labelsOf } = this.options;
    const nowMs = now();
    return alerts.flatMap((alert) => {
      const labels = labelsOf(alert);
      if (labels === undefined) return [];
      const endsAtMs = alert.endsAtMs <= nowMs ? alert.endsAtMs : nowMs + VALID_MS;
      return {
        labels,
        annotations: alert.annotations,
        startsAt: isoTime(alert.startsAtMs),
        endsAt: isoTime(endsAtMs),
        generatorURL: alert.generatorUrl,
      };
    });
  }
}
