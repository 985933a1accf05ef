import { MaintenanceInput } from "@fleetlight/contract";
import { describe, expect, test } from "vitest";

import {
  canPreview,
  emptyMaintenance,
  maintenanceFormOf,
  toMaintenanceInput,
} from "./maintenance-form.ts";
import {
  draftOf,
  emptyDraft,
  matchersFor,
  matchesAll,
  problemsOf,
  silences,
  spanOf,
  toInput,
} from "./silence-draft.ts";

const NOW = Date.parse("2026-11-21T12:00:00.000Z");
const draft = {
  ...emptyDraft([{ label: "service", op: "=" as const, value: "api" }], "Ada"),
  comment: "restart",
};

describe("a silence", () => {
  test("begins now and lasts as chosen", () => {
    expect(spanOf(draft, NOW)).toEqual({ from: NOW, to: NOW + 7_200_000 });
    expect(toInput(draft, NOW)).toEqual({
      matchers: [{ name: "service", value: "api", isRegex: false, isEqual: true }],
      startsAt: "2026-11-21T12:00:00.000Z",
      endsAt: "2026-11-21T14:00:00.000Z",
      comment: "restart",
      createdBy: "Ada",
    });
  });

  test("that is changed keeps its id, matchers and times", () => {
    const silence = {
      id: "s1",
      status: { state: "active" as const },
      updatedAt: "2026-11-21T11:00:00.000Z",
      comment: "c",
      createdBy: "Bo",
      startsAt: "2026-11-21T11:00:00.000Z",
      endsAt: "2026-11-21T15:00:00.000Z",
      matchers: [{ name: "a", value: "b.*", isRegex: true, isEqual: false }],
    };
    expect(toInput(draftOf(silence), NOW)).toEqual({
      id: "s1",
      comment: "c",
      createdBy: "Bo",
      startsAt: silence.startsAt,
      endsAt: silence.endsAt,
      matchers: silence.matchers,
    });
  });

  test.each([
    [{ matchers: [] }, { matchers: "Say which alerts: at least one label" }],
    [
      { matchers: [{ label: "a", op: "=~" as const, value: "(" }] },
      { matchers: "a needs a regular expression" },
    ],
    [{ lastsMs: null, end: "" }, { time: "Say when it begins and ends" }],
    [
      { start: "2026-11-25T10:00", lastsMs: null, end: "2026-11-25T09:00" },
      { time: "It ends before it begins" },
    ],
    [{ start: "2026-11-01T10:00", lastsMs: 60_000 }, { time: "It would be over already" }],
    [{ author: " " }, { author: "Say who silences" }],
    [{ comment: "" }, { comment: "Say why: the next on call will ask" }],
    [{}, {}],
  ])("with %o has the problems %o", (change, problems) => {
    expect(problemsOf({ ...draft, ...change }, NOW)).toEqual(problems);
  });

  test("matches what has all of its labels", () => {
    const test_ = silences([
      { label: "service", op: "=", value: "api" },
      { label: "team", op: "!=", value: "web" },
    ]);
    expect(test_({ service: "api" })).toBe(true);
    expect(test_({ service: "api", team: "web" })).toBe(false);
    expect(silences([])({})).toBe(false);
  });

  test("of everything is told apart", () => {
    expect(matchesAll([{ label: "a", op: "=~", value: ".*" }])).toBe(true);
    expect(matchesAll([{ label: "a", op: "=~", value: ".+" }])).toBe(false);
    expect(matchesAll([{ label: "a", op: "!=", value: "b" }])).toBe(true);
  });

  test("of several alerts takes what they share, and their names", () => {
    expect(
      matchersFor([
        { alertname: "A", team: "x" },
        { alertname: "A", team: "y" },
      ]),
    ).toEqual([{ label: "alertname", op: "=", value: "A" }]);
    expect(
      matchersFor([
        { alertname: "A.b", job: "j" },
        { alertname: "C", job: "j" },
      ]),
    ).toEqual([
      { label: "alertname", op: "=~", value: "A\\.b|C" },
      { label: "job", op: "=", value: "j" },
    ]);
    expect(matchersFor([])).toEqual([]);
  });
});

describe("maintenance", () => {
  const form = {
    ...emptyMaintenance(NOW, "Ada"),
    name: "Upgrade",
    matchers: [{ label: "service", op: "=" as const, value: "db" }],
  };

  test.each(["once", "weekly", "rrule"] as const)(
    "%s makes a request that the contract accepts",
    (kind) => {
      const input = MaintenanceInput.parse(toMaintenanceInput({ ...form, kind }));
      expect(input.schedule.type).toBe(kind);
      expect(input.matchers).toEqual([
        { name: "service", value: "db", isRegex: false, isEqual: true },
      ]);
    },
  );

  test.each(["once", "weekly", "rrule"] as const)("%s is read back as it was written", (kind) => {
    const input = toMaintenanceInput({ ...form, kind });
    const window = {
      ...input,
      id: "w",
      by: "Ada",
      state: "upcoming" as const,
      current: null,
      next: [],
      suppressed: 0,
      created_at: "2026-11-21T12:00:00.000Z",
      updated_at: "2026-11-21T12:00:00.000Z",
    };
    expect(toMaintenanceInput(maintenanceFormOf(window, NOW))).toEqual(input);
  });

  test("is tried only when it says of what", () => {
    expect(canPreview(form)).toBe(true);
    expect(canPreview(emptyMaintenance(NOW, ""))).toBe(false);
    expect(canPreview({ ...emptyMaintenance(NOW, ""), services: ["api"] })).toBe(true);
  });
});
