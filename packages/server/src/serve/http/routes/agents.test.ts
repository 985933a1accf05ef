import type {
  AgentDetail,
  AgentList,
  AgentPerformance,
  AgentReport,
  ConversationDetail,
  ConversationList,
  ErrorBody,
  WorkflowDetail,
  WorkflowList,
} from "@fleetlight/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startServer, type RunningServer } from "#app";

import { ask, makeSite, until } from "../../fixture.ts";

const site = makeSite({ host: { enabled: false }, logging: { level: "silent" } });
let server: RunningServer;
let base = "";

type Value = string | number | boolean | string[];

const NOW_MS = Date.now();
let spans = 0;

const attribute = (key: string, value: Value) => ({
  key,
  value: Array.isArray(value)
    ? { arrayValue: { values: value.map((one) => ({ stringValue: one })) } }
    : typeof value === "boolean"
      ? { boolValue: value }
      : typeof value === "number"
        ? { doubleValue: value }
        : { stringValue: value },
});

interface Given {
  id?: string;
  parent?: string;
  trace?: string;
  /** Seconds before now, and how long it lasted; endless when undefined. */
  ago: number;
  seconds?: number | undefined;
  error?: boolean;
}

const idOf = (name: string) => Buffer.from(name.padEnd(8, "-")).toString("hex").slice(0, 16);

function span(attributes: Record<string, Value>, given: Given) {
  const { id = `s${++spans}`, parent, trace = "1", ago, seconds, error = false } = given;
  const startMs = NOW_MS - ago * 1000;
  return {
    traceId: trace.padStart(32, "0"),
    spanId: idOf(id),
    ...(parent !== undefined && { parentSpanId: idOf(parent) }),
    name: id,
    kind: 1,
    startTimeUnixNano: `${startMs}000000`,
    endTimeUnixNano: seconds === undefined ? "0" : `${startMs + seconds * 1000}000000`,
    attributes: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    ...(error && { status: { code: 2, message: "it broke" } }),
  };
}

const task = (agent: string, given: Given, more: Record<string, Value> = {}) =>
  span(
    {
      "fleetlight.operation": "task",
      "fleetlight.agent": agent,
      "fleetlight.task.type": "write",
      "fleetlight.workflow.id": "order-1",
      ...more,
    },
    given,
  );

const send = (all: unknown[], tenant = "default") =>
  ask(`${base}/v1/traces`, {
    json: {
      resourceSpans: [
        {
          resource: { attributes: [attribute("service.name", "fleet")] },
          scopeSpans: [{ scope: { name: "test" }, spans: all }],
        },
      ],
    },
    headers: { "X-Scope-OrgID": tenant },
  });

const get = <T = ErrorBody>(path: string, tenant = "default") =>
  ask<T>(base + path, { headers: { "X-Scope-OrgID": tenant } });

beforeAll(async () => {
  server = await startServer(site);
  base = server.url;
  await send([
    span(
      {
        "fleetlight.operation": "workflow",
        "fleetlight.workflow.id": "order-1",
        "fleetlight.workflow.type": "ordering",
      },
      { ago: 600, seconds: 300 },
    ),
    task("writer", { ago: 600, seconds: 10 }, { "fleetlight.quality": 0.8 }),
    task("writer", { ago: 500, seconds: 20 }, { "fleetlight.quality": 0.6 }),
    task("writer", { ago: 400, seconds: 30 }, { "fleetlight.success": false }),
    task("reader", { ago: 300, seconds: 60 }),
    task("reader", { ago: 20 }),
    span(
      {
        "fleetlight.operation": "conflict",
        "fleetlight.agent": "writer",
        "fleetlight.conflict.type": "resource",
        "fleetlight.conflict.agents": ["writer", "reader"],
        "fleetlight.conflict.method": "voting",
        "fleetlight.conflict.rounds": 3,
        "fleetlight.success": true,
      },
      { ago: 200, seconds: 15 },
    ),
    span(
      { "fleetlight.operation": "wait", "fleetlight.agent": "writer", "fleetlight.peer": "reader" },
      { ago: 150, seconds: 15 },
    ),
  ]);
  // The agent of a call comes to light when the span above arrives, and the sum on it is no second bill.
  const said = { "gen_ai.conversation.id": "chat-7" };
  await send([
    span(
      {
        ...said,
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "m-1",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 10,
        "gen_ai.input.messages":
          '[{"role":"system","content":"Be kind"},{"role":"user","content":"Where is my parcel?"}]',
        "gen_ai.output.messages": '[{"role":"assistant","content":"I will look."}]',
      },
      { id: "call", parent: "run", trace: "2", ago: 100, seconds: 1 },
    ),
    span(
      {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "track",
        "gen_ai.tool.call.arguments": '{"id":1}',
      },
      { id: "tool", parent: "run", trace: "2", ago: 98, seconds: 1, error: true },
    ),
  ]);
  await send([
    span(
      {
        ...said,
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "helper",
        "gen_ai.usage.input_tokens": 100,
      },
      { id: "run", trace: "2", ago: 101, seconds: 6 },
    ),
    span(
      {
        ...said,
        "gen_ai.operation.name": "chat",
        "gen_ai.agent.name": "helper",
        "gen_ai.request.model": "m-1",
        "gen_ai.input.messages":
          '[{"role":"user","content":"Where is my parcel?"},{"role":"assistant","content":"I will look."},{"role":"user","content":"And now?"}]',
        "gen_ai.output.messages": '[{"role":"assistant","content":"It is <b>here</b>."}]',
      },
      { trace: "3", ago: 50, seconds: 2 },
    ),
  ]);
  await until(
    async () => (await get<AgentList>("/api/v1/agents")).body,
    ({ agents }) =>
      agents.length === 3 &&
      agents.every(({ id, figures }) => id !== "helper" || figures.input_tokens === 100),
  );
});
afterAll(async () => {
  await server.stop();
  site.remove();
});

describe("agents", () => {
  test("are listed with what they achieved", async () => {
    const { body } = await get<AgentList>("/api/v1/agents?sort=throughput&order=desc");
    expect(body.agents.map(({ id }) => id)).toEqual(["helper", "writer", "reader"]);
    const writer = body.agents.find(({ id }) => id === "writer");
    expect(writer).toMatchObject({
      status: "idle",
      active_tasks: 0,
      figures: {
        counted: "tasks",
        tasks_started: 3,
        tasks_completed: 2,
        tasks_failed: 1,
        quality: expect.closeTo(0.7),
        success_rate: expect.closeTo(2 / 3),
        duration_p50_seconds: 20,
        duration_p95_seconds: expect.closeTo(29),
        conflicts: 1,
        conflict_resolution_rate: 1,
        conflict_resolution_seconds: 15,
        waits: 1,
        dependency_resolution_seconds: 15,
        bands: { throughput: "excellent", conflict_resolution: "excellent", overall: "excellent" },
      },
    });
    // 60 s of work, 30 s of coordination, 3 rounds in one conflict.
    const efficiency = (2 / 3 / 1.3) * (1 - 30 / 90);
    expect(writer?.figures.collaboration_efficiency).toBeCloseTo(efficiency, 6);
    expect(writer?.recent.reduce((sum, count) => sum + count, 0)).toBe(3);
    expect(body.overall).toMatchObject({
      agents: 3,
      tasks_completed: 4,
      tasks_failed: 1,
      conflicts: 1,
      active_tasks: 1,
      bands: { throughput: null },
    });
  });

  test("work while a task of theirs goes on", async () => {
    const { body } = await get<AgentDetail>("/api/v1/agents/reader");
    expect(body).toMatchObject({ id: "reader", status: "working", active_tasks: 1 });
    expect(body.figures.tasks_started).toBe(2);
    // A minute of the past and what goes on since twenty seconds, of the five minutes since it was first seen.
    expect(body.figures.utilization).toBeGreaterThan(0.25);
    expect(body.figures.utilization).toBeLessThan(0.5);
  });

  test("without tasks are judged by their runs, and each call is paid once", async () => {
    const { body } = await get<AgentDetail>("/api/v1/agents/helper");
    expect(body.figures).toMatchObject({
      counted: "runs",
      tasks_completed: 1,
      input_tokens: 100,
      output_tokens: 10,
      tool_calls: 1,
      tool_errors: 1,
      model_calls: 2,
      errors: 1,
    });
  });

  test.each([
    ["q=WRIT", ["writer"]],
    ["status=working", ["reader"]],
    ["band=critical", []],
    ["workflow=order-1&sort=name&order=desc", ["writer", "reader"]],
    ["limit=1&sort=errors&order=desc", ["helper"]],
  ])("are found by %s", async (query, expected) => {
    const { body } = await get<AgentList>(`/api/v1/agents?${query}`);
    expect(body.agents.map(({ id }) => id)).toEqual(expected);
  });

  test("are the same in the tables as in memory", async () => {
    const end = Math.floor(NOW_MS / 1000);
    const memory = await get<AgentList>(`/api/v1/agents?start=${end - 3600}&end=${end}`);
    const tables = await get<AgentList>(`/api/v1/agents?start=${end - 36_000}&end=${end}`);
    // For how long an agent could have worked differs with the range.
    const plain = ({ agents }: AgentList) =>
      agents.map(({ id, status, figures }) => ({
        id,
        status,
        figures: { ...figures, utilization: 0 },
      }));
    expect(plain(tables.body)).toEqual(plain(memory.body));
    expect(memory.body.agents).toHaveLength(3);
  });

  test("belong to their tenant", async () => {
    expect((await get<AgentList>("/api/v1/agents", "other")).body).toMatchObject({
      agents: [],
      overall: { agents: 0, utilization: null },
    });
    expect((await get("/api/v1/agents/writer", "other")).status).toBe(404);
  });

  test.each([
    ["/api/v1/agents/nobody", 404],
    ["/api/v1/agents/nobody/performance", 404],
    ["/api/v1/workflows/nobody", 404],
    ["/api/v1/conversations/nobody", 404],
    ["/api/v1/agents?start=yesterday", 400],
    ["/api/v1/agents?start=20&end=10", 400],
    ["/api/v1/agents?hours=-1", 400],
    ["/api/v1/agents?sort=constructor", 400],
    ["/api/v1/agents?start=0&end=4000000000", 400],
    ["/api/v1/reports/agents?format=xls", 400],
  ])("%s answers %i", async (path, status) => {
    const answer = await get(path);
    expect(answer.status).toBe(status);
    expect(answer.body.error.code).toMatch(/^[a-z_]+$/);
  });
});

describe("the performance of one agent", () => {
  test("has its course, distribution, heat map, tools and models", async () => {
    const { body } = await get<AgentPerformance>("/api/v1/agents/writer/performance");
    expect(body.step_seconds).toBe(60);
    expect(body.series.reduce((sum, one) => sum + one.completed, 0)).toBe(2);
    expect(body.series.reduce((sum, one) => sum + one.failed, 0)).toBe(1);
    expect(body.response_times).toEqual(
      [
        { from_seconds: 5, to_seconds: 10, count: expect.any(Number) },
        { from_seconds: 10, to_seconds: 20, count: expect.any(Number) },
        { from_seconds: 20, to_seconds: 50, count: expect.any(Number) },
      ].slice(body.response_times.length === 3 ? 0 : 1),
    );
    expect(body.response_times.reduce((sum, one) => sum + one.count, 0)).toBe(3);
    expect(body.heat_map.reduce((sum, one) => sum + one.completed, 0)).toBe(2);
    expect(body.task_types).toMatchObject([{ name: "write", count: 3, errors: 1 }]);
    expect(body.former).toMatchObject({ tasks_completed: 0, bands: { throughput: null } });
    const helper = await get<AgentPerformance>("/api/v1/agents/helper/performance");
    expect(helper.body.tools).toMatchObject([{ name: "track", count: 1, errors: 1 }]);
    expect(helper.body.models).toMatchObject([{ name: "m-1", count: 2, input_tokens: 100 }]);
    expect(helper.body.conversations).toMatchObject([{ id: "chat-7", turns: 2 }]);
  });
});

describe("workflows", () => {
  test("are listed, and shown with their agents", async () => {
    const { body } = await get<WorkflowList>("/api/v1/workflows?q=ORDER");
    expect(body.workflows).toMatchObject([
      {
        id: "order-1",
        type: "ordering",
        agents: 2,
        executions: 1,
        executions_failed: 0,
        active_tasks: 1,
      },
    ]);
    const one = await get<WorkflowDetail>("/api/v1/workflows/order-1");
    expect(one.body.members.map(({ id }) => id).toSorted()).toEqual(["reader", "writer"]);
    expect(one.body.figures.tasks_completed).toBe(3);
  });
});

describe("conversations", () => {
  test("are listed by what was asked", async () => {
    const { body } = await get<ConversationList>("/api/v1/conversations?q=help");
    expect(body.conversations).toMatchObject([
      {
        id: "chat-7",
        turns: 2,
        agents: ["helper"],
        title: "Where is my parcel?",
        input_tokens: 100,
      },
    ]);
  });

  test("tell what was said over all runs, each text once", async () => {
    const { body } = await get<ConversationDetail>("/api/v1/conversations/chat-7");
    expect(
      body.said.map(({ kind, from, to, text, failed }) => [kind, from, to, text, failed]),
    ).toEqual([
      ["user", "", "helper", "Where is my parcel?", false],
      ["agent", "helper", "", "I will look.", false],
      ["tool", "helper", "track", '{"id":1}', true],
      ["user", "", "helper", "And now?", false],
      ["agent", "helper", "", "It is <b>here</b>.", false],
    ]);
    expect(body).toMatchObject({ truncated: false, input_tokens: 100, turns: 2 });
  });
});

describe("reports", () => {
  test("tell of all agents as JSON", async () => {
    const { body } = await get<AgentReport>("/api/v1/reports/agents");
    expect(body.agents.map(({ id }) => id)).toEqual(["helper", "reader", "writer"]);
    expect(body).toMatchObject({
      period_hours: 1,
      thresholds: { task_throughput: { target: 10 } },
    });
  });

  test("tell of all agents as CSV, without formulas", async () => {
    await send([task("=cmd|' /C calc'!A0,\"x\"", { trace: "9", ago: 5, seconds: 1 })]);
    const answer = await until(
      () => get("/api/v1/reports/agents?format=csv"),
      ({ text: csv }) => csv.includes("calc"),
    );
    expect(answer.headers.get("content-type")).toContain("text/csv");
    const lines = answer.text.trimEnd().split("\r\n");
    expect(lines).toHaveLength(6);
    expect(lines[0]).toMatch(/^agent,status,last_seen,start,end,counted,tasks_started/);
    expect(answer.text).toContain('"\'=cmd|\' /C calc\'!A0,""x"""');
  });
});

describe("series", () => {
  const value = async (query: string): Promise<number | undefined> => {
    const { body } = await get<{ data: { result: { value: [number, string] }[] } }>(
      `/api/v1/query?query=${encodeURIComponent(query)}`,
    );
    const [first] = body.data.result;
    return first && Number(first.value[1]);
  };

  test.each([
    ['maos_tasks_total{status="completed",type="write"}', 3],
    ['maos_tasks_total{status="failed"}', 1],
    ['maos_agent_task_assignments_total{agent_id="writer",task_type="write"}', 3],
    ['maos_agent_response_time_seconds_count{agent_id="writer"}', 3],
    ['maos_active_tasks{type="write"}', 1],
    ['maos_agents_total{status="active"}', 1],
    ['agent_hive_agents{status="failed"}', 0],
    ['agent_hive_task_completion_quality{agent_id="writer"}', 0.7],
    ['agent_hive_dependency_resolution_time_seconds{agent_id="writer"}', 15],
    ["agent_hive_conflict_resolution_rate", 1],
    ['agent_hive_conflicts_total{kind="resource",status="resolved"}', 1],
    ['agent_lightning_workflow_executions_total{workflow_type="ordering",status="completed"}', 1],
    ['agent_lightning_agent_active_tasks{agent_id="reader"}', 1],
  ])("%s", async (query, expected) => {
    const found = await until(
      () => value(query),
      (one) => one !== undefined && one >= expected - 0.001,
      20_000,
    );
    // Further tasks may have come by then.
    expect(found).toBeLessThanOrEqual(expected + 1);
  });
});

describe("a restart", () => {
  test("changes nothing, neither in memory nor in the tables", async () => {
    const end = Math.floor(NOW_MS / 1000);
    const list = async (hours: number) => {
      const { body } = await get<AgentList>(
        `/api/v1/agents?start=${end - hours * 3600}&end=${end}`,
      );
      return body.agents.map(({ id, first_seen, figures }) => [id, first_seen, figures]);
    };
    const [hour, day] = [await list(1), await list(24)];
    await server.stop();
    server = await startServer(site);
    base = server.url;
    expect(await list(1)).toEqual(hour);
    expect(await list(24)).toEqual(day);
    // Once what was before is in memory again, the present hour comes from there.
    await until(
      () => get<AgentDetail>("/api/v1/agents/reader"),
      ({ body }) => body.status === "working",
    );
    expect(await list(1)).toEqual(hour);
  });
});
