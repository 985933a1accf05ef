import type { Segment } from "./schedule.ts";

/** Octets of a line, by RFC 5545. */
const MAX_LINE_OCTETS = 75;

/** Control characters would break the lines; a colon or comma is only text. */
const escapeText = (text: string): string =>
  text
    .replace(/[\\;,]/g, (char) => `\\${char}`)
    .replace(/\r?\n/g, "\\n")
    // oxlint-disable-next-line no-control-regex -- these are what must not get into a line
    .replace(/[\u0000-\u001f\u007f]/g, "");

/** Cuts a long line between characters; what follows begins with a space. */
function foldLine(line: string): string {
  const parts: string[] = [];
  let part = "";
  let octets = 0;
  for (const char of line) {
    const size = Buffer.byteLength(char);
    if (octets + size > MAX_LINE_OCTETS) {
      parts.push(part);
      part = " ";
      octets = 1;
    }
    part += char;
    octets += size;
  }
  parts.push(part);
  return parts.join("\r\n");
}

const stamp = (ms: number): string => new Date(ms).toISOString().replace(/[-:]|\.\d{3}/g, "");

interface Calendar {
  scheduleId: string;
  name: string;
  segments: readonly Segment[];
  nameOf(person: string): string;
  nowMs: number;
}

function eventLines({ scheduleId, name, nameOf, nowMs }: Calendar, segment: Segment): string[] {
  const { startMs, endMs, person } = segment;
  return [
    "BEGIN:VEVENT",
    // The same turn is the same event whenever it is fetched, so that a calendar does not double it.
    `UID:${escapeText(`${scheduleId}-${stamp(startMs)}-${person}`)}@fleetlight`,
    `DTSTAMP:${stamp(nowMs)}`,
    `DTSTART:${stamp(startMs)}`,
    `DTEND:${stamp(endMs)}`,
    `SUMMARY:${escapeText(`On call: ${nameOf(person)} (${name})`)}`,
    "TRANSP:TRANSPARENT",
    "END:VEVENT",
  ];
}

/** A schedule as iCalendar (RFC 5545), one event for each turn. */
export function writeCalendar(calendar: Calendar): string {
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Fleetlight//On call//EN",
    "CALSCALE:GREGORIAN",
    "METHOD:PUBLISH",
    `X-WR-CALNAME:${escapeText(calendar.name)}`,
    "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ...calendar.segments.flatMap((segment) => eventLines(calendar, segment)),
    "END:VCALENDAR",
  ];
  return lines.map((line) => `${foldLine(line)}\r\n`).join("");
}
