import type { ReceivedAlertRepository } from "#store";

import type { PipelineAlert } from "./types.ts";

/** Alerts of one transaction: it is written on the main thread and must be short. */
const ALERTS_PER_TRANSACTION = 200;

/** Alerts that ended longer ago than this are told of from the notification log, if anybody still has to be. */
const KEEP_ENDED_MS = 3_600_000;

type Document = Omit<PipelineAlert, "tenant" | "fingerprint" | "endsAtMs">;

const documentOf = ({
  tenant: _tenant,
  fingerprint: _fingerprint,
  endsAtMs: _endsAtMs,
  ...document
}: PipelineAlert): Document => document;

/** Alerts from outside in the state store, from where a restart has them. */
export class ReceivedAlerts {
  private readonly repository: ReceivedAlertRepository;

  constructor(repository: ReceivedAlertRepository) {
    this.repository = repository;
  }

  async load(nowMs: number): Promise<PipelineAlert[]> {
    await this.prune(nowMs);
    return (await this.repository.list()).map(({ tenant, fingerprint, endsAtMs, document }) => ({
      ...(document as Document),
      tenant,
      fingerprint,
      endsAtMs,
    }));
  }

  /** Resolves when they are durable. One that has no end is an alert of a rule, too, which knows how it stands. */
  async write(alerts: readonly PipelineAlert[]): Promise<void> {
    const lasting = alerts.filter(({ endsAtMs }) => Number.isFinite(endsAtMs));
    // One statement cannot write a row twice: the last report counts.
    const latest = [...new Map(lasting.map((alert) => [alert.fingerprint, alert])).values()];
    for (let start = 0; start < latest.length; start += ALERTS_PER_TRANSACTION) {
      await this.repository.put(
        latest.slice(start, start + ALERTS_PER_TRANSACTION).map((alert) => ({
          tenant: alert.tenant,
          fingerprint: alert.fingerprint,
          document: documentOf(alert),
          endsAtMs: alert.endsAtMs,
        })),
      );
      // Between transactions the rest of the process has its turn.
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
  }

  prune(nowMs: number): Promise<void> {
    return this.repository.prune(nowMs - KEEP_ENDED_MS);
  }
}
