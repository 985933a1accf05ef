import { randomUUID } from "node:crypto";

import type {
  FinalSchedule,
  OnCallNow,
  Override,
  OverrideInput,
  ScheduleInput,
  ScheduleSegment,
} from "@fleetlight/contract";
import { badRequest, isoTime, limitReached, notFound, type Now } from "#lib";
import type { OnCallRepository, StoredOverride } from "#store";

import type { Directory } from "./directory.ts";
import type { Interval } from "./hours.ts";
import { writeCalendar } from "./ical.ts";
import { checkEntity } from "./references.ts";
import {
  aroundMoment,
  onCallAt,
  workOut,
  type OverrideShape,
  type ScheduleShape,
  type Segment,
} from "./schedule.ts";

const DAY_MS = 86_400_000;

/** Overrides of one schedule, past ones included. */
const MAX_OVERRIDES = 2000;

/** Past overrides are kept as long as events are. */
const KEEP_OVERRIDES_MS = 400 * DAY_MS;

const CALENDAR_MS = 90 * DAY_MS;
/** A calendar also has what was a little while ago. */
const CALENDAR_PAST_MS = 14 * DAY_MS;

interface OnCallOptions {
  repository: OnCallRepository;
  directory: Directory;
  now: Now;
}

const asOverride = (stored: StoredOverride): Override => ({
  id: stored.id,
  schedule: stored.schedule,
  person: stored.person,
  start: isoTime(stored.startMs),
  end: isoTime(stored.endMs),
  note: stored.note,
  by: stored.by,
  created_at: isoTime(stored.createdAtMs),
});

/** Schedules with their overrides, worked out. */
export class Schedules {
  private readonly options: OnCallOptions;
  private overrides: StoredOverride[] = [];

  constructor(options: OnCallOptions) {
    this.options = options;
  }

  async load(): Promise<void> {
    const { repository, now } = this.options;
    await repository.pruneOverrides(now() - KEEP_OVERRIDES_MS);
    this.overrides = await repository.overrides();
  }

  /** Who is on call; undefined in a gap, and for a schedule that is not known. */
  personAt(tenant: string, schedule: string, atMs: number): string | undefined {
    const found = this.options.directory.find(tenant, "schedule", schedule);
    return found && onCallAt(this.shapeOf(tenant, found.document), atMs);
  }

  /** @throws FleetlightError `not_found`. */
  onCall(tenant: string, schedule: string, atMs: number): OnCallNow {
    const { document } = this.options.directory.get(tenant, "schedule", schedule);
    const { current, next } = aroundMoment(this.shapeOf(tenant, document), atMs);
    return {
      schedule,
      name: document.name,
      at: isoTime(atMs),
      current: current ? this.show(tenant, current) : null,
      next: next ? this.show(tenant, next) : null,
    };
  }

  /** @throws FleetlightError `not_found`, or `bad_request` for a range that is empty or too long. */
  final(tenant: string, schedule: string, range: Interval): FinalSchedule {
    const { document } = this.options.directory.get(tenant, "schedule", schedule);
    return this.workOut(tenant, document, this.shapeOf(tenant, document), range);
  }

  /** The same for a schedule that is not saved; overrides of one with this id count. @throws FleetlightError */
  preview(tenant: string, document: ScheduleInput, range: Interval): FinalSchedule {
    checkEntity("schedule", document, (reference) =>
      this.options.directory.isKnown(tenant, reference),
    );
    return this.workOut(tenant, document, this.shapeOf(tenant, document), range);
  }

  /** iCalendar from two weeks ago until 90 days ahead, of all people or of one. @throws FleetlightError `not_found`. */
  calendar(tenant: string, schedule: string, person: string | undefined): string {
    const { document } = this.options.directory.get(tenant, "schedule", schedule);
    const nowMs = this.options.now();
    const range = { startMs: nowMs - CALENDAR_PAST_MS, endMs: nowMs + CALENDAR_MS };
    const { segments } = workOut(this.shapeOf(tenant, document), range);
    return writeCalendar({
      scheduleId: schedule,
      name: document.name,
      segments: segments.filter((one) => person === undefined || one.person === person),
      nameOf: (id) => this.nameOf(tenant, id),
      nowMs,
    });
  }

  /** In the order in which they were made. @throws FleetlightError `not_found`. */
  listOverrides(tenant: string, schedule: string): Override[] {
    this.options.directory.get(tenant, "schedule", schedule);
    return this.of(tenant, schedule).map(asOverride);
  }

  /** @throws FleetlightError `not_found`, `bad_request` or `limit_reached`. */
  async addOverride(
    tenant: string,
    schedule: string,
    input: OverrideInput,
    by: string,
  ): Promise<Override> {
    const { directory, repository, now } = this.options;
    directory.get(tenant, "schedule", schedule);
    const { person, note } = input;
    if (person !== null && directory.find(tenant, "person", person) === undefined)
      throw badRequest(`\`person\`: there is no person ${JSON.stringify(person)}`);
    const startMs = Date.parse(input.start);
    const endMs = Date.parse(input.end);
    if (!(endMs > startMs)) throw badRequest("`end` must be after `start`");
    if (endMs <= now()) throw badRequest("`end` is over already");
    const former = this.of(tenant, schedule);
    if (former.length >= MAX_OVERRIDES)
      throw limitReached("overrides", `a schedule has at most ${MAX_OVERRIDES} overrides`);
    const id = randomUUID();
    // The order counts, also of two that are made in one millisecond.
    const createdAtMs = Math.max(now(), (former.at(-1)?.createdAtMs ?? 0) + 1);
    const stored = { tenant, id, schedule, person, startMs, endMs, note, by, createdAtMs };
    await repository.putOverride(stored);
    this.overrides.push(stored);
    return asOverride(stored);
  }

  /** @throws FleetlightError `not_found`. */
  async removeOverride(tenant: string, schedule: string, id: string): Promise<void> {
    if (!this.of(tenant, schedule).some((one) => one.id === id)) throw notFound("override", id);
    await this.options.repository.removeOverride(tenant, id);
    this.overrides = this.overrides.filter((one) => one.id !== id || one.tenant !== tenant);
  }

  /** A schedule that is gone takes its overrides with it. */
  forget(tenant: string, schedule: string): void {
    this.overrides = this.overrides.filter(
      (one) => one.schedule !== schedule || one.tenant !== tenant,
    );
  }

  private of(tenant: string, schedule: string): StoredOverride[] {
    return this.overrides.filter((one) => one.tenant === tenant && one.schedule === schedule);
  }

  private shapeOf(tenant: string, { id, time_zone, layers }: ScheduleInput): ScheduleShape {
    const overrides: OverrideShape[] = this.of(tenant, id);
    return { timeZone: time_zone, layers, overrides };
  }

  private workOut(
    tenant: string,
    { id, time_zone }: ScheduleInput,
    shape: ScheduleShape,
    range: Interval,
  ): FinalSchedule {
    const { segments, gaps, layers } = workOut(shape, range);
    const show = (one: Segment): ScheduleSegment => this.show(tenant, one);
    return {
      schedule: id,
      time_zone,
      start: isoTime(range.startMs),
      end: isoTime(range.endMs),
      segments: segments.map(show),
      gaps: gaps.map(({ startMs, endMs }) => ({ start: isoTime(startMs), end: isoTime(endMs) })),
      layers: layers.map((layer) => layer.map(show)),
    };
  }

  private show(tenant: string, segment: Segment): ScheduleSegment {
    const { startMs, endMs, person, layer, override } = segment;
    return {
      start: isoTime(startMs),
      end: isoTime(endMs),
      person,
      name: this.nameOf(tenant, person),
      layer,
      override,
    };
  }

  private nameOf(tenant: string, person: string): string {
    return this.options.directory.find(tenant, "person", person)?.document.name ?? person;
  }
}
