import { WEEKDAYS, type ScheduleLayer } from "@fleetlight/contract";
import { badRequest } from "#lib";

import { clipIntervals, intervalsOf, type Interval } from "./hours.ts";
import { dayOf, timeOfDayMs, weekdayOf, zoneOf, type Zone } from "./zone.ts";

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Longest range that is worked out at once. */
const MAX_RANGE_MS = 400 * DAY_MS;

/** Turns of all layers in one range. */
const MAX_TURNS = 50_000;

/** Layers and overrides of a schedule, as they are kept. */
export interface ScheduleShape {
  timeZone: string;
  layers: readonly ScheduleLayer[];
  /** The one that was made last wins where two overlap. */
  overrides: readonly OverrideShape[];
}

export interface OverrideShape extends Interval {
  id: string;
  /** Null: nobody is on call, whatever the layers say. */
  person: string | null;
}

/** One person is on call; `layer` is null for an override. */
export interface Segment extends Interval {
  person: string;
  layer: number | null;
  override: string | null;
}

interface Turns {
  /** Wall time for turns that follow the clock, else Unix milliseconds. */
  baseMs: number;
  lengthMs: number;
  toUtc(baseMs: number): number;
  fromUtc(atMs: number): number;
}

function turnsOf(layer: ScheduleLayer, zone: Zone): Turns {
  const startMs = Date.parse(layer.start);
  if (layer.rotation === "custom") {
    const same = (ms: number): number => ms;
    const lengthMs = (layer.turn_hours ?? 24) * HOUR_MS;
    return { baseMs: startMs, lengthMs, toUtc: same, fromUtc: same };
  }
  const wall = zone.toWall(startMs);
  let base = dayOf(wall) + timeOfDayMs(layer.handover);
  if (layer.rotation === "weekly")
    base -= ((weekdayOf(wall) - WEEKDAYS.indexOf(layer.weekday) + 7) % 7) * DAY_MS;
  const unit = layer.rotation === "weekly" ? 7 * DAY_MS : DAY_MS;
  if (base > wall) base -= unit;
  return {
    baseMs: base,
    lengthMs: unit * layer.turns,
    toUtc: (ms) => zone.toUtc(ms),
    fromUtc: (ms) => zone.toWall(ms),
  };
}

/** The turns of a layer in a range, without its restrictions; a person alone has one long turn. */
function rotate(layer: ScheduleLayer, zone: Zone, range: Interval): Segment[] {
  const common = { layer: null, override: null };
  const [only = ""] = layer.people;
  if (layer.people.length === 1) return [{ ...range, person: only, ...common }];
  const { baseMs, lengthMs, toUtc, fromUtc } = turnsOf(layer, zone);
  const first = Math.floor((fromUtc(range.startMs) - baseMs) / lengthMs) - 1;
  const last = Math.ceil((fromUtc(range.endMs) - baseMs) / lengthMs) + 1;
  if (last - first > MAX_TURNS)
    throw badRequest("the schedule has too many turns in this range; ask for a shorter one");
  const segments: Segment[] = [];
  for (let turn = first; turn <= last; turn++) {
    const startMs = toUtc(baseMs + turn * lengthMs);
    const endMs = toUtc(baseMs + (turn + 1) * lengthMs);
    const count = layer.people.length;
    const person = layer.people[((turn % count) + count) % count] ?? "";
    for (const clipped of clipIntervals([{ startMs, endMs }], range))
      segments.push({ ...clipped, person, ...common });
  }
  return segments;
}

/** Parts of the segments that lie in one of the intervals; both in order of time. */
function restrict(segments: readonly Segment[], intervals: readonly Interval[]): Segment[] {
  const found: Segment[] = [];
  let first = 0;
  for (const segment of segments) {
    while ((intervals[first]?.endMs ?? Infinity) <= segment.startMs) first++;
    for (let index = first; index < intervals.length; index++) {
      const interval = intervals[index];
      if (interval === undefined || interval.startMs >= segment.endMs) break;
      for (const clipped of clipIntervals([interval], segment))
        found.push({ ...segment, ...clipped });
    }
  }
  return found;
}

/** Whom one layer would have, in order of time. */
function layerSegments(
  layer: ScheduleLayer,
  index: number,
  zone: Zone,
  range: Interval,
): Segment[] {
  const life = {
    startMs: Date.parse(layer.start),
    endMs: layer.end === undefined ? Infinity : Date.parse(layer.end),
  };
  const [within] = clipIntervals([range], life);
  if (within === undefined) return [];
  const turns = rotate(layer, zone, within).map((segment) => ({ ...segment, layer: index }));
  if (layer.restrictions.length === 0) return joinSegments(turns);
  return joinSegments(restrict(turns, intervalsOf(layer.restrictions, zone, within)));
}

function joinSegments(segments: readonly Segment[]): Segment[] {
  const joined: Segment[] = [];
  for (const segment of segments) {
    const last = joined.at(-1);
    const continues =
      last?.endMs === segment.startMs &&
      last.person === segment.person &&
      last.layer === segment.layer &&
      last.override === segment.override;
    if (continues) last.endMs = segment.endMs;
    else joined.push({ ...segment });
  }
  return joined;
}

interface Claim extends Interval {
  segment: Segment | null;
  rank: number;
}

/** Of claims that overlap the one with the highest rank has the time. One sweep over their ends. */
function settle(claims: readonly Claim[]): Segment[] {
  const edges = claims
    .flatMap((claim) => [
      { atMs: claim.startMs, claim, begins: true },
      { atMs: claim.endMs, claim, begins: false },
    ])
    .toSorted((a, b) => a.atMs - b.atMs);
  const open = new Set<Claim>();
  const segments: Segment[] = [];
  for (const [index, { atMs, claim, begins }] of edges.entries()) {
    if (begins) open.add(claim);
    else open.delete(claim);
    const endMs = edges[index + 1]?.atMs ?? atMs;
    if (endMs === atMs) continue;
    let best: Claim | undefined;
    for (const one of open) if (best === undefined || one.rank > best.rank) best = one;
    if (best?.segment) segments.push({ ...best.segment, startMs: atMs, endMs });
  }
  return joinSegments(segments);
}

/** A schedule worked out for a range. */
export interface WorkedOut {
  segments: Segment[];
  gaps: Interval[];
  /** What each layer alone would give. */
  layers: Segment[][];
}

function gapsOf(segments: readonly Segment[], range: Interval): Interval[] {
  const gaps: Interval[] = [];
  let fromMs = range.startMs;
  for (const { startMs, endMs } of segments) {
    if (startMs > fromMs) gaps.push({ startMs: fromMs, endMs: startMs });
    fromMs = endMs;
  }
  if (fromMs < range.endMs) gaps.push({ startMs: fromMs, endMs: range.endMs });
  return gaps;
}

/**
 * Who is on call when, within a range.
 * @throws FleetlightError `bad_request` when the range is empty, too long, or has too many turns.
 */
export function workOut(shape: ScheduleShape, range: Interval): WorkedOut {
  if (!(range.endMs > range.startMs)) throw badRequest("`end` must be after `start`");
  if (range.endMs - range.startMs > MAX_RANGE_MS)
    throw badRequest("a schedule is worked out for at most 400 days at once");
  const zone = zoneOf(shape.timeZone);
  const layers = shape.layers.map((layer, index) => layerSegments(layer, index, zone, range));
  if (layers.reduce((sum, { length }) => sum + length, 0) > MAX_TURNS)
    throw badRequest("the schedule has too many turns in this range; ask for a shorter one");
  const claims: Claim[] = layers
    .flat()
    .map((segment) => ({ ...segment, segment, rank: segment.layer ?? 0 }));
  for (const [index, override] of shape.overrides.entries()) {
    const { id, person } = override;
    for (const clipped of clipIntervals([override], range)) {
      const segment = person === null ? null : { ...clipped, person, layer: null, override: id };
      claims.push({ ...clipped, segment, rank: shape.layers.length + index });
    }
  }
  const segments = settle(claims);
  return { segments, gaps: gapsOf(segments, range), layers };
}

/** Who is on call at a moment; undefined in a gap. */
export const onCallAt = (shape: ScheduleShape, atMs: number): string | undefined =>
  workOut(shape, { startMs: atMs, endMs: atMs + 1 }).segments[0]?.person;

/** Ranges around a moment that are looked at one after the other, until both segments are seen whole. */
const REACH_DAYS = [2, 15, 90] as const;

/** The segment that holds a moment, and the next one within 90 days. Ends that lie further away are cut there. */
export function aroundMoment(
  shape: ScheduleShape,
  atMs: number,
): { current: Segment | undefined; next: Segment | undefined } {
  let found: { current: Segment | undefined; next: Segment | undefined } = {
    current: undefined,
    next: undefined,
  };
  for (const days of REACH_DAYS) {
    const range = { startMs: atMs - days * DAY_MS, endMs: atMs + days * DAY_MS };
    const { segments } = workOut(shape, range);
    const current = segments.find(({ startMs, endMs }) => startMs <= atMs && atMs < endMs);
    const next = segments.find(({ startMs }) => startMs > atMs);
    found = { current, next };
    const isWhole = current === undefined || current.startMs > range.startMs;
    if (isWhole && next !== undefined && next.endMs < range.endMs) break;
  }
  return found;
}
