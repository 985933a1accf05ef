import { TEMPLATE_FUNCTIONS } from "#config";
import { describe, expect, it } from "vitest";

import { checkTemplate } from "../alerting/index.ts";
import type { ActiveTime } from "../types.ts";
import { isActiveAt } from "./active-time.ts";

const office: ActiveTime = {
  weekdays: [1, 2, 3, 4, 5],
  times: [{ startMinute: 8 * 60, endMinute: 18 * 60 }],
  zone: "Europe/Berlin",
};
const night: ActiveTime = {
  weekdays: [5],
  times: [{ startMinute: 22 * 60, endMinute: 6 * 60 }],
  zone: "UTC",
};
const always: ActiveTime = { weekdays: [], times: [], zone: "UTC" };

describe("an active time", () => {
  it.each<[string, ActiveTime, string, boolean]>([
    ["within the hours of a zone", office, "2026-11-20T07:00:00Z", true],
    ["before them", office, "2026-11-20T06:59:59Z", false],
    ["at their end", office, "2026-11-20T17:00:00Z", false],
    ["in summer, when the zone is another", office, "2026-07-17T06:00:00Z", true],
    ["on a day off", office, "2026-11-21T10:00:00Z", false],
    ["before midnight", night, "2026-11-20T23:00:00Z", true],
    ["after midnight of the day on which it began", night, "2026-11-21T05:59:00Z", true],
    ["after midnight of a day on which it did not", night, "2026-11-20T05:00:00Z", false],
    ["at any time", always, "2026-11-21T05:00:00Z", true],
  ])("%s", (_, time, at, expected) => {
    expect(isActiveAt(time, Date.parse(at))).toBe(expected);
  });
});

describe("templates of rule files", () => {
  it.each([...TEMPLATE_FUNCTIONS])(
    "may use %s, which is known here and where they are read",
    (name) => {
      expect(() => checkTemplate(`{{ ${name} }}`, "t")).not.toThrow(/not defined/);
    },
  );
});
