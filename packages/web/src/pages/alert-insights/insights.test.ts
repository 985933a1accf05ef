import { expect, test } from "vitest";

import { allDays } from "./all-days.ts";
import { localHours } from "./DayHours.tsx";

test("days without an alert are days all the same", () => {
  const days = allDays({
    start: "2026-11-19T12:00:00.000Z",
    end: "2026-11-22T00:00:00.000Z",
    by_day: [{ day: "2026-11-20", alerts: 4 }],
  });
  expect(days).toEqual([
    { day: "2026-11-19", alerts: 0 },
    { day: "2026-11-20", alerts: 4 },
    { day: "2026-11-21", alerts: 0 },
  ]);
});

test.each([
  ["UTC", 0, 5],
  ["east", -120, 7],
  ["west", 480, 21],
])("%s: five o'clock in UTC is called as it is there", (_, offset, hour) => {
  const byHour = Array.from({ length: 24 }, (__, at) => (at === 5 ? 9 : 0));
  expect(localHours(byHour, offset).indexOf(9)).toBe(hour);
});
