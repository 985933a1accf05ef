import type {
  AlertsAnswer,
  Checkpoint,
  CoordinationSummary,
  EventList,
  Finding,
  FindingList,
  StopList,
} from "@fleetlight/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startServer, type RunningServer } from "#app";

import { ask, connect, makeSite, until } from "../../fixture.ts";

const site = makeSite({
  host: { enabled: false },
  alerting: { rule_sets: ["coordination"] },
  coordination: {
    deadlock_after: "500ms",
    over_after: "1s",
    max_run_steps: 8,
    stop_runaways: true,
  },
});
let server: RunningServer;
let base = "";
beforeAll(async () => {
  server = await startServer(site);
  base = server.url;
});
afterAll(async () => {
  await server.stop();
  site.remove();
});

const get = <T>(path: string, tenant = "default") =>
  ask<T>(base + path, { headers: { "X-Scope-OrgID": tenant } });

const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
let ids = 1;
interface Sent {
  traceId: string;
  attributes: Record<string, string>;
  spanId?: string;
  ended?: boolean;
}
const span = ({ traceId, attributes, ended = true, spanId }: Sent) => ({
  traceId,
  spanId: spanId ?? (ids++).toString(16).padStart(16, "c"),
  name: "step",
  kind: 1,
  startTimeUnixNano: `${Date.now() - 1000}000000`,
  endTimeUnixNano: ended ? `${Date.now()}000000` : "0",
  attributes: Object.entries(attributes).map(([key, value]) => text(key, value)),
});
const send = (...spans: unknown[]) =>
  ask(`${base}/v1/traces`, {
    json: {
      resourceSpans: [
        {
          resource: { attributes: [text("service.name", "fleet")] },
          scopeSpans: [{ scope: { name: "test" }, spans }],
        },
      ],
    },
  });

const waits = (agent: string, peer: string, spanId: string, ended = false) =>
  span({
    traceId: "1".repeat(32),
    spanId,
    ended,
    attributes: {
      "fleetlight.operation": "wait",
      "fleetlight.agent": agent,
      "fleetlight.peer": peer,
    },
  });

const findings = async (query: string, tenant = "default") =>
  (await get<FindingList>(`/api/v1/coordination?${query}`, tenant)).body.findings;

describe("agents that wait for one another", () => {
  test("are told of while they wait: by the API, as event, live, and by an alert", async () => {
    const live = await connect(`${base}/ws`);
    live.send({ type: "subscribe", topics: ["events"] });
    await live.next("subscribed");
    await send(waits("lead", "coder", "a".repeat(16)), waits("coder", "lead", "b".repeat(16)));
    const [finding] = await until(
      () => findings("kind=wait_cycle&agent=coder"),
      (found) => found.length > 0,
    );
    expect(finding).toMatchObject({
      state: "open",
      severity: "critical",
      agents: expect.arrayContaining(["lead", "coder"]) as string[],
      trace_id: "1".repeat(32),
      ended_at: null,
    });
    expect(finding?.evidence.map(({ span_id }) => span_id).toSorted()).toEqual([
      "a".repeat(16),
      "b".repeat(16),
    ]);
    const pushed = await live.next("event", ({ event }) => event.type === "coordination.finding");
    expect(pushed.event.attributes).toMatchObject({ id: finding?.id, kind: "wait_cycle" });
    live.socket.close();
    const { body: events } = await get<EventList>("/api/v1/events?limit=100");
    expect(events.events.map(({ type }) => type)).toContain("coordination.finding");
    await until(
      () => get<AlertsAnswer>("/api/v1/alerts"),
      ({ body }) =>
        body.data.alerts.some(({ labels }) => labels["alertname"] === "AgentsDeadlocked"),
      30_000,
    );
    expect(await findings("", "other")).toEqual([]);
  });

  test("are over when one goes on, and remembered over a restart", async () => {
    const [before] = await findings("kind=wait_cycle");
    await send(waits("lead", "coder", "a".repeat(16), true));
    const over = await until(
      () => get<Finding>(`/api/v1/coordination/${before?.id}`),
      ({ body }) => body.state === "over",
    );
    expect(over.body.ended_at).not.toBeNull();
    await server.stop();
    server = await startServer(site);
    base = server.url;
    expect(await findings("state=over&kind=wait_cycle")).toEqual([over.body]);
    expect((await get("/api/v1/coordination/nothing")).status).toBe(404);
  });
});

test("a run beyond its limits is stopped where the configuration says so", async () => {
  const traceId = "9".repeat(32);
  const steps = Array.from({ length: 10 }, () =>
    span({
      traceId,
      attributes: { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "x" },
    }),
  );
  await send(...steps);
  const { body } = await until(
    () => get<Checkpoint>(`/api/v1/checkpoint?trace_id=${traceId}`),
    (answer) => !answer.body.continue,
  );
  expect(body.reasons).toMatchObject([
    { kind: "runaway", message: expect.stringContaining("10 steps") as string },
  ]);
  const { body: stops } = await get<StopList>("/api/v1/stops");
  expect(stops.stops).toMatchObject([
    { kind: "run", subject: traceId, by: "fleetlight:coordination" },
  ]);
});

describe("a summary", () => {
  test("counts findings by kind and over time", async () => {
    const { body } = await get<CoordinationSummary>("/api/v1/coordination/summary");
    expect(body.by_kind.find(({ kind }) => kind === "wait_cycle")).toMatchObject({ total: 1 });
    expect(body.over_time).toHaveLength(60);
    const total = body.over_time.reduce((sum, { counts }) => sum + (counts.wait_cycle ?? 0), 0);
    expect(total).toBe(1);
  });

  test("is for a range", async () => {
    const { body } = await get<CoordinationSummary>(
      "/api/v1/coordination/summary?start=0&end=1000",
    );
    expect(body.by_kind.every(({ total }) => total === 0)).toBe(true);
  });
});

test.each([
  "start=yesterday",
  "end=999999999999999999999",
  "kind=nonsense",
  "limit=0",
  "state=maybe",
])("%s is refused", async (query) => {
  expect((await get(`/api/v1/coordination?${query}`)).status).toBe(400);
});
