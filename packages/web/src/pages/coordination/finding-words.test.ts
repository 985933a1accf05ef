import type { Finding } from "@fleetlight/contract";
import { describe, expect, it } from "vitest";

import { placeOf, spanOf } from "./finding-words.ts";

const T0 = Date.parse("2026-11-21T12:00:00Z");
const iso = (ms: number): string => new Date(ms).toISOString();

const finding = (more: Partial<Finding> = {}): Finding => ({
  id: "f",
  kind: "wait_cycle",
  severity: "critical",
  state: "open",
  summary: "",
  agents: [],
  trace_id: "",
  subject: "",
  value: 0,
  count: 1,
  evidence: [
    { trace_id: "", span_id: "1", agent: "a", what: "", start: iso(T0 - 5000), end: null },
    { trace_id: "", span_id: "2", agent: "b", what: "", start: iso(T0), end: iso(T0 + 1000) },
  ],
  first_seen: iso(T0),
  last_seen: iso(T0 + 2000),
  ended_at: null,
  ...more,
});

describe("the time of a finding", () => {
  it("reaches until now while it goes on", () => {
    expect(spanOf(finding(), T0 + 9000)).toEqual({ start: T0 - 5000, end: T0 + 9000 });
  });

  it("reaches to its end when it is over", () => {
    const over = finding({ state: "over", ended_at: iso(T0 + 3000) });
    expect(spanOf(over, T0 + 9000)).toEqual({ start: T0 - 5000, end: T0 + 3000 });
  });

  it("is some time even without evidence", () => {
    expect(spanOf(finding({ evidence: [] }), T0)).toEqual({ start: T0, end: T0 + 1 });
  });
});

describe("a place in time", () => {
  it.each([
    [
      { start: 0, end: 50 },
      { left: 0, width: 50 },
    ],
    [
      { start: 25, end: 100 },
      { left: 25, width: 75 },
    ],
    [
      { start: 100, end: 100 },
      { left: 99, width: 1 },
    ],
    [
      { start: -50, end: 10 },
      { left: 0, width: 60 },
    ],
  ])("of %j is %j", (part, place) => {
    expect(placeOf(part, { start: 0, end: 100 })).toEqual(place);
  });
});
