const DAY_MS = 86_400_000;

/** Offsets change on quarters of an hour, in every zone since long before anybody was on call. */
const QUARTER_MS = 900_000;

/** Quarters whose offset is remembered, per zone. */
const MAX_REMEMBERED = 8192;

/**
 * The clock of a place. A reading of it, a "wall" time, is Unix milliseconds of the same reading in UTC, so that days
 * and weeks can be added to it.
 */
export interface Zone {
  readonly name: string;
  toWall(atMs: number): number;
  /**
   * The moment of a reading. One that comes twice, when the clock is set back, is the first; one that is left out,
   * when it is set forward, is as long after midnight as it would be on another day (RFC 5545).
   */
  toUtc(wallMs: number): number;
}

class IntlZone implements Zone {
  readonly name: string;
  private readonly format: Intl.DateTimeFormat;
  private readonly offsets = new Map<number, number>();

  constructor(name: string) {
    this.name = name;
    this.format = new Intl.DateTimeFormat("en-US", {
      timeZone: name,
      calendar: "iso8601",
      hourCycle: "h23",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  toWall(atMs: number): number {
    return atMs + this.offset(atMs);
  }

  toUtc(wallMs: number): number {
    const before = this.offset(wallMs - DAY_MS);
    const after = this.offset(wallMs + DAY_MS);
    const first = wallMs - before;
    if (before === after || this.offset(first) === before) return first;
    const second = wallMs - after;
    return this.offset(second) === after ? second : first;
  }

  private offset(atMs: number): number {
    const quarter = Math.floor(atMs / QUARTER_MS);
    const known = this.offsets.get(quarter);
    if (known !== undefined) return known;
    const offset = this.measure(quarter * QUARTER_MS);
    if (this.offsets.size >= MAX_REMEMBERED) this.offsets.clear();
    this.offsets.set(quarter, offset);
    return offset;
  }

  private measure(atMs: number): number {
    const read: Record<string, number> = {};
    for (const { type, value } of this.format.formatToParts(atMs)) read[type] = Number(value);
    const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = read;
    return Date.UTC(year, month - 1, day, hour, minute, second) - atMs;
  }
}

/** Zones that are kept; there are about 600 names. */
const MAX_ZONES = 700;
const zones = new Map<string, Zone>();

/** @param name IANA name, checked when it was written down. @throws RangeError for another name. */
export function zoneOf(name: string): Zone {
  let zone = zones.get(name);
  if (zone !== undefined) return zone;
  zone = new IntlZone(name);
  if (zones.size >= MAX_ZONES) zones.clear();
  zones.set(name, zone);
  return zone;
}

/** Midnight of the day of a wall time. */
export const dayOf = (wallMs: number): number => Math.floor(wallMs / DAY_MS) * DAY_MS;

/** 0 is Monday. */
export const weekdayOf = (wallMs: number): number =>
  (((Math.floor(wallMs / DAY_MS) + 3) % 7) + 7) % 7;

/** `09:30` as milliseconds since midnight. */
export function timeOfDayMs(text: string): number {
  const [hours = 0, minutes = 0] = text.split(":").map(Number);
  return (hours * 60 + minutes) * 60_000;
}
