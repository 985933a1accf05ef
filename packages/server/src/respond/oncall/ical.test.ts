import { expect, it } from "vitest";

import { writeCalendar } from "./ical.ts";
import type { Segment } from "./schedule.ts";

const segment = (more: Partial<Segment> = {}): Segment => ({
  startMs: Date.parse("2026-11-02T09:00:00Z"),
  endMs: Date.parse("2026-11-09T09:00:00Z"),
  person: "ann",
  layer: 0,
  override: null,
  ...more,
});

const written = (name: string, person: string, segments = [segment()]): string =>
  writeCalendar({
    scheduleId: "primary",
    name,
    segments,
    nameOf: () => person,
    nowMs: Date.parse("2026-11-01T00:00:00Z"),
  });

it("writes a turn as an event", () => {
  expect(written("Primary", "Ann").split("\r\n")).toEqual([
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Fleetlight//On call//EN",
    "CALSCALE:GREGORIAN",
    "METHOD:PUBLISH",
    "X-WR-CALNAME:Primary",
    "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    "BEGIN:VEVENT",
    "UID:primary-20261102T090000Z-ann@fleetlight",
    "DTSTAMP:20261101T000000Z",
    "DTSTART:20261102T090000Z",
    "DTEND:20261109T090000Z",
    "SUMMARY:On call: Ann (Primary)",
    "TRANSP:TRANSPARENT",
    "END:VEVENT",
    "END:VCALENDAR",
    "",
  ]);
});

it("lets no name write a line of its own", () => {
  const text = written("a\r\nATTENDEE:mailto:x@example.org", "b,c;d\\e\u0007\nBEGIN:VALARM");
  expect(text).toContain("X-WR-CALNAME:a\\nATTENDEE:mailto:x@example.org\r\n");
  expect(text).toContain("On call: b\\,c\\;d\\\\e\\nBEGIN:VALARM");
  expect(text).not.toMatch(/^(ATTENDEE|BEGIN:VALARM)/m);
});

it("folds long lines between characters, at 75 octets", () => {
  const name = "Überwachung der äußeren Dienste 🛰️ ".repeat(8);
  const text = written(name, "Ann");
  for (const line of text.split("\r\n")) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
  expect(text.replaceAll("\r\n ", "")).toContain(`X-WR-CALNAME:${name}\r\n`);
});
