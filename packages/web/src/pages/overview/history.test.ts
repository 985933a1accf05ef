import type { FleetEvent, Overview, SeriesRange } from "@fleetlight/contract";
import { describe, expect, test } from "vitest";

import { eventText, eventToken } from "../../ui/event-text.ts";
import { cpuHistory, joinReadings, memoryHistory, trafficHistory } from "./history.ts";

const range = (...series: [number[], (number | null)[]][]): SeriesRange => ({
  series: series.map(([timestamps, values], index) => ({
    id: String(index),
    labels: {},
    timestamps,
    values,
  })),
  matched: series.length,
  start: "",
  end: "",
});

describe("the course of the host", () => {
  test("of the processors is what was not idle, over all of them", () => {
    const idle = range(
      [
        [0, 10_000, 20_000],
        [0, 10, 15],
      ],
      [
        [0, 10_000, 20_000],
        [0, 0, 5],
      ],
    );
    expect(cpuHistory(idle)).toEqual({ timestamps: [10_000, 20_000], values: [50, 50] });
    expect(cpuHistory(undefined).values).toEqual([]);
  });

  test("of the memory is what is not available", () => {
    const available = range([
      [1, 2],
      [25, null],
    ]);
    expect(memoryHistory(available, range([[1], [100]]))).toEqual({
      timestamps: [1, 2],
      values: [75, null],
    });
    expect(memoryHistory(available, range([[1], [0]])).values).toEqual([]);
    expect(memoryHistory(available, undefined).values).toEqual([]);
  });

  test("of the network is the sum of the devices", () => {
    const bytes = range(
      [
        [0, 1000],
        [0, 100],
      ],
      [
        [0, 1000],
        [50, 70],
      ],
    );
    expect(trafficHistory(bytes)).toEqual({ timestamps: [1000], values: [120] });
  });

  test("goes on with the live readings where they begin", () => {
    const reading = (seconds: number, cpu: number | null) =>
      ({
        timestamp: new Date(seconds * 1000).toISOString(),
        host: { cpu_percent: cpu },
      }) as Overview;
    const joined = joinReadings(
      { timestamps: [1000, 2000, 3000], values: [1, 2, 3] },
      [reading(2.5, 9), reading(3.5, null)],
      ({ host }) => host.cpu_percent,
    );
    expect(joined).toEqual({ timestamps: [1000, 2000, 2500, 3500], values: [1, 2, 9, null] });
  });
});

describe("events in words", () => {
  const event = (type: string, attributes: Record<string, string> = {}): FleetEvent => ({
    id: "1",
    at: "2026-11-21T07:00:00.000Z",
    type,
    service: "a",
    attributes,
  });

  test.each<[FleetEvent, string]>([
    [event("service.registered"), "was registered"],
    [
      event("service.status_changed", {
        from: "healthy",
        to: "unhealthy",
        cause: "connection refused",
      }),
      "went from healthy to unhealthy: connection refused",
    ],
    [event("service.status_changed", { to: "healthy" }), "became healthy"],
    [event("alert.firing", { name: "Down" }), "“Down” is firing"],
    [event("alert.resolved", { rule_id: "down" }), "“down” is resolved"],
    [event("task.done", { task: "7" }), "task.done task=7"],
  ])("%j", (one, text) => {
    expect(eventText(one)).toBe(text);
  });

  test("carry the colour of what they lead to", () => {
    expect(eventToken(event("service.status_changed", { to: "unhealthy" }))).toBe("--fl-unhealthy");
    expect(eventToken(event("service.status_changed", { to: "constructor" }))).toBe("--fl-unknown");
    expect(eventToken(event("task.done"))).toBe("--fl-unknown");
  });
});
