import type { Registry } from "@fleetlight/sdk";

import type { Config } from "#config";
import { describeError, type Logger, type Outbound } from "#lib";

const TIMEOUT_MS = 10_000;
const MAX_ANSWER_BYTES = 4096;
const PATH = "/metrics/job/fleetlight";

interface Options {
  config: () => Pick<Config, "forwarding">;
  outbound: Pick<Outbound, "request">;
  logger: Logger;
  registry: Registry;
}

/** Pushes the server's own metrics to the push gateway that `forwarding.prometheus_gateway` names. */
export class GatewayPusher {
  private readonly options: Options;
  private readonly counters;
  private readonly abort = new AbortController();
  private timer: NodeJS.Timeout | undefined;
  private failing = false;

  constructor(options: Options) {
    this.options = options;
    this.counters = {
      pushes: options.registry.counter({
        name: "fleetlight_gateway_pushes_total",
        help: "Pushes of the server's own metrics to a push gateway, by result.",
        labelNames: ["result"],
      }),
    };
  }

  start(): void {
    this.timer = setTimeout(
      () =>
        void this.push().finally(() => {
          if (!this.abort.signal.aborted) this.start();
        }),
      this.options.config().forwarding.gateway_interval,
    ).unref();
  }

  stop(): void {
    this.abort.abort();
    clearTimeout(this.timer);
  }

  private async push(): Promise<void> {
    const { outbound, registry, logger, config } = this.options;
    const { prometheus_gateway: gateway } = config().forwarding;
    if (gateway === undefined) return;
    try {
      const url = new URL(gateway);
      url.pathname = `${url.pathname.replace(/\/+$/, "")}${PATH}`;
      const { status } = await outbound.request(url.href, {
        method: "PUT",
        headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" },
        body: await registry.expose("text"),
        timeoutMs: TIMEOUT_MS,
        maxBodyBytes: MAX_ANSWER_BYTES,
        truncateBody: true,
        signal: this.abort.signal,
      });
      if (status < 200 || status > 299) throw new Error(`it answered ${status}`);
      this.counters.pushes.inc({ result: "taken" });
      if (this.failing) logger.info("the push gateway takes metrics again");
      this.failing = false;
    } catch (error) {
      if (this.abort.signal.aborted) return;
      this.counters.pushes.inc({ result: "failed" });
      if (!this.failing)
        logger.warn({ error: describeError(error) }, "the push gateway does not take metrics");
      this.failing = true;
    }
  }
}
