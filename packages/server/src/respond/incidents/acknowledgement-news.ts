import { createHash } from "node:crypto";

import { describeError, type Logger, type Now } from "#lib";
import type { StoredAcknowledgement } from "#store";

import type { AlertGroupView, Alertmanager } from "../alertmanager.ts";
import { notifiedAlert } from "../pipeline-alert.ts";
import type { Notification } from "../types.ts";

/** Channels whose other side knows what an acknowledgement is. */
const KINDS = new Set(["pagerduty", "opsgenie"]);

/** Acknowledgements that wait to be told; further ones are known here all the same. */
const MAX_WAITING = 10_000;

interface NewsOptions {
  alerts: Pick<Alertmanager, "groups" | "channels" | "enqueue">;
  acknowledgementOf: (tenant: string, fingerprint: string) => StoredAcknowledgement | undefined;
  externalUrl: () => string;
  now: Now;
  logger: Logger;
}

/** Sets of labels have in common what all have with one value. */
const shared = (sets: readonly Readonly<Record<string, string>>[]): Record<string, string> =>
  Object.fromEntries(
    Object.entries(sets[0] ?? {}).filter(([name, value]) =>
      sets.every((set) => set[name] === value),
    ),
  );

/** Tells those who keep incidents elsewhere that somebody takes care, once that is so for all alerts of a group. */
export class AcknowledgementNews {
  private readonly options: NewsOptions;
  private waiting = new Map<string, StoredAcknowledgement>();

  constructor(options: NewsOptions) {
    this.options = options;
  }

  add(one: StoredAcknowledgement): void {
    if (this.waiting.size < MAX_WAITING) this.waiting.set(`${one.tenant}\n${one.fingerprint}`, one);
  }

  /** Tells what waits. Never rejects. */
  async tell(): Promise<void> {
    const { alerts, logger } = this.options;
    const acknowledged = [...this.waiting.values()];
    this.waiting = new Map();
    const channels = alerts.channels().filter(({ kind }) => KINDS.has(kind));
    if (acknowledged.length === 0 || channels.length === 0) return;
    try {
      for (const tenant of new Set(acknowledged.map((one) => one.tenant))) {
        const fresh = new Set(
          acknowledged.filter((one) => one.tenant === tenant).map((one) => one.fingerprint),
        );
        const groups = await alerts.groups(tenant);
        const notifications = groups
          .filter((group) => group.alerts.some(({ alert }) => fresh.has(alert.fingerprint)))
          .flatMap((group) => {
            const latest = this.whoCares(tenant, group);
            if (latest === undefined) return [];
            return channels
              .filter(({ receiver }) => receiver === group.receiver)
              .map(({ name }) =>
                this.notificationOf(tenant, group, name.slice(group.receiver.length + 1), latest),
              );
          });
        if (notifications.length > 0) await alerts.enqueue(notifications);
      }
    } catch (error) {
      logger.warn({ error: describeError(error) }, "an acknowledgement was not passed on");
    }
  }

  /** The latest acknowledgement of a group whose alerts are all acknowledged. */
  private whoCares(tenant: string, { alerts }: AlertGroupView): StoredAcknowledgement | undefined {
    let latest: StoredAcknowledgement | undefined;
    for (const { alert } of alerts) {
      const one = this.options.acknowledgementOf(tenant, alert.fingerprint);
      if (one === undefined) return undefined;
      if (latest === undefined || one.atMs >= latest.atMs) latest = one;
    }
    return latest;
  }

  private notificationOf(
    tenant: string,
    group: AlertGroupView,
    integration: string,
    { by, note, atMs }: StoredAcknowledgement,
  ): Notification {
    const nowMs = this.options.now();
    const alerts = group.alerts.map(({ alert }) => notifiedAlert(alert, nowMs));
    return {
      id: createHash("sha256")
        .update(JSON.stringify([tenant, group.key, group.receiver, integration, by, atMs]))
        .digest("hex")
        .slice(0, 32),
      tenant,
      receiver: group.receiver,
      integration,
      groupKey: group.key,
      status: "firing",
      alerts,
      groupLabels: { ...group.labels },
      commonLabels: shared(alerts.map(({ labels }) => labels)),
      commonAnnotations: shared(alerts.map(({ annotations }) => annotations)),
      externalUrl: this.options.externalUrl(),
      createdAtMs: nowMs,
      reason: "group",
      acknowledged: { by, note },
    };
  }
}
