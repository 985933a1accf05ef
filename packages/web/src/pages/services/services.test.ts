import type { Service, ServiceStatus } from "@fleetlight/contract";
import { ServiceRegistration } from "@fleetlight/contract";
import { describe, expect, test } from "vitest";

import { EMPTY_FORM, toRegistration } from "./register-form.ts";
import { selectServices } from "./select.ts";

const service = (
  name: string,
  status: ServiceStatus,
  type: string,
  seconds: number | null,
): Service => ({
  id: name.toLowerCase(),
  name,
  type,
  url: "http://127.0.0.1:1",
  health_endpoint: "/health",
  metrics_endpoint: "/metrics",
  labels: { team: type === "agent" ? "core" : "infra" },
  check: {},
  scrape: {},
  origin: "api",
  status,
  registered_at: "2026-11-21T07:00:00.000Z",
  updated_at: "2026-11-21T07:00:00.000Z",
  status_since: `2026-11-21T07:0${name.length}:00.000Z`,
  last_heartbeat: null,
  last_check:
    seconds === null
      ? null
      : {
          at: "2026-11-21T07:00:00.000Z",
          healthy: true,
          response_time: seconds,
          status_code: 200,
          error: null,
        },
  last_scrape: null,
});

const fleet = [
  service("Coder", "healthy", "agent", 0.02),
  service("Api", "healthy", "web", 0.3),
  service("Bus", "unhealthy", "web", null),
  service("Tester", "degraded", "agent", 0.01),
];
const names = (search: Parameters<typeof selectServices>[1]) =>
  selectServices(fleet, search).rows.map(({ name }) => name);

describe("the list of services", () => {
  test("has the worst first, then names in order", () => {
    expect(names({})).toEqual(["Bus", "Tester", "Api", "Coder"]);
  });

  test.each([
    [{ sort: "name" }, ["Api", "Bus", "Coder", "Tester"]],
    [{ sort: "latency" }, ["Api", "Coder", "Tester", "Bus"]],
    [{ sort: "change" }, ["Tester", "Coder", "Api", "Bus"]],
    [{ state: "healthy" }, ["Api", "Coder"]],
    [{ type: "agent" }, ["Tester", "Coder"]],
    [{ q: "TEAM=core" }, ["Tester", "Coder"]],
    [{ q: "agent test" }, ["Tester"]],
    [{ q: "agent", state: "unhealthy" }, []],
  ] as const)("for %j is %j", (search, expected) => {
    expect(names(search)).toEqual(expected);
  });

  test("counts for each facet what it would leave beside the other filters", () => {
    const { states, types } = selectServices(fleet, { type: "web", state: "healthy" });
    expect(states).toEqual({ unhealthy: 1, degraded: 0, unknown: 0, healthy: 1 });
    expect(types).toEqual([
      ["agent", 1],
      ["web", 1],
    ]);
  });
});

describe("the registration form", () => {
  test("leaves out what is left to the server", () => {
    const request = toRegistration({
      ...EMPTY_FORM,
      name: " My Service ",
      url: "http://127.0.0.1:3000",
      health_endpoint: "",
    });
    expect(request).toEqual({
      id: "my-service",
      name: "My Service",
      url: "http://127.0.0.1:3000",
      metrics_endpoint: "/metrics",
    });
    expect(ServiceRegistration.parse(request).health_endpoint).toBe("/health");
  });

  test("sends everything that is filled in", () => {
    const request = toRegistration({
      id: "x",
      name: "X",
      type: "agent",
      url: "http://x",
      health_endpoint: "/up",
      metrics_endpoint: "/m",
      interval: "2.5",
    });
    expect(ServiceRegistration.parse(request)).toMatchObject({
      id: "x",
      type: "agent",
      health_endpoint: "/up",
      check: { interval_seconds: 2.5 },
    });
  });
});
