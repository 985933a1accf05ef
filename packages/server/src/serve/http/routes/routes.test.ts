import {
  Alert,
  AlertHistory,
  AlertRule,
  AlertsAnswer,
  DeliveryList,
  type ErrorBody,
  EventList,
  Health,
  LatestMetrics,
  MetricNames,
  Overview,
  RegisterAnswer,
  RuleList,
  SeriesList,
  SeriesRange,
  Service,
  ServiceList,
} from "@fleetlight/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { z } from "zod";

import { startServer, type RunningServer } from "#app";

import { ask, makeSite, startService, until, type Answer } from "../../fixture.ts";

const site = makeSite({
  monitoring: { health_check_interval: "200ms" },
  scrape: { interval: "200ms" },
  checks: { success_threshold: 1 },
});
let server: RunningServer;
let agent: Awaited<ReturnType<typeof startService>>;
beforeAll(async () => {
  agent = await startService(
    "# HELP queue_length Waiting.\n# TYPE queue_length gauge\nqueue_length 3\nodd NaN\n",
  );
  server = await startServer(site);
});
afterAll(async () => {
  await server.stop();
  agent.close();
  site.remove();
});

/** Asks, and insists on the contract's shape: every key of it, with values that it allows. */
async function get<T extends z.ZodType>(shape: T, path: string): Promise<z.infer<T>> {
  const { status, body, text } = await ask<unknown>(server.url + path);
  expect(status, text).toBe(200);
  return shape.parse(body) as z.infer<T>;
}
/** Registers a service that leaves no samples behind, unless it is asked to. */
const register = (more: object = {}) =>
  ask<RegisterAnswer>(`${server.url}/api/v1/services/register`, {
    json: {
      id: "agent-1",
      name: "Agent",
      type: "agent",
      url: agent.url,
      scrape: { enabled: false },
      ...more,
    },
  });
const rule = (more: object = {}) =>
  ask<{ status: string; rule_id: string; rule: AlertRule }>(`${server.url}/api/v1/alerts/rules`, {
    json: {
      id: "queue",
      name: "Queue",
      metric: "queue_length",
      condition: ">",
      threshold: 2,
      ...more,
    },
  });
/** `path: reason` of each field that a refused request complains about. */
const complaints = (answer: Answer<ErrorBody>) => {
  expect(answer.status, answer.text).toBe(400);
  expect(answer.body.error.code).toBe("bad_request");
  return answer.body.error.details?.map(({ path, message }) => `${path}: ${message}`);
};

describe("services", () => {
  it("are registered, updated under the same id, read, listed, sent heartbeats and removed", async () => {
    const first = await register();
    expect(first.status).toBe(201);
    expect(RegisterAnswer.parse(first.body)).toMatchObject({
      status: "registered",
      service_id: "agent-1",
      service: {
        type: "agent",
        health_endpoint: "/health",
        metrics_endpoint: "/metrics",
        labels: {},
      },
    });
    const again = await register({ name: "Renamed", labels: { team: "blue" } });
    expect([again.status, again.body.status]).toEqual([200, "updated"]);

    const list = await get(ServiceList, "/api/v1/services");
    expect(list.count).toBe(1);
    expect(list.services[0]).toMatchObject({
      id: "agent-1",
      name: "Renamed",
      labels: { team: "blue" },
    });
    const before = await get(Service, "/api/v1/services/agent-1");
    const beat = await ask<Service>(`${server.url}/api/v1/services/agent-1/heartbeat`, {
      method: "POST",
    });
    expect(beat.status).toBe(200);
    expect(Date.parse(beat.body.last_heartbeat ?? "")).toBeGreaterThan(
      Date.parse(before.updated_at) - 1,
    );

    const events = await get(EventList, "/api/v1/services/agent-1/events");
    expect(events.events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["service.registered", "service.updated"]),
    );
    const gone = await ask(`${server.url}/api/v1/services/agent-1`, { method: "DELETE" });
    expect(gone.body).toEqual({ status: "removed", service_id: "agent-1" });
    expect((await get(ServiceList, "/api/v1/services")).count).toBe(0);
    const after = await get(EventList, "/api/v1/services/agent-1/events");
    expect(after.events[0]?.type).toBe("service.removed");
  });

  it("are not known under an unknown id, whatever is asked of it", async () => {
    for (const [method, path] of [
      ["GET", ""],
      ["DELETE", ""],
      ["POST", "/heartbeat"],
      ["GET", "/events"],
    ] as const) {
      const answer = await ask(`${server.url}/api/v1/services/nobody${path}`, { method });
      expect([answer.status, answer.body.error.code], path).toEqual([404, "not_found"]);
      expect(answer.body.error.message).toContain('"nobody"');
    }
  });

  it("are told every field that is wrong, and why", async () => {
    const url = `${server.url}/api/v1/services/register`;
    expect(complaints(await ask(url, { json: { id: "x" } }))).toEqual([
      "name: is required",
      "url: is required",
    ]);
    expect(
      complaints(
        await ask(url, {
          json: {
            id: "a b",
            name: 7,
            url: "ftp://x",
            labels: { "a-b": "c", n: 1 },
            check: { every: 5 },
          },
        }),
      ),
    ).toEqual([
      expect.stringMatching(/^id: an id is letters/),
      "name: expected string, received number",
      "url: an http:// or https:// URL",
      expect.stringMatching(/^labels\.a-b: a label name/),
      "labels.n: expected string, received number",
      expect.stringMatching(/^check: unrecognized key: "every"/),
    ]);
    const one = await ask(url, { json: { id: "x", name: "n" } });
    expect(one.body.error.message).toBe("`url`: is required");
    expect((await ask(url, { method: "POST" })).body.error.message).toMatch(/body is empty/);
    expect((await ask(url, { json: [] })).body.error.message).toMatch(
      /expected object, received array/,
    );
  });

  it("keep passwords of their URLs to themselves, and stay away from metadata addresses", async () => {
    const secret = await register({ id: "secret", url: "http://user:hunter2@127.0.0.1:9/" });
    expect(secret.status).toBe(201);
    const pages = [secret.text];
    for (const path of [
      "/api/v1/services",
      "/api/v1/services/secret",
      "/api/v1/events",
      "/health",
      "/dashboard/metrics",
    ])
      pages.push((await ask(server.url + path)).text);
    expect(pages.join("")).not.toContain("hunter2");
    await ask(`${server.url}/api/v1/services/secret`, { method: "DELETE" });
    const blocked = await register({ url: "http://169.254.169.254/latest" });
    expect([blocked.status, blocked.body]).toMatchObject([
      400,
      { error: { code: "outbound_blocked" } },
    ]);
  });

  it("have ids that may be written in any way a URL allows", async () => {
    await register({ id: "a:b.c_d-e" });
    for (const id of ["a:b.c_d-e", "a%3Ab.c_d-e", "%61%3ab%2Ec_d-e"])
      expect((await get(Service, `/api/v1/services/${id}/`)).id).toBe("a:b.c_d-e");
    expect(complaints(await ask(`${server.url}/api/v1/services/a%2Fb`))?.[0]).toMatch(
      /^id: an id is/,
    );
    await ask(`${server.url}/api/v1/services/a%3Ab.c_d-e`, { method: "DELETE" });
  });

  it("of one tenant are nothing to another", async () => {
    await ask(`${server.url}/api/v1/services/register`, {
      json: { id: "theirs", name: "n", url: agent.url, check: { mode: "none" } },
      headers: { "x-scope-orgid": "other" },
    });
    await rule({ id: "mine" });
    const other = { headers: { "x-scope-orgid": "other" } };
    const ids = async (init?: RequestInit) =>
      (await ask<ServiceList>(`${server.url}/api/v1/services`, init)).body.services.map(
        ({ id }) => id,
      );
    expect(await ids(other)).toEqual(["theirs"]);
    expect(await ids()).not.toContain("theirs");
    expect((await ask(`${server.url}/api/v1/services/theirs`)).status).toBe(404);
    expect((await ask(`${server.url}/api/v1/alerts/rules/mine`, other)).status).toBe(404);
    expect((await ask<Overview>(`${server.url}/api/v1/overview`, other)).body.services.total).toBe(
      1,
    );
    expect((await ask(`${server.url}/api/v1/events`, other)).text).not.toContain("agent-1");
    await ask(`${server.url}/api/v1/services/theirs`, { method: "DELETE", ...other });
    await ask(`${server.url}/api/v1/alerts/rules/mine`, { method: "DELETE" });
    const bad = await ask(`${server.url}/api/v1/services`, { headers: { "x-scope-orgid": "a/b" } });
    expect(bad.body.error.message).toMatch(/X-Scope-OrgID/);
  });
});

describe("rules", () => {
  it("are made, replaced, read, listed, changed, switched off and removed", async () => {
    const made = await rule({ condition: "gt", enabled: false });
    expect(made.body).toMatchObject({ status: "created", rule_id: "queue" });
    expect(AlertRule.parse(made.body.rule)).toMatchObject({
      condition: ">",
      origin: "api",
      enabled: false,
    });
    expect((await rule({ threshold: 5, cooldown_minutes: 1 })).body).toMatchObject({
      status: "updated",
      rule: { threshold: 5, cooldown_minutes: 1 },
    });
    const url = `${server.url}/api/v1/alerts/rules/queue`;
    for (const method of ["PATCH", "PUT"]) {
      const changed = await ask<AlertRule>(url, {
        method,
        json: { severity: "critical", condition: "<=" },
      });
      expect([changed.status, changed.body], method).toMatchObject([
        200,
        { severity: "critical", condition: "<=", threshold: 5, name: "Queue" },
      ]);
    }
    const list = await get(RuleList, "/api/v1/alerts/rules");
    expect(list.rules.map(({ id, origin }) => [id, origin])).toEqual(
      expect.arrayContaining([
        ["queue", "api"],
        ["service_down", "builtin"],
      ]),
    );
    expect(list.count).toBe(list.rules.length);
    expect(await get(AlertRule, "/api/v1/alerts/rules/queue")).toMatchObject({
      severity: "critical",
    });
    const gone = await ask(url, { method: "DELETE" });
    expect(gone.body).toEqual({ status: "removed", rule_id: "queue" });
    for (const method of ["GET", "DELETE"]) expect((await ask(url, { method })).status).toBe(404);
    expect((await ask(url, { method: "PATCH", json: { threshold: 1 } })).status).toBe(404);
  });

  it("that are built in can only be switched off", async () => {
    const url = `${server.url}/api/v1/alerts/rules/service_down`;
    expect(
      (await ask<AlertRule>(url, { method: "PATCH", json: { enabled: false } })).body.enabled,
    ).toBe(false);
    expect(
      (await ask<AlertRule>(url, { method: "PATCH", json: { enabled: true } })).body.enabled,
    ).toBe(true);
    for (const init of [{ method: "PATCH", json: { threshold: 1 } }, { method: "DELETE" }]) {
      const answer = await ask(url, init);
      expect([answer.status, answer.body.error.code]).toEqual([409, "conflict"]);
    }
  });

  it("are told every field that is wrong, and why", async () => {
    const url = `${server.url}/api/v1/alerts/rules`;
    expect(complaints(await ask(url, { json: { id: "q" } }))).toEqual([
      "name: is required",
      "condition: is required",
      "threshold: is required",
    ]);
    const wrong = { name: "n", condition: "~", threshold: "2", severity: "loud", enabled: "yes" };
    expect(complaints(await ask(url, { json: { id: "q", ...wrong } }))).toEqual([
      expect.stringMatching(/^condition: expected one of ">"/),
      "threshold: expected number, received string",
      expect.stringMatching(/^severity: expected one of "critical"/),
      "enabled: expected boolean, received string",
    ]);
    const selector = { id: "q", name: "n", condition: ">", threshold: 1, metric: 'up{job="' };
    expect(complaints(await ask(url, { json: selector }))?.[0]).toMatch(/^metric: /);
    const infinite = '{"id":"q","name":"n","condition":">","metric":"up","threshold":1e999}';
    const headers = { "content-type": "application/json" };
    expect(complaints(await ask(url, { method: "POST", headers, body: infinite }))?.[0]).toMatch(
      /^threshold: /,
    );
  });
});

describe("samples and alerts", () => {
  beforeAll(async () => {
    await register({ scrape: {} });
    await until(
      () => ask<SeriesList>(`${server.url}/api/v1/metrics/series?match=queue_length`),
      ({ body }) => body.series[0]?.value === 3,
    );
  });

  it("show the latest values by service and metric, and null for what is not a number", async () => {
    const { metrics, truncated } = await get(LatestMetrics, "/api/v1/metrics");
    expect(truncated).toBe(false);
    expect(metrics["agent-1_queue_length"]).toMatchObject([
      { value: 3, service_id: "agent-1", metric_name: "queue_length" },
    ]);
    expect(metrics["agent-1_odd"]).toMatchObject([{ value: null }]);
  });

  it("are named, found and read over time", async () => {
    const names = await get(MetricNames, "/api/v1/metrics/names?search=QUEUE_l&limit=5");
    expect(names.metrics).toEqual([
      { name: "queue_length", type: "gauge", unit: "", help: "Waiting.", series: 1 },
    ]);
    const match = encodeURIComponent('queue_length{service="agent-1"}');
    const found = await get(SeriesList, `/api/v1/metrics/series?match=${match}`);
    expect([found.matched, found.series[0]?.value]).toEqual([1, 3]);
    const now = Date.now();
    for (const [start, end] of [
      [String(now / 1000 - 60), String(now / 1000 + 1)],
      [new Date(now - 60_000).toISOString(), new Date(now + 1000).toISOString()],
      [new Date(now - 60_000).toISOString().slice(0, -1), new Date(now + 1000).toISOString()],
    ] as const) {
      const range = await get(
        SeriesRange,
        `/api/v1/metrics/range?match=${match}&start=${start}&end=${end}`,
      );
      expect(range.matched).toBe(1);
      expect(range.series[0]?.values[0]).toBe(3);
      expect(range.series[0]?.timestamps).toHaveLength(range.series[0]?.values.length ?? 0);
    }
    const odd = await get(SeriesRange, "/api/v1/metrics/range?match=odd&max_points=2");
    expect(odd.series[0]?.values.every((value) => value === null)).toBe(true);
    expect(await get(SeriesRange, "/api/v1/metrics/range?match=nothing_like_it")).toMatchObject({
      series: [],
      matched: 0,
    });
  });

  it.each([
    ["/api/v1/metrics/range", "match: is required"],
    ["/api/v1/metrics/range?match=%7B", "match: "],
    ["/api/v1/metrics/series?match=a%7Bb%3D~%22(%22%7D", "match: "],
    ["/api/v1/metrics/range?match=up&start=yesterday", "start: "],
    ["/api/v1/metrics/range?match=up&end=99999999999999999999", "end: "],
    ["/api/v1/metrics/range?match=up&max_points=1", "max_points: "],
    ["/api/v1/metrics/names?limit=many", "limit: "],
    ["/api/v1/events?limit=0", "limit: "],
    ["/api/v1/events?start=-1e99", "start: "],
    ["/api/v1/alerts/history?hours=-1", "hours: "],
    ["/api/v1/deliveries?limit=1001", "limit: "],
  ])("%s is refused by the name of the parameter", async (path, complaint) => {
    const found = complaints(await ask(server.url + path));
    expect(found?.[0]).toContain(complaint);
    expect(found?.[0]?.length).toBeGreaterThan(complaint.length - 1);
  });

  it("refuses a range that ends before it starts", async () => {
    const { status, text } = await ask(
      `${server.url}/api/v1/metrics/range?match=up&start=20&end=10`,
    );
    expect([status, text]).toEqual([400, expect.stringContaining("start must be before end")]);
  });

  it("are those of a Prometheus without rules while there is none", async () => {
    const headers = { "X-Scope-OrgID": "newcomer" };
    const alerts = async () =>
      (await ask<unknown>(`${server.url}/api/v1/alerts`, { headers })).body;
    expect(await alerts()).toEqual({ status: "success", data: { alerts: [] } });
    const json = { id: "first", name: "First", metric: "up", condition: "<", threshold: 0 };
    await ask(`${server.url}/api/v1/alerts/rules`, { headers, json });
    expect(await alerts()).toMatchObject({ active_alerts: [], history: [], count: 0 });
  });

  it("follow an alert from firing to resolved, in Prometheus' words as well, and keep it in the history", async () => {
    await rule();
    const firing = await until(
      () => get(AlertsAnswer, "/api/v1/alerts"),
      ({ active_alerts }) =>
        active_alerts.some((one) => one.state === "firing" && one.rule_id === "queue"),
    );
    const alert = firing.active_alerts.find((one) => one.rule_id === "queue");
    expect(alert).toMatchObject({ rule_id: "queue", service: "agent-1", value: 3, threshold: 2 });
    expect(alert?.id).toMatch(/^alert_\d+_queue_/);
    expect(firing.data.alerts.find(({ labels }) => labels.alertname === "Queue")).toMatchObject({
      state: "firing",
      value: "3e+00",
      labels: { alertname: "Queue", severity: "warning", service: "agent-1" },
    });
    expect(await get(Alert, `/api/v1/alerts/${alert?.id}`)).toMatchObject({ id: alert?.id });
    expect(await get(DeliveryList, `/api/v1/alerts/${alert?.id}/deliveries`)).toEqual({
      deliveries: [],
      count: 0,
    });
    expect((await get(Overview, "/api/v1/overview")).alerts).toMatchObject({
      firing: 1,
      by_severity: { warning: 1 },
    });

    agent.state.page = "queue_length 1\n";
    const history = await until(
      () => get(AlertHistory, "/api/v1/alerts/history?hours=1"),
      ({ alerts }) => alerts.some((one) => one.id === alert?.id && one.state === "resolved"),
    );
    expect(history.alerts.find(({ id }) => id === alert?.id)).toMatchObject({ state: "resolved" });
    const after = await get(AlertsAnswer, "/api/v1/alerts");
    expect([after.count, after.history[0]?.id]).toEqual([0, alert?.id]);
    const { events } = await get(EventList, "/api/v1/events?type=alert.firing,alert.resolved");
    expect(events.slice(0, 2).map(({ type }) => type)).toEqual(["alert.resolved", "alert.firing"]);
    expect(events.every(({ type }) => type !== "service.registered")).toBe(true);
    for (const path of [
      "/api/v1/alerts/alert_0_none_0",
      "/api/v1/alerts/alert_0_none_0/deliveries",
    ])
      expect((await ask(server.url + path)).status, path).toBe(404);
    expect((await get(DeliveryList, "/api/v1/deliveries")).count).toBe(0);
  });
});

describe("health", () => {
  it("is 200 while everything is healthy and 503 while a service is not, with the reason", async () => {
    const url = `${server.url}/health`;
    const well = await until(
      () => ask<Health>(url),
      ({ status }) => status === 200,
    );
    expect(Health.parse(well.body)).toMatchObject({
      status: "healthy",
      service: "fleetlight",
      total_services: 1,
      healthy_services: 1,
      service_health: { "agent-1": { healthy: true, status_code: 200, error: null } },
      dependencies: { telemetry_store: "healthy", state_store: "healthy" },
      configuration: { status: "ok", error: null },
    });
    agent.state.status = 500;
    const ill = await until(
      () => ask<Health>(url),
      ({ status }) => status === 503,
    );
    expect(Health.parse(ill.body)).toMatchObject({
      status: "degraded",
      healthy_services: 0,
      service_health: {
        "agent-1": { healthy: false, status_code: 500, error: "answered HTTP 500" },
      },
    });
    expect((await ask(`${server.url}/dashboard/health`)).status).toBe(200);
    agent.state.status = 200;
    await until(
      () => ask<Health>(`${url}/`),
      ({ status }) => status === 200,
    );
  });

  it("answers the probes", async () => {
    expect((await ask(`${server.url}/-/healthy`)).text).toContain("healthy");
    expect((await ask(`${server.url}/-/ready`)).text).toContain("ready");
    expect((await ask(`${server.url}/health/live`)).body).toMatchObject({
      status: "alive",
      service: "fleetlight",
    });
    expect((await ask(`${server.url}/health/ready`)).body).toMatchObject({ status: "ready" });
  });
});

describe("the dashboard", () => {
  it("gets its figures in one answer", async () => {
    const { body } = await ask<Record<string, Record<string, unknown>>>(
      `${server.url}/dashboard/metrics`,
    );
    expect(Object.keys(body)).toEqual(["timestamp", "services", "metrics", "alerts", "system"]);
    expect(body.services?.["agent-1"]).toMatchObject({ status: "healthy" });
    expect(body.metrics?.["agent-1_queue_length"]).toBeDefined();
    expect(Object.keys(body.system ?? {})).toEqual(["cpu_percent", "memory_percent", "disk_usage"]);
    expect((await ask(`${server.url}/api/v1/dashboard/config`)).body).toEqual({
      refresh_interval: 5,
      max_data_points: 1000,
      dashboard_port: 0,
      websocket: "/ws",
    });
  });

  it("and the server's own metrics are in the exposition format", async () => {
    const { text, headers } = await ask(`${server.url}/metrics`);
    expect(headers.get("content-type")).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(text).toMatch(/^monitoring_services_total 1$/m);
    expect(text).toMatch(/^monitoring_alerts_active \d+$/m);
    expect(text).toMatch(/^process_resident_memory_bytes \d/m);
    const open = await ask(`${server.url}/metrics`, {
      headers: { accept: "application/openmetrics-text; version=1.0.0" },
    });
    expect(open.headers.get("content-type")).toMatch(/^application\/openmetrics-text/);
    expect(open.text.endsWith("# EOF\n")).toBe(true);
  });
});
