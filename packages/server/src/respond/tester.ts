import { randomUUID } from "node:crypto";

import { describeError, notFound, type Now } from "#lib";

import type { AlertTable } from "./alert-table.ts";
import type { PreviewResult, TestResult } from "./alertmanager.ts";
import type { ChannelSet, ConfiguredChannel } from "./channel-set.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { integrationName } from "./notify/index.ts";
import { notifiedAlert } from "./pipeline-alert.ts";
import type { Notification, NotifiedAlert } from "./types.ts";

/** How long a test waits for the channel. */
const TEST_TIMEOUT_MS = 30_000;

const SAMPLE_LABELS = { alertname: "TestAlert", severity: "info", service: "fleetlight" };

/** Shows and sends samples, so that a channel can be tried before it is needed. */
export class Tester {
  private readonly options: { now: Now; table: AlertTable; channels: () => ChannelSet };

  constructor(options: Tester["options"]) {
    this.options = options;
  }

  /** Past the outbox: whoever asks waits for the answer, and nothing is tried again. */
  async test(tenant: string, receiver: string): Promise<TestResult[]> {
    const signal = AbortSignal.timeout(TEST_TIMEOUT_MS);
    return Promise.all(
      this.channelsOf(receiver).map(async (entry) => ({
        integration: integrationName(entry.integration),
        target: entry.channel.target,
        result: await entry.channel.send(
          this.notificationFor(tenant, entry, this.sample()),
          signal,
        ),
      })),
    );
  }

  async preview(tenant: string, receiver: string, fingerprint?: string): Promise<PreviewResult[]> {
    const channels = this.channelsOf(receiver);
    const nowMs = this.options.now();
    let alert = this.sample();
    if (fingerprint !== undefined) {
      const tracked = this.options.table.get(tenant, fingerprint);
      if (!tracked) throw notFound("alert", fingerprint);
      alert = notifiedAlert(tracked.alert, nowMs);
    }
    return Promise.all(
      channels.map(async (entry) => {
        const integration = integrationName(entry.integration);
        try {
          const notification = this.notificationFor(tenant, entry, alert);
          const text = await entry.channel.preview(notification);
          return { integration, text, error: null };
        } catch (error) {
          return { integration, text: "", error: describeError(error) };
        }
      }),
    );
  }

  private channelsOf(receiver: string): readonly ConfiguredChannel[] {
    const found = this.options.channels().of(receiver);
    if (!found) throw notFound("receiver", receiver);
    return found;
  }

  private sample(): NotifiedAlert {
    return {
      status: "firing",
      labels: SAMPLE_LABELS,
      annotations: {
        summary: "This is a test",
        description: "Somebody tried whether notifications arrive here. Nothing is wrong.",
      },
      startsAt: new Date(this.options.now()).toISOString(),
      endsAt: "0001-01-01T00:00:00Z",
      generatorURL: `${this.options.channels().externalUrl}/dashboard/alerts`,
      fingerprint: fingerprintOf(SAMPLE_LABELS),
    };
  }

  private notificationFor(
    tenant: string,
    { receiver, integration }: ConfiguredChannel,
    alert: NotifiedAlert,
  ): Notification {
    return {
      id: randomUUID(),
      tenant,
      receiver,
      integration: integrationName(integration),
      groupKey: `{}:{alertname=${JSON.stringify(alert.labels["alertname"] ?? "")}}`,
      status: alert.status,
      alerts: [alert],
      groupLabels: { alertname: alert.labels["alertname"] ?? "" },
      commonLabels: alert.labels,
      commonAnnotations: alert.annotations,
      externalUrl: this.options.channels().externalUrl,
      createdAtMs: this.options.now(),
      reason: "test",
    };
  }
}
