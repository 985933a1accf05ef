import { createHash } from "node:crypto";

import type { Registry } from "@fleetlight/sdk";

import { describeError, type Logger, type Now } from "#lib";
import type { EventRecord, EventStore } from "#store";

/** Events that wait because the store does not take them; further ones are dropped and counted. */
const MAX_WAITING = 10_000;
const MAX_BATCH = 1000;
const RETRY_MS = 1000;
/** Longest text of an attribute. */
const MAX_TEXT = 1024;

interface Options {
  events: EventStore;
  now: Now;
  logger: Logger;
  registry: Registry;
}

interface News {
  type: string;
  /** What makes it this event and no other: what is told twice under one key is one event. */
  key: string;
  attributes: Readonly<Record<string, string>>;
  timeMs?: number;
}

/** A UUID of version 8, made by its own rule, that is the same whenever the same thing is told. */
function eventId(tenant: string, type: string, key: string): string {
  const hex = createHash("sha256").update(`${tenant}\n${type}\n${key}`).digest("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-a${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

/** Writes events in the background, in order, again until they are taken. */
export class EventTeller {
  private readonly options: Options;
  private readonly dropped;
  private waiting: { tenant: string; event: EventRecord }[] = [];
  private running: Promise<void> | undefined;
  private isStopped = false;

  constructor(options: Options) {
    this.options = options;
    this.dropped = options.registry.counter({
      name: "fleetlight_fleet_events_dropped_total",
      help: "Events about coordination and budgets that were dropped because the store took none for long.",
    });
  }

  tell(tenant: string, { type, key, attributes, timeMs = this.options.now() }: News): void {
    if (this.waiting.length >= MAX_WAITING) {
      this.dropped.inc();
      return;
    }
    const texts = Object.entries(attributes).map(([name, text]) => [name, text.slice(0, MAX_TEXT)]);
    const event: EventRecord = {
      id: eventId(tenant, type, key),
      timeMs,
      type,
      service: "",
      attributes: Object.fromEntries(texts) as Record<string, string>,
    };
    this.waiting.push({ tenant, event });
    this.running ??= this.write().finally(() => (this.running = undefined));
  }

  /** Resolves when what waits is written, or was tried once more. */
  async stop(): Promise<void> {
    this.isStopped = true;
    await this.running;
  }

  private async write(): Promise<void> {
    while (this.waiting.length > 0) {
      const { tenant } = this.waiting[0] as { tenant: string };
      const batch = this.waiting.slice(0, MAX_BATCH).filter((one) => one.tenant === tenant);
      try {
        await this.options.events.append(
          tenant,
          batch.map(({ event }) => event),
        );
        const written = new Set(batch);
        this.waiting = this.waiting.filter((one) => !written.has(one));
      } catch (error) {
        if (this.isStopped) return;
        this.options.logger.warn(
          { error: describeError(error), waiting: this.waiting.length },
          "events of the fleet were not written yet",
        );
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
      }
    }
  }
}
