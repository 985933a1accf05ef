import { randomUUID } from "node:crypto";

import type { Stop, StopInput } from "@fleetlight/contract";

import { badRequest, isoTime, limitReached, notFound, type Now } from "#lib";
import type { BudgetRepository, StoredStop } from "#store";

/** Stops of one tenant. */
const MAX_STOPS = 1000;
/** Who makes stops of runs that exceed the limits of `coordination`. */
export const RUNAWAY = "fleetlight:coordination";

/** Names of the one who asks whether to go on; empty when unknown. */
export interface Asking {
  agent: string;
  conversation: string;
  user: string;
  workflow: string;
  traceId: string;
}

const SUBJECT_OF = {
  run: "traceId",
  agent: "agent",
  conversation: "conversation",
  user: "user",
  workflow: "workflow",
} as const satisfies Record<StoredStop["kind"], keyof Asking>;

const toStop = (stop: StoredStop): Stop => ({
  id: stop.id,
  kind: stop.kind,
  subject: stop.subject,
  reason: stop.reason,
  by: stop.by,
  created_at: isoTime(stop.createdAtMs),
  expires_at: stop.expiresAtMs === null ? null : isoTime(stop.expiresAtMs),
});

/** What people, or limits, have stopped. Agents obey when they ask at a checkpoint. */
export class Stops {
  private readonly options: { repository: BudgetRepository; now: Now };
  private readonly tenants = new Map<string, Map<string, StoredStop>>();

  constructor(options: { repository: BudgetRepository; now: Now }) {
    this.options = options;
  }

  async load(): Promise<void> {
    for (const stop of await this.options.repository.stops()) this.keep(stop);
  }

  list(tenant: string): Stop[] {
    return this.inForce(tenant)
      .toSorted((a, b) => b.createdAtMs - a.createdAtMs)
      .map(toStop);
  }

  /** @throws FleetlightError `bad_request`, `limit_reached`. */
  async add(tenant: string, input: StopInput, by: string): Promise<Stop> {
    const nowMs = this.options.now();
    const expiresAtMs = input.expires_at === undefined ? null : Date.parse(input.expires_at);
    if (expiresAtMs !== null && expiresAtMs <= nowMs)
      throw badRequest("`expires_at` is over already");
    if (input.kind === "run" && !/^[0-9a-fA-F]{1,32}$/.test(input.subject))
      throw badRequest("the subject of a stopped run is its trace id");
    const inForce = this.inForce(tenant);
    if (inForce.length >= MAX_STOPS)
      throw limitReached("stops", `there are ${MAX_STOPS} stops already`);
    const subject =
      input.kind === "run" ? input.subject.toLowerCase().padStart(32, "0") : input.subject;
    const stop: StoredStop = {
      tenant,
      id: randomUUID(),
      kind: input.kind,
      subject,
      reason: input.reason,
      by,
      createdAtMs: nowMs,
      expiresAtMs,
    };
    await this.options.repository.putStop(stop);
    this.keep(stop);
    return toStop(stop);
  }

  /** @throws FleetlightError `not_found`. */
  async remove(tenant: string, id: string): Promise<Stop> {
    const stop = this.tenants.get(tenant)?.get(id);
    if (stop === undefined) throw notFound("stop", id);
    await this.options.repository.removeStop(tenant, id);
    this.tenants.get(tenant)?.delete(id);
    return toStop(stop);
  }

  /** Stops that concern the one who asks. */
  concerning(tenant: string, asking: Asking): StoredStop[] {
    if (!this.tenants.has(tenant)) return [];
    return this.inForce(tenant).filter(({ kind, subject }) => asking[SUBJECT_OF[kind]] === subject);
  }

  /** Drops what has expired. */
  async tidy(): Promise<void> {
    const nowMs = this.options.now();
    for (const [tenant, stops] of this.tenants)
      for (const { id, expiresAtMs } of stops.values())
        if (expiresAtMs !== null && expiresAtMs <= nowMs) {
          stops.delete(id);
          await this.options.repository.removeStop(tenant, id);
        }
  }

  private inForce(tenant: string): StoredStop[] {
    const nowMs = this.options.now();
    return [...(this.tenants.get(tenant)?.values() ?? [])].filter(
      ({ expiresAtMs }) => expiresAtMs === null || expiresAtMs > nowMs,
    );
  }

  private keep(stop: StoredStop): void {
    const stops = this.tenants.get(stop.tenant) ?? new Map<string, StoredStop>();
    this.tenants.set(stop.tenant, stops);
    stops.set(stop.id, stop);
  }
}
