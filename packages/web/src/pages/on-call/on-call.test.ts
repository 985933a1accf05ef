import { EscalationStep } from "@fleetlight/contract";
import type { FinalSchedule } from "@fleetlight/contract";
import { describe, expect, test } from "vitest";

import { daysOfMonth, monthOf, otherMonth } from "../../ui/month.tsx";
import { fieldOf, STEP_KINDS, stepOf, stepText, withField } from "./on-call-words.ts";
import { addDays, dateText, rowsOf, weekOf } from "./schedule-view.ts";

const START = new Date(2026, 10, 16).getTime();
const END = addDays(START, 7);
const at = (day: number, hour = 0) => new Date(2026, 10, 16 + day, hour).toISOString();

const segment = (from: string, to: string, person: string, override: string | null = null) => ({
  start: from,
  end: to,
  person,
  name: person.toUpperCase(),
  layer: override === null ? 0 : null,
  override,
});

describe("the picture of a schedule", () => {
  const final: FinalSchedule = {
    schedule: "s",
    time_zone: "UTC",
    start: at(0),
    end: at(7),
    segments: [segment(at(-2), at(1), "ada"), segment(at(3), at(5), "bo", "o1")],
    gaps: [{ start: at(1), end: at(3) }],
    layers: [[segment(at(-2), at(9), "ada")], []],
  };

  test("has what counts with its gaps, the overrides, and each layer, cut to the days shown", () => {
    const rows = rowsOf(final, ["Day", ""], START, END);
    expect(rows.map(({ title, bars }) => [title, bars.map(({ name }) => name)])).toEqual([
      ["On call", ["ADA", "nobody", "BO"]],
      ["Overrides", ["BO"]],
      ["Day", ["ADA"]],
      ["Layer 2", []],
    ]);
    expect(rows[0]?.bars.map(({ left, width }) => [left * 7, width * 7])).toEqual([
      [0, 1],
      [expect.closeTo(1), expect.closeTo(2)],
      [expect.closeTo(3), expect.closeTo(2)],
    ]);
    expect(rows[2]?.bars[0]).toMatchObject({ left: 0, width: 1 });
  });
});

describe("days", () => {
  test("a week begins on its Monday", () => {
    expect(dateText(weekOf(new Date(2026, 10, 22, 23).getTime()))).toBe("2026-11-16");
    expect(dateText(weekOf(START))).toBe("2026-11-16");
  });

  test("a month is whole weeks", () => {
    const days = daysOfMonth("2026-11");
    expect(days).toHaveLength(42);
    expect(dateText(days[0] ?? 0)).toBe("2026-10-26");
    expect(monthOf(days[10] ?? 0)).toBe("2026-11");
    expect([otherMonth("2026-12", 1), otherMonth("2026-01", -1)]).toEqual(["2027-01", "2025-12"]);
  });
});

describe("steps", () => {
  test.each(STEP_KINDS.map(({ value }) => value))("%s can be told and changed", (type) => {
    const step = stepOf(type);
    expect(stepText(step)).not.toBe("");
    const field = fieldOf(step);
    if (field === null) return;
    const value = { count: "2", times: "4", duration: "10m", url: "https://a.example" }[field.name];
    const changed = withField(step, field.name, value ?? "one");
    expect(EscalationStep.safeParse(changed).success).toBe(true);
    expect(fieldOf(changed)?.value).toBe(value ?? "one");
  });

  test("a receiver may be left to the routes", () => {
    const named = withField(stepOf("notify_channel"), "receiver", "ops");
    expect(withField(named, "receiver", "")).toEqual({ type: "notify_channel" });
  });
});
