import { createHash } from "node:crypto";

import type { Alert } from "@fleetlight/contract";
import { describeError, type Logger } from "#lib";
import type { EventRecord, EventStore, StoredAlert } from "#store";

import type { Instruments } from "./instruments.ts";

/** Events that wait because the store does not take them; further ones are dropped and counted. */
const MAX_WAITING = 10_000;

const RETRY_MS = 1000;

/** A UUID that is the same whenever the same change is told, so that telling it twice makes one event. */
function eventId(tenant: string, alertId: string, state: Alert["state"]): string {
  const hex = createHash("sha256").update(`${tenant}\n${alertId}\n${state}`).digest("hex");
  // Version 8: made by its own rule.
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

const timeOf = ({ state, active_at, fired_at, resolved_at }: Alert): number =>
  Date.parse(
    (state === "resolved" ? resolved_at : state === "firing" ? fired_at : null) ?? active_at,
  );

/** The event that an alert reached its present state. */
export const alertEvent = ({ tenant, alert }: StoredAlert): EventRecord => ({
  id: eventId(tenant, alert.id, alert.state),
  timeMs: timeOf(alert),
  type: `alert.${alert.state}`,
  service: alert.service,
  attributes: {
    alert_id: alert.id,
    rule_id: alert.rule_id,
    name: alert.name,
    severity: alert.severity,
    metric: alert.metric,
    condition: `${alert.condition} ${alert.threshold}`,
    value: alert.value === null ? "" : String(alert.value),
    fired: String(alert.fired_at !== null),
    ...(alert.annotations["summary"] === undefined
      ? {}
      : { summary: alert.annotations["summary"] }),
  },
});

/** Writes events about alerts in the background, in order, again until they are taken. */
export class AlertEvents {
  private readonly options: { events: EventStore; logger: Logger; instruments: Instruments };
  private waiting: { tenant: string; event: EventRecord }[] = [];
  private running: Promise<void> = Promise.resolve();
  private isRunning = false;
  private stopped = false;

  constructor(options: { events: EventStore; logger: Logger; instruments: Instruments }) {
    this.options = options;
  }

  tell(alerts: readonly StoredAlert[]): void {
    for (const stored of alerts) {
      if (this.waiting.length < MAX_WAITING) {
        this.waiting.push({ tenant: stored.tenant, event: alertEvent(stored) });
      } else this.options.instruments.dropped.inc({ kind: "event" });
    }
    if (!this.isRunning) this.running = this.run();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  private async run(): Promise<void> {
    this.isRunning = true;
    while (this.waiting.length > 0) {
      const [first] = this.waiting;
      const tenant = first?.tenant ?? "";
      const end = this.waiting.findIndex((one) => one.tenant !== tenant);
      const batch = this.waiting.slice(0, end === -1 ? undefined : end);
      try {
        await this.options.events.append(
          tenant,
          batch.map((one) => one.event),
        );
        this.waiting.splice(0, batch.length);
      } catch (error) {
        this.options.logger.warn(
          { error: describeError(error), events: this.waiting.length },
          "events about alerts could not be written",
        );
        if (this.stopped) break;
        await new Promise<void>((resolve) => setTimeout(resolve, RETRY_MS).unref());
      }
    }
    this.isRunning = false;
  }
}
