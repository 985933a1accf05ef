import { DEFAULT_TENANT, describeError, type Logger, type Now, type Outbound } from "#lib";
import type { Config } from "#config";

import type { AlertPipeline } from "./manager.ts";
import { fingerprintOf } from "./fingerprint.ts";
import type { PipelineAlert } from "./types.ts";

/** How often the configuration is looked at, and the heartbeat when it has the same pace. */
const LOOK_MS = 1000;

const HEARTBEAT_TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 1024;

/** Groups that are later than this mean that alerts do not get through in time. */
const MAX_LAG_SECONDS = 60;

interface WatchdogOptions {
  config: () => Config;
  pipeline: AlertPipeline;
  /** Rejects when the state store is out of order. */
  ping: () => Promise<void>;
  outbound: Outbound;
  now: Now;
  logger: Logger;
}

/**
 * A dead man's switch: somebody outside is told all the time that alerts would get through, and raises the alarm when
 * that stops. It is an alert that always fires, on its way through routes and channels, or a URL that is asked while
 * the pipeline is in order.
 */
export class Watchdog {
  private readonly options: WatchdogOptions;
  private timer: NodeJS.Timeout | undefined;
  private firing: PipelineAlert | undefined;
  private beatAtMs = 0;
  private beating: Promise<void> = Promise.resolve();
  private isBeating = false;

  constructor(options: WatchdogOptions) {
    this.options = options;
  }

  /** MUST be called before the alerts are started, which would take the alert for one that is gone. */
  start(): void {
    this.look();
    this.timer = setInterval(() => this.look(), LOOK_MS).unref();
  }

  /** The alert stays as it is: a restart goes on with it. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await this.beating;
  }

  private look(): void {
    const { config, now } = this.options;
    const { enabled, labels, heartbeat_url: url, interval } = config().alerting.watchdog;
    this.fire(enabled ? { alertname: "Watchdog", severity: "none", ...labels } : undefined);
    if (url === undefined || this.isBeating || now() < this.beatAtMs) return;
    this.beatAtMs = now() + interval;
    this.isBeating = true;
    this.beating = this.beat(url).finally(() => (this.isBeating = false));
  }

  private fire(labels: Record<string, string> | undefined): void {
    const { pipeline, now } = this.options;
    const fingerprint = labels && fingerprintOf(labels);
    if (fingerprint === this.firing?.fingerprint) return;
    if (this.firing) pipeline.put({ ...this.firing, endsAtMs: now(), updatedAtMs: now() });
    this.firing = undefined;
    if (labels === undefined || fingerprint === undefined) return;
    this.firing = {
      tenant: DEFAULT_TENANT,
      fingerprint,
      labels,
      annotations: {
        summary: "Alerts get through",
        description: "This alert always fires: raise the alarm when it does not arrive any more.",
      },
      startsAtMs: now(),
      endsAtMs: Infinity,
      updatedAtMs: now(),
      generatorUrl: "",
      alertId: null,
      timesOut: false,
      cooldownMs: 0,
    };
    // Not as news: it says nothing that anybody has to look at.
    pipeline.restore(this.firing);
  }

  private async beat(url: string): Promise<void> {
    const { outbound, pipeline, ping, logger } = this.options;
    try {
      const { flushLagSeconds } = pipeline.stats();
      if (flushLagSeconds > MAX_LAG_SECONDS)
        throw new Error(`alerts are told of ${Math.round(flushLagSeconds)} s late`);
      await ping();
      const { status } = await outbound.request(url, {
        timeoutMs: HEARTBEAT_TIMEOUT_MS,
        maxBodyBytes: MAX_ANSWER_BYTES,
        truncateBody: true,
        headers: { "User-Agent": "Fleetlight" },
      });
      if (status >= 400) throw new Error(`answered ${status}`);
      pipeline.instruments.heartbeats.inc({ outcome: "sent" });
    } catch (error) {
      pipeline.instruments.heartbeats.inc({ outcome: "failed" });
      logger.warn({ error: describeError(error) }, "no heartbeat was sent");
    }
  }
}
