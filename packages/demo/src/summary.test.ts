import type { Alert, AlertHistory, AlertsAnswer, Overview } from "@fleetlight/contract";
import { describe, expect, it } from "vitest";

import { dashboardSummary } from "./summary.ts";

const overview = {
  services: { total: 12, healthy: 11, degraded: 0, unhealthy: 1, unknown: 0 },
  ingest: { series: 1300, samples_per_second: 121.6, targets: 12, targets_up: 11 },
} as Overview;
const firing = {
  state: "firing",
  severity: "critical",
  name: "Service down",
  service: "a",
} as Alert;
const resolved = { ...firing, state: "resolved" } as Alert;

describe("dashboard summary", () => {
  it("tells services, ingest, alerts and notifications", async () => {
    const text = await dashboardSummary(
      {
        overview: async () => overview,
        alerts: async () => ({ active_alerts: [firing] }) as unknown as AlertsAnswer,
        alertHistory: async () =>
          ({ alerts: [firing, resolved, resolved], count: 3 }) as AlertHistory,
      },
      5,
    );
    expect(text.split("\n")).toEqual([
      "Fleetlight demo, in short",
      "  services       12: 11 healthy, 0 degraded, 1 unhealthy, 0 not checked yet",
      "  ingest         1300 series, 122 samples/s, 11 of 12 targets up",
      "  alerts         3 fired, 2 resolved, 1 still firing",
      "                 critical: Service down, a",
      "  notifications  5 received",
    ]);
  });

  it("says what a server that is gone did not answer", async () => {
    const gone = () => Promise.reject(new Error("gone"));
    const text = await dashboardSummary({ overview: gone, alerts: gone, alertHistory: gone }, 0);
    expect(text.match(/did not answer/g)).toHaveLength(2);
    expect(text).toContain("0 received");
  });
});
