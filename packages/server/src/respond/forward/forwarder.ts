import type { Registry } from "@fleetlight/sdk";
import { compileRelabel, JobClient } from "#collect";
import type { Config } from "#config";
import { type Logger, type Now, type Outbound, type OutboundPolicy } from "#lib";

import type { Alertmanager } from "../alertmanager.ts";
import type { PipelineAlert } from "../types.ts";
import { endpointsOf } from "./endpoints.ts";
import { keyOf, Sender } from "./sender.ts";

/** How often every alert that fires is told again, as Prometheus does. */
const RESEND_MS = 60_000;

interface ForwarderOptions {
  alertmanager: Pick<Alertmanager, "onChange" | "alerts" | "tenants">;
  config: () => Config;
  outbound: Outbound;
  policy: () => OutboundPolicy;
  now: Now;
  random: () => number;
  logger: Logger;
  registry: Registry;
  resendMs?: number;
}

/** Tells the Alertmanagers of `alerting.alertmanagers` of our own alerts, as a Prometheus would. */
export interface Forwarder {
  start(): Promise<void>;
  /** After the configuration changed. */
  reconfigure(): void;
  stop(): Promise<void>;
}

const createInstruments = (registry: Registry) => ({
  sent: registry.counter({
    name: "fleetlight_forwarded_alerts_total",
    help: "Alerts that were told to an Alertmanager.",
  }),
  failed: registry.counter({
    name: "fleetlight_forward_failures_total",
    help: "Requests to Alertmanagers that failed and are made again.",
  }),
  dropped: registry.counter({
    name: "fleetlight_forward_dropped_alerts_total",
    help: "Alerts that were not told to an Alertmanager: refused, too old, or too many.",
  }),
  waiting: registry.gauge({
    name: "fleetlight_forward_waiting_alerts",
    help: "Alerts that wait for Alertmanagers.",
  }),
});

class AlertForwarder implements Forwarder {
  private readonly options: ForwarderOptions;
  private readonly instruments: ReturnType<typeof createInstruments>;
  /** Our alerts that fire. Those that others told us of are theirs to tell. */
  private readonly firing = new Map<string, PipelineAlert>();
  private senders: Sender[] = [];
  private clients: JobClient[] = [];
  /** The configuration that the senders were made of. */
  private made = "";
  private timer: NodeJS.Timeout | undefined;
  private unsubscribe: (() => void) | undefined;

  constructor(options: ForwarderOptions) {
    this.options = options;
    this.instruments = createInstruments(options.registry);
    options.registry.collect(() =>
      this.instruments.waiting.set(this.senders.reduce((sum, { waiting }) => sum + waiting, 0)),
    );
  }

  async start(): Promise<void> {
    const { alertmanager, resendMs = RESEND_MS } = this.options;
    this.unsubscribe = alertmanager.onChange((change) => {
      if (change.kind === "alert") this.take(change.alert);
    });
    for (const tenant of alertmanager.tenants())
      for (const { alert } of await alertmanager.alerts(tenant))
        if (alert.alertId !== null) this.firing.set(keyOf(alert), alert);
    this.reconfigure();
    this.timer = setInterval(() => this.tell(this.firing.values()), resendMs).unref();
  }

  reconfigure(): void {
    const { alertmanagers, alert_relabel_configs: rules } = this.options.config().alerting;
    const { external_labels: external } = this.options.config().global;
    for (const client of this.clients) client.reconfigure();
    const wanted = JSON.stringify([alertmanagers, rules, external]);
    if (wanted === this.made) return;
    this.made = wanted;
    void this.close();
    this.build();
    this.tell(this.firing.values());
  }

  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.unsubscribe?.();
    await this.close();
  }

  private take(alert: PipelineAlert): void {
    if (alert.alertId === null) return;
    if (alert.endsAtMs <= this.options.now()) this.firing.delete(keyOf(alert));
    else this.firing.set(keyOf(alert), alert);
    this.tell([alert]);
  }

  private tell(alerts: Iterable<PipelineAlert>): void {
    const list = [...alerts];
    if (list.length === 0) return;
    for (const sender of this.senders) sender.add(list);
  }

  private build(): void {
    const { config, outbound, policy, now, random, logger } = this.options;
    const { alertmanagers, alert_relabel_configs: rules } = config().alerting;
    const relabel = compileRelabel(rules);
    const external = config().global.external_labels;
    const labelsOf = (alert: PipelineAlert): Record<string, string> | undefined => {
      const labels = new Map(Object.entries({ ...external, ...alert.labels }));
      if (relabel !== undefined && !relabel(labels)) return undefined;
      return Object.fromEntries([...labels].filter(([, value]) => value !== ""));
    };
    for (const entry of alertmanagers) {
      const client = new JobClient(entry, {
        shared: outbound,
        policy,
        monotonicMs: () => performance.now(),
      });
      this.clients.push(client);
      for (const endpoint of endpointsOf(entry))
        this.senders.push(
          new Sender({
            endpoint,
            client,
            labelsOf,
            now,
            random,
            logger,
            onSent: (count) => this.instruments.sent.inc(count),
            onFailed: () => this.instruments.failed.inc(),
            onDropped: (count) => this.instruments.dropped.inc(count),
          }),
        );
    }
  }

  private async close(): Promise<void> {
    const { senders, clients } = this;
    this.senders = [];
    this.clients = [];
    await Promise.all(senders.map((sender) => sender.stop()));
    await Promise.all(clients.map((client) => client.close()));
  }
}

export const createForwarder = (options: ForwarderOptions): Forwarder =>
  new AlertForwarder(options);
