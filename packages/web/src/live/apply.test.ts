import type {
  Alert,
  AlertsAnswer,
  FleetEvent,
  Overview,
  SeriesRange,
  Service,
} from "@fleetlight/contract";
import { describe, expect, test } from "vitest";

import {
  addCheck,
  addEvent,
  addReading,
  appendSamples,
  dropService,
  EVENT_LIMIT,
  HISTORY_LIMIT,
  LATENCY_POINTS,
  mergeAlerts,
  mergeHistory,
  mergeService,
} from "./apply.ts";

const service = (id: string, change: Partial<Service> = {}): Service => ({
  id,
  name: id,
  type: "custom",
  url: "http://127.0.0.1:1",
  health_endpoint: "/health",
  metrics_endpoint: "/metrics",
  labels: {},
  check: {},
  scrape: {},
  origin: "api",
  status: "healthy",
  registered_at: "2026-11-21T07:00:00.000Z",
  updated_at: "2026-11-21T07:00:00.000Z",
  status_since: "2026-11-21T07:00:00.000Z",
  last_heartbeat: null,
  last_check: null,
  last_scrape: null,
  ...change,
});

const alert = (id: string, change: Partial<Alert> = {}): Alert => ({
  id,
  fingerprint: id,
  rule_id: "rule",
  name: "Rule",
  state: "firing",
  severity: "warning",
  service: "a",
  metric: "m",
  expr: "",
  condition: ">",
  threshold: 1,
  value: 2,
  labels: {},
  annotations: {},
  active_at: "2026-11-21T07:00:00.000Z",
  fired_at: "2026-11-21T07:00:00.000Z",
  keep_firing_since: null,
  resolved_at: null,
  updated_at: "2026-11-21T07:00:00.000Z",
  ...change,
});

const NO_ALERTS: AlertsAnswer = {
  status: "success",
  data: { alerts: [] },
  active_alerts: [],
  history: [],
  count: 0,
};

const event = (id: string): FleetEvent => ({
  id,
  at: "2026-11-21T07:00:00.000Z",
  type: "service.registered",
  service: "a",
  attributes: {},
});

const mergeAlert = (answer: AlertsAnswer, one: Alert) => mergeAlerts(answer, [one]);

describe("services", () => {
  const list = { services: [service("a"), service("c")], count: 2 };

  test("change in place, so that no row moves", () => {
    const next = mergeService(list, service("a", { status: "unhealthy" }));
    expect(next.services.map(({ id, status }) => `${id} ${status}`)).toEqual([
      "a unhealthy",
      "c healthy",
    ]);
    expect(next.services[1]).toBe(list.services[1]);
  });

  test("that are new go to their place and count", () => {
    const next = mergeService(list, service("b"));
    expect(next.services.map(({ id }) => id)).toEqual(["a", "b", "c"]);
    expect(next.count).toBe(3);
  });

  test("that are removed go, and one that is unknown changes nothing", () => {
    expect(dropService(list, "a")).toEqual({ services: [list.services[1]], count: 1 });
    expect(dropService(list, "x").count).toBe(2);
  });
});

describe("alerts", () => {
  test("begin, change in place and resolve into the history", () => {
    const begun = mergeAlert(NO_ALERTS, alert("1", { state: "pending" }));
    expect(begun.count).toBe(1);
    const fired = mergeAlert(begun, alert("1", { updated_at: "2026-11-21T07:01:00.000Z" }));
    expect(fired.active_alerts.map(({ state }) => state)).toEqual(["firing"]);
    const resolved = mergeAlert(
      fired,
      alert("1", { state: "resolved", updated_at: "2026-11-21T07:02:00.000Z" }),
    );
    expect(resolved.active_alerts).toEqual([]);
    expect(resolved.history.map(({ id }) => id)).toEqual(["1"]);
    expect(resolved.count).toBe(0);
  });

  test("do not come back by news that arrives late", () => {
    const resolved = mergeAlert(
      NO_ALERTS,
      alert("1", { state: "resolved", updated_at: "2026-11-21T07:02:00.000Z" }),
    );
    expect(mergeAlert(resolved, alert("1"))).toBe(resolved);
  });

  test("that arrive together are merged in one pass, the latest news of each", () => {
    const answer = mergeAlerts(mergeAlert(NO_ALERTS, alert("a")), [
      alert("b"),
      alert("c", { state: "resolved" }),
      alert("a", { value: 7, updated_at: "2026-11-21T07:05:00.000Z" }),
      alert("b", { value: 9, updated_at: "2026-11-21T07:05:00.000Z" }),
      alert("a", { value: 8, updated_at: "2026-11-21T07:04:00.000Z" }),
    ]);
    expect(answer.active_alerts.map(({ id, value }) => [id, value])).toEqual([
      ["b", 9],
      ["a", 7],
    ]);
    expect(answer.history.map(({ id }) => id)).toEqual(["c"]);
    expect(answer.count).toBe(2);
  });

  test("keep ten resolved ones", () => {
    let answer = NO_ALERTS;
    for (let index = 0; index < 14; index += 1) {
      answer = mergeAlert(answer, alert(String(index), { state: "resolved" }));
    }
    expect(answer.history).toHaveLength(10);
    expect(answer.history[0]?.id).toBe("13");
  });

  test("are put into the history once", () => {
    const once = mergeHistory({ alerts: [], count: 0 }, alert("1"));
    const twice = mergeHistory(once, alert("1", { state: "resolved" }));
    expect(twice.count).toBe(1);
    expect(twice.alerts[0]?.state).toBe("resolved");
  });
});

describe("events and readings", () => {
  test("an event stands first, once, and the list has an end", () => {
    let list = { events: [event("0")], count: 1 };
    expect(addEvent(list, event("0"))).toBe(list);
    for (let index = 1; index <= EVENT_LIMIT + 5; index += 1)
      list = addEvent(list, event(String(index)));
    expect(list.events).toHaveLength(EVENT_LIMIT);
    expect(list.events[0]?.id).toBe(String(EVENT_LIMIT + 5));
  });

  test("a reading is kept once and old ones are let go", () => {
    const reading = (second: number) =>
      ({ timestamp: new Date(second * 1000).toISOString() }) as Overview;
    let history: Overview[] = [];
    for (let second = 0; second < HISTORY_LIMIT + 10; second += 1) {
      history = addReading(history, reading(second));
      expect(addReading(history, reading(second))).toBe(history);
    }
    expect(history).toHaveLength(HISTORY_LIMIT);
    expect(history[0]?.timestamp).toBe(reading(10).timestamp);
  });
});

describe("check latency", () => {
  const checked = (second: number, healthy = true) =>
    service("a", {
      last_check: {
        at: new Date(second * 1000).toISOString(),
        healthy,
        response_time: second / 1000,
        status_code: null,
        error: null,
      },
    });

  test("grows with each check once, a failure being a gap", () => {
    let latency = addCheck(undefined, checked(1));
    latency = addCheck(latency, checked(1));
    latency = addCheck(latency, checked(2, false));
    expect(latency).toEqual({ timestamps: [1000, 2000], values: [0.001, null] });
  });

  test("has an end, and waits for the first check", () => {
    expect(addCheck(undefined, service("a"))).toBeUndefined();
    let latency = addCheck(undefined, checked(1));
    for (let second = 2; second < LATENCY_POINTS + 20; second += 1)
      latency = addCheck(latency, checked(second));
    expect(latency?.timestamps).toHaveLength(LATENCY_POINTS);
    expect(latency?.timestamps.at(-1)).toBe((LATENCY_POINTS + 19) * 1000);
  });
});

describe("live samples", () => {
  const range: SeriesRange = {
    series: [
      { id: "a", labels: {}, timestamps: [1000, 2000], values: [1, 2] },
      { id: "b", labels: {}, timestamps: [], values: [] },
    ],
    matched: 2,
    start: "",
    end: "",
  };

  test("are appended to their series, those already there left out", () => {
    const next = appendSamples(
      range,
      [{ id: "a", timestamps: [2000, 3000], values: [9, null] }],
      0,
    );
    expect(next.series[0]).toMatchObject({ timestamps: [1000, 2000, 3000], values: [1, 2, null] });
    expect(next.series[1]).toBe(range.series[1]);
  });

  test("start a series that was empty", () => {
    const next = appendSamples(range, [{ id: "b", timestamps: [5000], values: [5] }], 0);
    expect(next.series[1]).toMatchObject({ timestamps: [5000], values: [5] });
  });

  test("push out what is older than the window", () => {
    const next = appendSamples(range, [{ id: "a", timestamps: [3000], values: [3] }], 1500);
    expect(next.series[0]).toMatchObject({ timestamps: [2000, 3000], values: [2, 3] });
  });

  test("replace everything when all of it is too old", () => {
    const next = appendSamples(range, [{ id: "a", timestamps: [9000], values: [9] }], 8000);
    expect(next.series[0]).toMatchObject({ timestamps: [9000], values: [9] });
  });

  test("of other series or of the past change nothing at all", () => {
    expect(appendSamples(range, [{ id: "x", timestamps: [9], values: [9] }], 0)).toBe(range);
    expect(appendSamples(range, [{ id: "a", timestamps: [2000], values: [9] }], 0)).toBe(range);
  });
});
