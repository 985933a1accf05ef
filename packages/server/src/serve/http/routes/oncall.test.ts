import type {
  Acknowledgement,
  AlertInsights,
  EventList,
  Incident,
  IncidentDetail,
  IncidentList,
  MaintenanceCalendar,
  MaintenancePreview,
  MaintenanceWindow,
  MaosAlertHistory,
  MaosAlertList,
  MaosAlertStatistics,
  OnCallNow,
  FinalSchedule,
  Timeline,
} from "@fleetlight/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startServer, type RunningServer } from "#app";

import { ask, makeSite, until } from "../../fixture.ts";

const site = makeSite({
  alerting: { builtin_rules: false },
  monitoring: { self_metrics: false },
  host: { enabled: false },
  notifications: { webhook: { url: "http://127.0.0.1:9/hook" } },
  escalation: {
    people: [{ id: "conf", name: "Of the file" }],
    policies: [
      {
        id: "paged",
        name: "Paged",
        matchers: ['severity="critical"'],
        steps: [{ type: "webhook", url: "https://hooks.example/secret-path" }, { type: "resolve" }],
      },
    ],
  },
});
let server: RunningServer;
beforeAll(async () => {
  server = await startServer(site);
}, 30_000);
afterAll(async () => {
  await server.stop();
  site.remove();
});

const get = <T>(path: string) => ask<T>(`${server.url}${path}`);
const send = <T>(path: string, json: unknown, method = "POST") =>
  ask<T>(`${server.url}${path}`, { json, method });
const fire = (labels: Record<string, string>, more = {}) =>
  send("/api/v2/alerts", [
    { labels, annotations: { summary: "It is down" }, startsAt: new Date().toISOString(), ...more },
  ]);
const incidentOf = async (name: string): Promise<Incident> =>
  (await until(
    async () =>
      (await get<IncidentList>("/api/v1/incidents")).body.incidents.find(({ title }) =>
        title.startsWith(name),
      ),
    (found) => found !== undefined,
  )) as Incident;

describe("people, teams, schedules and policies", () => {
  const ann = {
    id: "ann",
    name: "Ann",
    contact_methods: [{ receiver: "default" }],
    time_zone: "Europe/Berlin",
  };
  const week = {
    id: "week",
    name: "Week",
    time_zone: "Europe/Berlin",
    layers: [{ people: ["bob", "eve"], start: "2026-11-02T08:00:00Z", handover: "09:00" }],
  };

  it("are made, replaced, listed and removed", async () => {
    const receivers = await get<{ name: string }[]>("/api/v2/receivers");
    const receiver = receivers.body[0]?.name ?? "";
    const person = { ...ann, contact_methods: [{ receiver }] };
    const made = await send("/api/v1/people", person);
    expect(made.status).toBe(201);
    expect(made.body).toMatchObject({ ...person, origin: "api", quiet_hours: [] });
    expect((await send("/api/v1/people", person)).status).toBe(409);
    const put = await send("/api/v1/people/ann", { ...person, name: "Anna" }, "PUT");
    expect(put.body).toMatchObject({ name: "Anna" });
    expect((await send("/api/v1/people/ann", { ...person, id: "x" }, "PUT")).status).toBe(400);
    for (const id of ["bob", "eve"]) await send("/api/v1/people", { id, name: id });
    const list = await get<{ people: { id: string }[] }>("/api/v1/people");
    expect(list.body.people.map(({ id }) => id)).toEqual(["ann", "bob", "conf", "eve"]);
    expect((await send("/api/v1/schedules", week)).status).toBe(201);
    const team = { id: "core", name: "Core", members: ["ann"], schedule: "week" };
    expect((await send("/api/v1/teams", team)).status).toBe(201);
    const used = await send("/api/v1/people/bob", undefined, "DELETE");
    expect(used).toMatchObject({
      status: 409,
      body: { error: { message: expect.stringContaining('schedule "week"') } },
    });
    expect((await ask(`${server.url}/api/v1/schedules/week`, { method: "DELETE" })).status).toBe(
      409,
    );
    expect((await ask(`${server.url}/api/v1/teams/core`, { method: "DELETE" })).status).toBe(200);
    expect((await get("/api/v1/teams/core")).status).toBe(404);
  });

  it.each([
    ["/api/v1/people", { ...ann, id: "x", time_zone: "Mars/Olympus" }, "time_zone"],
    ["/api/v1/people", { ...ann, id: "x", contact_methods: [{ receiver: "nowhere" }] }, "nowhere"],
    [
      "/api/v1/people",
      { ...ann, id: "x", contact_methods: [{ receiver: "a", address: "{{ . }}" }] },
      "template",
    ],
    ["/api/v1/people", { ...ann, id: "../x" }, "id"],
    ["/api/v1/teams", { id: "x", name: "X", members: ["nobody"] }, "nobody"],
    [
      "/api/v1/schedules",
      { ...week, id: "x", layers: [{ people: ["nobody"], start: "2026-11-02T08:00:00Z" }] },
      "nobody",
    ],
    [
      "/api/v1/schedules",
      {
        ...week,
        id: "x",
        layers: [{ people: ["bob"], start: "2026-11-02T08:00:00Z", rotation: "custom" }],
      },
      "turn_hours",
    ],
    ["/api/v1/escalation-policies", { id: "x", name: "X", steps: [] }, "steps"],
    ["/api/v1/escalation-policies", { id: "x", name: "X", steps: [{ type: "dance" }] }, "steps"],
    ["/api/v1/escalation-policies", { id: "x", name: "X", steps: [{ type: "repeat" }] }, "wait"],
    [
      "/api/v1/escalation-policies",
      { id: "x", name: "X", matchers: ["a=~(("], steps: [{ type: "resolve" }] },
      "regular expression",
    ],
  ])("at %s are refused when wrong: %j", async (path, body, reason) => {
    expect(await send(path, body)).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining(reason) } },
    });
  });

  it("of the configuration are read-only, and never show where a webhook goes", async () => {
    const policy = await get<{ origin: string; steps: unknown[] }>(
      "/api/v1/escalation-policies/paged",
    );
    expect(policy.body.origin).toBe("config");
    expect(policy.body.steps[0]).toEqual({
      type: "webhook",
      url: "https://hooks.example/[redacted]",
    });
    expect(policy.text).not.toContain("secret-path");
    const put = await send("/api/v1/people/conf", { id: "conf", name: "No" }, "PUT");
    expect(put).toMatchObject({
      status: 409,
      body: { error: { message: expect.stringContaining("configuration file") } },
    });
  });

  it("keep the address of a webhook that is sent back as it was shown", async () => {
    const policy = {
      id: "hook",
      name: "Hook",
      steps: [{ type: "webhook", url: "https://hooks.example/one?two=three" }],
    };
    const made = await send<typeof policy>("/api/v1/escalation-policies", policy);
    const again = { ...policy, name: "Hook 2", steps: made.body.steps };
    await send("/api/v1/escalation-policies/hook", again, "PUT");
    const broken = { ...policy, steps: [{ type: "webhook", url: "ftp://x" }] };
    expect((await send("/api/v1/escalation-policies/hook", broken, "PUT")).status).toBe(400);
    expect((await get<{ name: string }>("/api/v1/escalation-policies/hook")).body.name).toBe(
      "Hook 2",
    );
  });

  it("tell who is on call, now, at any time, and as a calendar", async () => {
    const at = await get<OnCallNow>("/api/v1/schedules/week/on-call?at=2026-11-10T00:00:00Z");
    expect(at.body).toMatchObject({
      current: {
        person: "eve",
        start: "2026-11-09T08:00:00.000Z",
        end: "2026-11-16T08:00:00.000Z",
      },
      next: { person: "bob" },
    });
    const range = "start=2026-11-09T00:00:00Z&end=2026-11-12T00:00:00Z";
    const override = {
      person: "ann",
      start: new Date(Date.now() - 3_600_000).toISOString(),
      end: new Date(Date.now() + 3_600_000).toISOString(),
      by: "bob",
    };
    const made = await send<{ id: string }>("/api/v1/schedules/week/overrides", override);
    expect(made).toMatchObject({ status: 201, body: { person: "ann", by: "bob" } });
    const now = await get<OnCallNow>("/api/v1/schedules/week/on-call");
    expect(now.body.current).toMatchObject({ person: "ann", name: "Anna", override: made.body.id });
    const final = await get<FinalSchedule>(`/api/v1/schedules/week/final?${range}`);
    expect(final.body.segments).toHaveLength(2);
    expect(final.body.gaps).toEqual([]);
    const preview = await send<FinalSchedule>(`/api/v1/schedules/preview?${range}`, {
      ...week,
      layers: [],
    });
    expect(preview.body.gaps).toHaveLength(1);
    expect((await get<{ count: number }>("/api/v1/on-call")).body.count).toBe(1);
    const calendar = await get("/api/v1/schedules/week/calendar.ics?person=ann");
    expect(calendar.headers.get("content-type")).toBe("text/calendar; charset=utf-8");
    expect(calendar.text.match(/BEGIN:VEVENT/g)).toHaveLength(1);
    expect(calendar.text).toContain("SUMMARY:On call: Anna (Week)");
    const url = `${server.url}/api/v1/schedules/week/overrides/${made.body.id}`;
    expect((await ask(url, { method: "DELETE" })).status).toBe(200);
    expect((await ask(url, { method: "DELETE" })).status).toBe(404);
  });

  it.each([
    ["/api/v1/schedules/none/on-call", 404],
    ["/api/v1/schedules/none/calendar.ics", 404],
    ["/api/v1/schedules/week/on-call?at=yesterday", 400],
    ["/api/v1/schedules/week/final?start=2026-11-09T00:00:00Z&end=2026-11-09T00:00:00Z", 400],
    ["/api/v1/schedules/week/final?start=2026-11-09T00:00:00Z&end=2036-11-09T00:00:00Z", 400],
    ["/api/v1/people/none", 404],
    ["/api/v1/escalation-policies/none", 404],
  ])("answer GET %s with %d", async (path, status) => {
    expect((await get(path)).status).toBe(status);
  });

  it.each([
    ["severity=critical", { policy: "paged", by: "matchers" }],
    ["severity=high", { policy: null, by: "default" }],
    ["severity=low", { policy: null, by: "none" }],
    ["severity=low&escalation_policy=hook", { policy: "hook", by: "label" }],
    [
      "severity=high&escalation_policy=gone",
      { policy: null, by: "default", reason: expect.stringContaining('"gone"') },
    ],
  ])("tell which policy an alert with %s gets", async (query, expected) => {
    const { body } = await get(`/api/v1/escalation-policies/match?${query}`);
    expect(body).toMatchObject(expected);
  });
});

describe("acknowledgements and incidents", () => {
  it("show an alert from outside, who takes care of it, and who took it back", async () => {
    await fire({ alertname: "Outside", service: "edge", severity: "high" });
    const { id } = await incidentOf("Outside");
    const detail = await get<IncidentDetail>(`/api/v1/incidents/${id}`);
    const fingerprint = detail.body.alerts[0]?.fingerprint ?? "";
    expect(detail.body).toMatchObject({
      status: "triggered",
      severity: "high",
      services: ["edge"],
    });
    expect(detail.body.escalation).toMatchObject({ name: "default", status: "waiting" });
    const url = `/api/v1/alerts/${fingerprint}`;
    const made = await send<Acknowledgement>(`${url}/acknowledge`, {
      by: "ann",
      note: "on it",
      expires_in: "1h",
    });
    expect(made).toMatchObject({ status: 200, body: { by: "ann", note: "on it", alert_id: null } });
    const lasting = Date.parse(made.body.expires_at ?? "") - Date.parse(made.body.at);
    expect(Math.abs(lasting - 3_600_000)).toBeLessThan(5000);
    expect((await get<Incident>(`/api/v1/incidents/${id}`)).body).toMatchObject({
      status: "acknowledged",
      acknowledged_by: "ann",
      escalation: { status: "stopped", reason: "it is acknowledged" },
    });
    const list = await get<{ count: number }>("/api/v1/alerts/acknowledgements");
    expect(list.body.count).toBe(1);
    expect((await send(`${url}/unacknowledge`, { by: "bob" })).status).toBe(200);
    expect((await send(`${url}/unacknowledge`, { by: "bob" })).status).toBe(409);
    const timeline = await get<Timeline>(`/api/v1/incidents/${id}/timeline`);
    expect(timeline.body.entries.map(({ kind }) => kind)).toEqual(
      expect.arrayContaining([
        "alert_firing",
        "status",
        "escalation",
        "acknowledged",
        "unacknowledged",
      ]),
    );
    const snoozed = await send<Acknowledgement>(`${url}/snooze`, { by: "ann", duration: "10m" });
    expect(snoozed.body.kind).toBe("snooze");
    const audited = await until(
      () => get<EventList>("/api/v1/events?limit=1000"),
      ({ body }) => body.events.some(({ type }) => type === "audit.alert.acknowledged"),
    );
    expect(
      audited.body.events.find(({ type }) => type === "audit.alert.acknowledged"),
    ).toMatchObject({ service: "edge", attributes: { id: fingerprint, by: "ann" } });
  });

  it("take a body or none, and refuse what contradicts itself", async () => {
    await fire({ alertname: "Bodies", service: "bodies", severity: "low" });
    const { id } = await incidentOf("Bodies");
    const { alerts } = (await get<IncidentDetail>(`/api/v1/incidents/${id}`)).body;
    const url = `/api/v1/alerts/${alerts[0]?.fingerprint}`;
    const plain = await ask<Acknowledgement>(`${server.url}${url}/acknowledge`, { method: "POST" });
    expect(plain).toMatchObject({ status: 200, body: { by: "anonymous", expires_at: null } });
    for (const body of [
      { expires_in: "1h", expires_at: "2036-01-01T00:00:00Z" },
      { expires_at: "2020-01-01T00:00:00Z" },
      { expires_in: "soon" },
      { by: "a\nb" },
      { until: "2036-01-01T00:00:00Z" },
    ])
      expect((await send(`${url}/acknowledge`, body)).status, JSON.stringify(body)).toBe(400);
    for (const body of [{}, { duration: "1h", until: "2036-01-01T00:00:00Z" }])
      expect((await send(`${url}/snooze`, body)).status).toBe(400);
  });

  it("answer ids that are not known with 404", async () => {
    for (const verb of ["acknowledge", "unacknowledge"])
      expect((await send(`/api/v1/alerts/0123456789abcdef/${verb}`, {})).status).toBe(404);
    for (const path of ["", "/timeline"])
      expect((await get(`/api/v1/incidents/inc_0_0${path}`)).status).toBe(404);
    for (const verb of ["acknowledge", "resolve", "reopen"])
      expect((await send(`/api/v1/incidents/inc_0_0/${verb}`, {})).status).toBe(404);
  });

  it("are listed by what is asked, in pages", async () => {
    const made: string[] = [];
    for (const severity of ["low", "critical", "critical"]) {
      const { body } = await send<IncidentDetail>("/api/v1/incidents", {
        title: `Made ${severity}`,
        severity,
        owner: "pager",
        by: "ann",
      });
      made.push(body.id);
    }
    const owned = "/api/v1/incidents?owner=pager";
    const first = (await get<IncidentList>(`${owned}&limit=2`)).body;
    expect(first.count).toBe(2);
    const second = await get<IncidentList>(`${owned}&limit=2&cursor=${first.next_cursor}`);
    expect(second.body).toMatchObject({ count: 1, next_cursor: null });
    expect(
      (await get<IncidentList>(`${owned}&severity=critical&status=triggered`)).body.count,
    ).toBe(2);
    expect((await get<IncidentList>(`${owned}&severity=low,critical`)).body.count).toBe(3);
    for (const wrong of ["status=open", "cursor=x", "limit=0", "start=today"])
      expect((await get(`/api/v1/incidents?${wrong}`)).status, wrong).toBe(400);
    const changed = await send(`/api/v1/incidents/${made[0]}`, { title: "Renamed" }, "PATCH");
    expect(changed.body).toMatchObject({ title: "Renamed" });
    expect((await send(`/api/v1/incidents/${made[0]}`, {}, "PATCH")).status).toBe(400);
    for (const [verb, body] of [
      ["assign", { owner: "eve" }],
      ["notes", { text: "<b>look</b>" }],
      ["acknowledge", { by: "eve" }],
      ["unacknowledge", {}],
      ["snooze", { duration: 60 }],
      ["resolve", { by: "eve" }],
      ["reopen", {}],
    ] as const)
      expect((await send(`/api/v1/incidents/${made[0]}/${verb}`, body)).status, verb).toBe(200);
    const merged = await send(`/api/v1/incidents/${made[1]}/merge`, { incidents: [made[2]] });
    expect(merged.status).toBe(200);
    expect((await get<Incident>(`/api/v1/incidents/${made[2]}`)).body.merged_into).toBe(made[1]);
  });

  it("are counted", async () => {
    const { body } = await get<AlertInsights>("/api/v1/alerts/insights");
    expect(body.alerts).toBeGreaterThanOrEqual(2);
    expect(body.acknowledged_by.map(({ by }) => by)).toContain("ann");
    expect(body.by_hour).toHaveLength(24);
    const wrong = "start=2026-11-22T00:00:00Z&end=2026-11-21T00:00:00Z";
    expect((await get(`/api/v1/alerts/insights?${wrong}`)).status).toBe(400);
  });
});

describe("as MAOS answered", () => {
  it("alerts are listed, acknowledged, counted and remembered", async () => {
    await fire({ alertname: "Memory", service: "redis", severity: "critical" });
    await incidentOf("Memory");
    const list = await get<MaosAlertList>("/alerts/?severity=critical");
    const alert = list.body.alerts.find(({ name }) => name === "Memory");
    expect(list.body.total_count).toBe(list.body.alerts.length);
    expect(alert).toMatchObject({
      description: "It is down",
      severity: "critical",
      status: "active",
      component: "redis",
      acknowledged_by: null,
      resolved_at: null,
    });
    expect(Object.keys(alert ?? {}).toSorted()).toEqual(
      [
        "id name description severity status component metric_name metric_value threshold condition labels annotations",
        "created_at updated_at resolved_at acknowledged_at acknowledged_by duration_seconds",
      ]
        .join(" ")
        .split(" ")
        .toSorted(),
    );
    const url = `${server.url}/alerts/${alert?.id}/acknowledge?user=carol`;
    const done = await ask<{ message: string }>(url, { method: "POST" });
    expect(done).toMatchObject({
      status: 200,
      body: { message: expect.stringContaining("carol") },
    });
    const again = await get<MaosAlertList>("/alerts");
    expect(again.body.alerts.find(({ name }) => name === "Memory")).toMatchObject({
      status: "acknowledged",
      acknowledged_by: "carol",
    });
    expect((await ask(`${server.url}/alerts/nothing/acknowledge`, { method: "POST" })).status).toBe(
      404,
    );
    const { body } = await get<MaosAlertStatistics>("/alerts/statistics");
    expect(body).toMatchObject({
      notification_channels: 1,
      resolved_alerts_count: 0,
      active_alerts_by_severity: { critical: 1, low: 1, high: 1, medium: 0 },
    });
    expect(body.active_alerts_count).toBe(3);
    const history = await get<MaosAlertHistory>("/alerts/history?hours=24");
    expect(history.body).toMatchObject({ alerts: [], total_count: 0, time_range_hours: 24 });
    expect((await get("/alerts/history?hours=1000")).status).toBe(400);
    expect((await get("/alerts?severity=awful")).status).toBe(400);
  });
});

describe("maintenance", () => {
  const hours = (count: number): string => new Date(Date.now() + count * 3_600_000).toISOString();
  const window = (more = {}) => ({
    name: "Upgrade",
    reason: "disks",
    by: "ann",
    services: ["disks"],
    schedule: { type: "once", start: hours(-1), end: hours(1) },
    ...more,
  });

  it("is previewed, made, shown on alerts, ended and removed", async () => {
    await fire({ alertname: "Disk", service: "disks", severity: "critical" });
    const { id: incident } = await incidentOf("Disk");
    const preview = await send<MaintenancePreview>("/api/v1/maintenance/preview", window());
    expect(preview.body).toMatchObject({ matched_count: 1, next: [] });
    const made = await send<MaintenanceWindow>("/api/v1/maintenance", window());
    expect(made).toMatchObject({
      status: 201,
      body: { state: "active", suppressed: 1, by: "ann" },
    });
    const { alerts } = (await get<IncidentDetail>(`/api/v1/incidents/${incident}`)).body;
    expect(alerts[0]?.suppressed_by).toEqual(["maintenance Upgrade"]);
    const maos = await get<MaosAlertList>("/alerts/?severity=critical");
    expect(maos.body.alerts.find(({ name }) => name === "Disk")?.status).toBe("suppressed");
    const range = `start=${hours(-2)}&end=${hours(2)}`;
    const calendar = await get<MaintenanceCalendar>(`/api/v1/maintenance/calendar?${range}`);
    expect(calendar.body.occurrences).toMatchObject([{ window: made.body.id, name: "Upgrade" }]);
    const url = `/api/v1/maintenance/${made.body.id}`;
    const again = await send<MaintenanceWindow>(url, window({ name: "Later" }), "PUT");
    expect(again.body.name).toBe("Later");
    const ended = await ask<MaintenanceWindow>(`${server.url}${url}/end`, { method: "POST" });
    expect(ended.body.state).toBe("ended");
    expect((await ask(`${server.url}${url}/end`, { method: "POST" })).status).toBe(409);
    expect((await get<{ count: number }>("/api/v1/maintenance?state=active")).body.count).toBe(0);
    expect((await ask(`${server.url}${url}`, { method: "DELETE" })).status).toBe(200);
    expect((await get(url)).status).toBe(404);
  });

  it.each([
    ["matches everything", window({ services: [], matchers: [".*"] })],
    ["ends first", window({ schedule: { type: "once", start: hours(1), end: hours(0) } })],
    [
      "has an unknown rule",
      window({
        schedule: {
          type: "rrule",
          rrule: "FREQ=SECONDLY",
          dtstart: "2026-11-21T10:00",
          duration: "1h",
        },
      }),
    ],
    [
      "has a wrong zone",
      window({
        schedule: {
          type: "weekly",
          weekdays: ["monday"],
          start_time: "10:00",
          duration: "1h",
          time_zone: "X/Y",
        },
      }),
    ],
    ["has an unknown key", window({ nmae: "x" })],
  ])("is refused when it %s", async (_, body) => {
    expect((await send("/api/v1/maintenance", body)).status).toBe(400);
  });
});
