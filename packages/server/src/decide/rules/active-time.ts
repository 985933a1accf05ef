import type { ActiveTime } from "../types.ts";

const DAY_MINUTES = 24 * 60;
const WEEKDAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];

const clocks = new Map<string, Intl.DateTimeFormat>();

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const clock = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  clocks.set(zone, clock);
  return clock;
}

function wallClock(zone: string, atMs: number): { day: number; minute: number } {
  const parts = new Map(
    clockOf(zone)
      .formatToParts(atMs)
      .map(({ type, value }) => [type, value]),
  );
  return {
    day: WEEKDAYS.indexOf(parts.get("weekday") ?? ""),
    minute: Number(parts.get("hour")) * 60 + Number(parts.get("minute")),
  };
}

/** Whether a rule may fire then. A time that goes over midnight belongs to the day on which it begins. */
export function isActiveAt({ weekdays, times, zone }: ActiveTime, atMs: number): boolean {
  const { day, minute } = wallClock(zone, atMs);
  const isOn = (weekday: number): boolean => weekdays.length === 0 || weekdays.includes(weekday);
  if (times.length === 0) return isOn(day);
  return times.some(({ startMinute, endMinute }) => {
    if (startMinute < endMinute) return isOn(day) && minute >= startMinute && minute < endMinute;
    if (minute >= startMinute && minute < DAY_MINUTES) return isOn(day);
    return minute < endMinute && isOn((day + 6) % 7);
  });
}
