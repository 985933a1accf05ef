import type { Health } from "@fleetlight/contract";
import { describe, expect, it } from "vitest";

import { FleetlightError } from "../client/index.ts";
import type { ComponentResult } from "./components.ts";
import type { MonitoringStats } from "./stats.ts";
import { judge } from "./system-health.ts";
import type { AskedServer } from "./system-health.ts";

const NOW = 1_780_315_200_000;

const stats = (change: (stats: MonitoringStats) => void = () => {}): MonitoringStats => {
  const fine: MonitoringStats = {
    spans: {
      exported: 10,
      announced: 0,
      dropped: { queue_full: 0, refused: 0, expired: 0, unreadable: 0 },
      retries: 0,
      queued: 0,
      open: 0,
      cut: { attributes: 0, events: 0, links: 0 },
      hosted: false,
      maxQueued: 100,
    },
    work: { open: 0, not_remembered: 0, unknown_ids: 0, errors: 0 },
    metrics: { pushed: 0, pushesFailed: 0, warnings: [] },
    checkpoints: { unanswered: 0 },
    registered: true,
  };
  change(fine);
  return fine;
};

const health = (more: Partial<Health> = {}): Health =>
  ({
    status: "healthy",
    version: "1.0.0",
    timestamp: new Date(NOW).toISOString(),
    dependencies: {},
    ...more,
  }) as Health;

const answered = (given: Health = health()): AskedServer => ({
  health: given,
  error: null,
  startMs: NOW - 5,
  endMs: NOW + 5,
});

const sick: ComponentResult = {
  status: "degraded",
  message: "slow",
  details: {},
  timestamp: "",
  response_time: 1,
};

describe("the health of the system", () => {
  it("is healthy, with nothing to recommend, when all is well", () => {
    expect(judge(answered(), {}, stats())).toMatchObject({
      status: "healthy",
      recommendations: [],
      server: { reachable: true, version: "1.0.0", latencyMs: 10, clockSkewMs: 0, error: null },
    });
  });

  it.each<[string, (stats: MonitoringStats) => void, string, RegExp]>([
    ["lost spans", (one) => (one.spans.dropped.queue_full = 3), "degraded", /3 spans were lost/],
    ["refused spans", (one) => (one.spans.dropped.refused = 2), "degraded", /refused 2 spans/],
    [
      "odd spans",
      (one) => (one.spans.dropped.unreadable = 1),
      "degraded",
      /threw when they were read/,
    ],
    ["a queue that is nearly full", (one) => (one.spans.queued = 81), "degraded", /81 of 100/],
    ["spans that were cut", (one) => (one.spans.cut.events = 4), "healthy", /4 attributes/],
    ["too much open", (one) => (one.work.not_remembered = 1), "degraded", /too many were open/],
    ["unknown ids", (one) => (one.work.unknown_ids = 1), "healthy", /not open here/],
    ["wrong arguments", (one) => (one.work.errors = 1), "degraded", /could not be recorded/],
    ["no registration", (one) => (one.registered = false), "degraded", /not registered/],
    ["failed pushes", (one) => (one.metrics.pushesFailed = 1), "degraded", /pushes of metrics/],
    [
      "unanswered checkpoints",
      (one) => (one.checkpoints.unanswered = 1),
      "degraded",
      /checkpoints/,
    ],
    ["odd names", (one) => (one.metrics.warnings = ["x_ms is odd"]), "healthy", /x_ms is odd/],
  ])("speaks of %s, and says what to do", (_, change, status, message) => {
    const judged = judge(answered(), {}, stats(change));
    expect(judged.status).toBe(status);
    expect(judged.recommendations).toHaveLength(1);
    expect(judged.recommendations[0]?.message).toMatch(message);
    expect(judged.recommendations[0]?.remedy).not.toBe("");
  });

  it.each<[string, AskedServer, Partial<ReturnType<typeof judge>["server"]>, RegExp]>([
    [
      "cannot be reached",
      { ...answered(), health: null, error: new FleetlightError("timeout", "no answer", null) },
      { reachable: false, error: "no answer", clockSkewMs: null },
      /cannot be reached/,
    ],
    [
      "refuses",
      { ...answered(), health: null, error: new FleetlightError("forbidden", "no", 403) },
      { reachable: true, status: null },
      /refuses/,
    ],
    [
      "is degraded",
      answered(health({ status: "degraded", dependencies: { store: "behind", log: "healthy" } })),
      { status: "degraded" },
      /degraded: store/,
    ],
    [
      "has another time",
      answered(health({ timestamp: new Date(NOW + 60_000).toISOString() })),
      { clockSkewMs: 60_000 },
      /60000 ms/,
    ],
  ])("tells of a server that %s", (_, asked, server, message) => {
    const judged = judge(asked, {}, stats());
    expect(judged.server).toMatchObject(server);
    expect(judged.status).not.toBe("healthy");
    expect(judged.recommendations[0]?.message).toMatch(message);
  });

  it("takes the components of the host into account", () => {
    const judged = judge(answered(), { queue: sick }, stats());
    expect(judged.status).toBe("degraded");
    expect(judged.recommendations[0]?.message).toBe("The component queue is degraded: slow.");
  });
});
