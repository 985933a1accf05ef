import { randomUUID } from "node:crypto";

import type {
  MaintenanceCalendar,
  MaintenanceInput,
  MaintenancePreview,
  MaintenanceWindow,
  Occurrence,
} from "@fleetlight/contract";
import { badRequest, Channel, conflict, isoTime, limitReached, notFound } from "#lib";
import type { Logger, Now } from "#lib";
import type { MaintenanceRepository, StoredMaintenance } from "#store";

import type { Alertmanager } from "../alertmanager.ts";
import type { Interval } from "../oncall/index.ts";
import type { PipelineAlert } from "../types.ts";
import {
  checkWindow,
  compileWindow,
  concerns,
  occurrencesOf,
  outlook,
  type Window,
} from "./window.ts";

const MAX_WINDOWS = 1000;
const MAX_PREVIEWED = 100;
const MAX_CALENDAR_ENTRIES = 2000;
const MAX_CALENDAR_MS = 400 * 86_400_000;
const NEXT_SHOWN = 5;
const MAX_CUT = 100;

/** How often windows that begin or end are noticed by those who have to hear of it; alerts are judged to the millisecond. */
const TICK_MS = 1000;

/** A tenant's windows that are in force, good until one begins or ends. */
interface Active {
  fromMs: number;
  untilMs: number;
  windows: readonly Window[];
}

interface MaintenanceOptions {
  repository: MaintenanceRepository;
  alerts: Pick<Alertmanager, "alerts" | "wake">;
  now: Now;
  logger: Logger;
}

export interface MaintenanceChange {
  tenant: string;
  kind: "began" | "ended";
  window: StoredMaintenance;
}

/** Maintenance windows and recurring silences of all tenants. Changes are durable when their promise resolves. */
export interface Maintenance {
  start(): Promise<void>;
  stop(): void;
  /** Notices what began or ended; called every second by `start`. */
  tick(nowMs: number): void;
  /** Ids of the windows that an alert falls into at that moment. */
  suppressedBy(alert: PipelineAlert, nowMs: number): readonly string[];
  nameOf(tenant: string, id: string): string | undefined;
  /** By name. */
  list(tenant: string, state?: MaintenanceWindow["state"]): Promise<MaintenanceWindow[]>;
  /** @throws FleetlightError `not_found`. */
  get(tenant: string, id: string): Promise<MaintenanceWindow>;
  /** @throws FleetlightError `bad_request` or `limit_reached`. */
  create(tenant: string, input: MaintenanceInput, by: string): Promise<MaintenanceWindow>;
  /** @throws FleetlightError `not_found` or `bad_request`. */
  replace(
    tenant: string,
    id: string,
    input: MaintenanceInput,
    by: string,
  ): Promise<MaintenanceWindow>;
  /** @throws FleetlightError `not_found`. */
  remove(tenant: string, id: string): Promise<void>;
  /** Ends the occurrence that is under way. @throws FleetlightError `not_found`, or `conflict` when there is none. */
  end(tenant: string, id: string): Promise<MaintenanceWindow>;
  /** @throws FleetlightError `bad_request`. */
  preview(tenant: string, input: MaintenanceInput): Promise<MaintenancePreview>;
  /** @throws FleetlightError `bad_request` for a range that is empty or longer than 400 days. */
  calendar(tenant: string, startMs: number, endMs: number): MaintenanceCalendar;
  /** Told when an occurrence began or ended. @returns a function that ends the subscription. */
  onChange(listener: (change: MaintenanceChange) => void): () => void;
}

const asOccurrence = ({ startMs, endMs }: Interval): Occurrence => ({
  start: isoTime(startMs),
  end: isoTime(endMs),
});

class MaintenanceKeeper implements Maintenance {
  private readonly options: MaintenanceOptions;
  private readonly tenants = new Map<string, Map<string, Window>>();
  private readonly active = new Map<string, Active>();
  /** What listeners were told is in force, by tenant and id. */
  private readonly announced = new Map<string, { tenant: string; window: Window }>();
  private readonly listeners: Channel<MaintenanceChange>;
  private timer: NodeJS.Timeout | undefined;

  constructor(options: MaintenanceOptions) {
    this.options = options;
    this.listeners = new Channel((error) =>
      options.logger.error({ err: error }, "a listener for maintenance failed"),
    );
  }

  async start(): Promise<void> {
    for (const stored of await this.options.repository.list()) this.keep(stored);
    this.tick(this.options.now());
    this.timer = setInterval(() => this.tick(this.options.now()), TICK_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  tick(nowMs: number): void {
    const now = new Set<string>();
    for (const tenant of this.tenants.keys()) {
      for (const window of this.inForce(tenant, nowMs)) {
        const key = `${tenant}\n${window.stored.id}`;
        now.add(key);
        const isNew = !this.announced.has(key);
        this.announced.set(key, { tenant, window });
        if (isNew) this.announce("began", tenant, window);
      }
    }
    for (const [key, { tenant, window }] of this.announced) {
      if (now.has(key)) continue;
      this.announced.delete(key);
      this.announce("ended", tenant, window);
    }
  }

  suppressedBy({ tenant, labels }: PipelineAlert, nowMs: number): readonly string[] {
    if (!this.tenants.has(tenant)) return [];
    return this.inForce(tenant, nowMs)
      .filter((window) => concerns(window, labels))
      .map(({ stored }) => stored.id);
  }

  nameOf(tenant: string, id: string): string | undefined {
    return this.tenants.get(tenant)?.get(id)?.stored.name;
  }

  async list(tenant: string, state?: MaintenanceWindow["state"]): Promise<MaintenanceWindow[]> {
    const windows = [...(this.tenants.get(tenant)?.values() ?? [])];
    const shown = await this.show(tenant, windows);
    return shown
      .filter((one) => state === undefined || one.state === state)
      .toSorted((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
  }

  async get(tenant: string, id: string): Promise<MaintenanceWindow> {
    return this.showOne(this.find(tenant, id));
  }

  async create(tenant: string, input: MaintenanceInput, by: string): Promise<MaintenanceWindow> {
    if ((this.tenants.get(tenant)?.size ?? 0) >= MAX_WINDOWS)
      throw limitReached(
        "maintenance windows",
        `there are ${MAX_WINDOWS} maintenance windows already; remove those that are over`,
      );
    return this.write(tenant, randomUUID(), input, by, undefined);
  }

  replace(
    tenant: string,
    id: string,
    input: MaintenanceInput,
    by: string,
  ): Promise<MaintenanceWindow> {
    return this.write(tenant, id, input, by, this.find(tenant, id).stored);
  }

  async remove(tenant: string, id: string): Promise<void> {
    this.find(tenant, id);
    await this.options.repository.remove(tenant, id);
    this.tenants.get(tenant)?.delete(id);
    this.changed(tenant);
  }

  async end(tenant: string, id: string): Promise<MaintenanceWindow> {
    const { stored } = this.find(tenant, id);
    const nowMs = this.options.now();
    const current = stored.enabled ? outlook(stored, nowMs, 0).current : null;
    if (current === null)
      throw conflict(`maintenance window ${JSON.stringify(stored.name)} is not in force now`);
    const cut = [...stored.cut, { startMs: current.startMs, endMs: nowMs }].slice(-MAX_CUT);
    const changed = { ...stored, cut, updatedAtMs: nowMs };
    await this.options.repository.put(changed);
    this.keep(changed);
    this.changed(tenant);
    return this.get(tenant, id);
  }

  async preview(tenant: string, input: MaintenanceInput): Promise<MaintenancePreview> {
    checkWindow(input);
    const nowMs = this.options.now();
    const window = compileWindow(this.storedFrom(tenant, "", input, "", nowMs));
    const matched = (await this.options.alerts.alerts(tenant)).filter(({ alert }) =>
      concerns(window, alert.labels),
    );
    const { current, next } = outlook(window.stored, nowMs, NEXT_SHOWN);
    return {
      matched: matched
        .slice(0, MAX_PREVIEWED)
        .map(({ alert }) => ({ fingerprint: alert.fingerprint, labels: { ...alert.labels } })),
      matched_count: matched.length,
      current: current && asOccurrence(current),
      next: next.map(asOccurrence),
    };
  }

  calendar(tenant: string, startMs: number, endMs: number): MaintenanceCalendar {
    if (!(endMs > startMs)) throw badRequest("`end` must be after `start`");
    if (endMs - startMs > MAX_CALENDAR_MS) throw badRequest("a calendar has at most 400 days");
    const found: { stored: StoredMaintenance; at: Interval }[] = [];
    let truncated = false;
    for (const { stored } of this.tenants.get(tenant)?.values() ?? []) {
      if (!stored.enabled) continue;
      for (const at of occurrencesOf(stored, startMs)) {
        if (at.startMs >= endMs) break;
        truncated ||= found.length >= MAX_CALENDAR_ENTRIES;
        if (truncated) break;
        found.push({ stored, at });
      }
    }
    const occurrences = found
      .toSorted((a, b) => a.at.startMs - b.at.startMs)
      .map(({ stored: { id, name, reason, by }, at }) => ({
        window: id,
        name,
        reason,
        by,
        ...asOccurrence(at),
      }));
    return {
      start: isoTime(startMs),
      end: isoTime(endMs),
      occurrences,
      count: occurrences.length,
      truncated,
    };
  }

  onChange(listener: (change: MaintenanceChange) => void): () => void {
    return this.listeners.subscribe(listener);
  }

  private keep(stored: StoredMaintenance): void {
    const windows = this.tenants.get(stored.tenant) ?? new Map<string, Window>();
    windows.set(stored.id, compileWindow(stored));
    this.tenants.set(stored.tenant, windows);
  }

  private find(tenant: string, id: string): Window {
    const window = this.tenants.get(tenant)?.get(id);
    if (window === undefined) throw notFound("maintenance window", id);
    return window;
  }

  private storedFrom(
    tenant: string,
    id: string,
    input: MaintenanceInput,
    by: string,
    nowMs: number,
  ): StoredMaintenance {
    const { name, reason, matchers, services, schedule, enabled } = input;
    return {
      tenant,
      id,
      name,
      reason,
      by,
      matchers,
      services,
      schedule,
      enabled,
      cut: [],
      createdAtMs: nowMs,
      updatedAtMs: nowMs,
    };
  }

  private async write(
    tenant: string,
    id: string,
    input: MaintenanceInput,
    by: string,
    former: StoredMaintenance | undefined,
  ): Promise<MaintenanceWindow> {
    checkWindow(input);
    const made = this.storedFrom(tenant, id, input, by, this.options.now());
    const stored = former
      ? { ...made, cut: former.cut, createdAtMs: former.createdAtMs, by: former.by }
      : made;
    await this.options.repository.put(stored);
    this.keep(stored);
    this.changed(tenant);
    return this.get(tenant, id);
  }

  /** Windows of a tenant that are in force, from a memory that is worked out anew only when one begins or ends. */
  private inForce(tenant: string, nowMs: number): readonly Window[] {
    const known = this.active.get(tenant);
    if (known !== undefined && nowMs >= known.fromMs && nowMs < known.untilMs) return known.windows;
    let untilMs = Infinity;
    const windows: Window[] = [];
    for (const window of this.tenants.get(tenant)?.values() ?? []) {
      if (!window.stored.enabled) continue;
      const { current, next } = outlook(window.stored, nowMs, 1);
      if (current !== null) windows.push(window);
      untilMs = Math.min(untilMs, current?.endMs ?? Infinity, next[0]?.startMs ?? Infinity);
    }
    this.active.set(tenant, { fromMs: nowMs, untilMs, windows });
    return windows;
  }

  private changed(tenant: string): void {
    this.active.delete(tenant);
    this.tick(this.options.now());
  }

  private announce(kind: MaintenanceChange["kind"], tenant: string, window: Window): void {
    this.listeners.publish({ tenant, kind, window: window.stored });
    const { alerts, logger } = this.options;
    alerts
      .alerts(tenant)
      .then((views) => {
        for (const { alert } of views)
          if (concerns(window, alert.labels)) alerts.wake(tenant, alert.fingerprint);
      })
      .catch((error: unknown) => logger.warn({ err: error }, "alerts were not looked at again"));
  }

  private async showOne(window: Window): Promise<MaintenanceWindow> {
    const [shown] = await this.show(window.stored.tenant, [window]);
    if (shown === undefined) throw notFound("maintenance window", window.stored.id);
    return shown;
  }

  private async show(tenant: string, windows: readonly Window[]): Promise<MaintenanceWindow[]> {
    const nowMs = this.options.now();
    const active = new Set(this.inForce(tenant, nowMs).map(({ stored }) => stored.id));
    const isAnyActive = windows.some(({ stored }) => active.has(stored.id));
    const alerts = isAnyActive ? await this.options.alerts.alerts(tenant) : [];
    return windows.map((window) => {
      const { stored } = window;
      const { current, next } = outlook(stored, nowMs, NEXT_SHOWN);
      const isActive = active.has(stored.id);
      const state = !stored.enabled
        ? ("disabled" as const)
        : isActive
          ? ("active" as const)
          : next.length > 0
            ? ("upcoming" as const)
            : ("ended" as const);
      const { id, name, reason, by, matchers, services, schedule, enabled } = stored;
      return {
        id,
        name,
        reason,
        by,
        matchers,
        services,
        schedule,
        enabled,
        state,
        current: isActive && current !== null ? asOccurrence(current) : null,
        next: next.map(asOccurrence),
        suppressed: isActive
          ? alerts.filter(({ alert }) => concerns(window, alert.labels)).length
          : 0,
        created_at: isoTime(stored.createdAtMs),
        updated_at: isoTime(stored.updatedAtMs),
      };
    });
  }
}

export const createMaintenance = (options: MaintenanceOptions): Maintenance =>
  new MaintenanceKeeper(options);
