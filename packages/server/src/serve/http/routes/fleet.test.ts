import type { AlertsAnswer, FleetDiff, FleetGraph, FleetReplay } from "@fleetlight/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startServer, type RunningServer } from "#app";

import { ask, makeSite, until } from "../../fixture.ts";

const site = makeSite({ host: { enabled: false } });
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

const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
const number = (key: string, value: number) => ({ key, value: { intValue: String(value) } });

let spanCount = 0;
interface Sent {
  name: string;
  parent?: string;
  kind?: number;
  lastsMs?: number;
  agoMs?: number;
  failed?: boolean;
  attributes?: unknown[];
}
const span = (traceId: string, { name, parent, kind = 1, lastsMs = 100, ...more }: Sent) => {
  const endMs = Date.now() - (more.agoMs ?? 1000);
  return {
    traceId,
    spanId: (++spanCount).toString(16).padStart(16, "0"),
    parentSpanId: parent ?? "",
    name,
    kind,
    startTimeUnixNano: `${endMs - lastsMs}000000`,
    endTimeUnixNano: `${endMs}000000`,
    attributes: more.attributes ?? [],
    status: { code: more.failed === true ? 2 : 0 },
  };
};

const send = (service: string, spans: unknown[], tenant = "default") =>
  ask(`${base}/v1/traces`, {
    json: {
      resourceSpans: [
        {
          resource: { attributes: [text("service.name", service)] },
          scopeSpans: [{ scope: { name: "test" }, spans }],
        },
      ],
    },
    headers: { "X-Scope-OrgID": tenant },
  });

const get = async <T>(path: string, tenant = "default") =>
  (await ask<T>(base + path, { headers: { "X-Scope-OrgID": tenant } })).body;

const agent = (name: string) => [
  text("gen_ai.operation.name", "invoke_agent"),
  text("gen_ai.agent.name", name),
];

/** A lead that delegates to a writer, which asks a model and a tool; the children come first, as they do. */
async function sendRun(traceId: string, more: Partial<Sent> = {}, tenant = "default") {
  const lead = span(traceId, { name: "lead", attributes: agent("lead"), lastsMs: 900, ...more });
  const writer = span(traceId, {
    name: "writer",
    parent: lead.spanId,
    attributes: agent("writer"),
    ...more,
  });
  const chat = span(traceId, {
    name: "chat",
    parent: writer.spanId,
    ...more,
    attributes: [
      text("gen_ai.operation.name", "chat"),
      text("gen_ai.request.model", "gpt-test"),
      number("gen_ai.usage.input_tokens", 70),
      number("gen_ai.usage.output_tokens", 7),
    ],
  });
  const tool = span(traceId, {
    name: "tool",
    parent: writer.spanId,
    ...more,
    failed: true,
    attributes: [text("gen_ai.operation.name", "execute_tool"), text("gen_ai.tool.name", "search")],
  });
  await send("writers", [chat, tool], tenant);
  await send("writers", [writer], tenant);
  await send("leads", [lead], tenant);
}

describe("the fleet graph", () => {
  const trace = "1".repeat(32);
  const path = "/api/v1/fleet/graph";

  test("shows who delegates to whom and what they use, whatever came first", async () => {
    await sendRun(trace);
    const graph = await until(
      () => get<FleetGraph>(path),
      ({ edges }) => edges.some(({ input_tokens }) => input_tokens > 0) && edges.length === 4,
    );
    expect(graph.edges.map(({ id }) => id).toSorted()).toEqual([
      "call|service:leads|service:writers",
      "delegation|agent:lead|agent:writer",
      "model|agent:writer|model:gpt-test",
      "tool|agent:writer|tool:search",
    ]);
    const byId = new Map<string, { calls: number }>(
      [...graph.edges, ...graph.nodes].map((one) => [one.id, one]),
    );
    expect(byId.get("delegation|agent:lead|agent:writer")).toMatchObject({
      calls: 1,
      errors: 0,
      input_tokens: 70,
    });
    expect(byId.get("model|agent:writer|model:gpt-test")).toMatchObject({
      calls: 1,
      input_tokens: 70,
      output_tokens: 7,
    });
    expect(byId.get("tool:search")).toMatchObject({ state: "unhealthy", error_share: 1 });
    expect(byId.get("agent:lead")).toMatchObject({
      calls: 1,
      services: ["leads"],
      state: "healthy",
    });
    expect(byId.get("agent:writer")).toMatchObject({ calls: 1, input_tokens: 70 });
    const { p95_seconds } = graph.nodes.find(({ id }) => id === "agent:lead") ?? {};
    expect(p95_seconds).toBeGreaterThan(0.75);
    expect(p95_seconds).toBeLessThan(1.08);
  });

  test("is a tenant's own, and can be narrowed to a service", async () => {
    expect((await get<FleetGraph>(path, "other")).nodes).toEqual([]);
    const { edges } = await get<FleetGraph>(`${path}?service=leads`);
    expect(edges.map(({ kind }) => kind)).toEqual(["call"]);
  });

  test("tells pages of Jaeger which services call which", async () => {
    const dependencies = `/jaeger/api/dependencies?endTs=${Date.now()}&lookback=`;
    expect(await get(`${dependencies}3600000`)).toMatchObject({
      data: [{ parent: "leads", child: "writers", callCount: 1 }],
    });
    expect(await get(`${dependencies}3600000`, "other")).toMatchObject({ data: [] });
  });

  test("differs from the time before by what appeared", async () => {
    const { changes, before } = await get<FleetDiff>(`${path}/diff`);
    expect(before.nodes).toEqual([]);
    expect(changes).toContainEqual(
      expect.objectContaining({ id: "agent:lead", what: "node", change: "appeared" }),
    );
  });

  test("is replayed step by step", async () => {
    await sendRun("2".repeat(32), { agoMs: 20 * 60_000 });
    const replay = await until(
      () => get<FleetReplay>(`${path}/replay?step=300`),
      ({ nodes }) => nodes.some(({ id, calls }) => id === "agent:lead" && calls === 2),
    );
    expect(replay.step_seconds).toBe(300);
    const lead = replay.nodes.findIndex(({ id }) => id === "agent:lead");
    const calls = replay.frames.map(({ nodes }) => nodes.find(({ at }) => at === lead)?.calls ?? 0);
    expect(calls.filter((one) => one > 0)).toEqual([1, 1]);
    expect(calls.findLastIndex((one) => one === 1) - calls.indexOf(1)).toBe(4);
  });

  test.each([
    ["/graph?start=abc", "start"],
    ["/graph?start=20&end=10", "start"],
    ["/graph?start=-5", "start"],
    ["/graph?start=99999999999", "start"],
    ["/graph/diff?base_start=50&base_end=40", "base_start"],
    ["/graph/replay?step=0", "step"],
    ["/graph/replay?start=0&end=9000000&step=60", "step"],
  ])("refuses %s", async (question, field) => {
    const { status, body } = await ask(`${base}/api/v1/fleet${question}`);
    expect(status).toBe(400);
    expect(JSON.stringify(body.error.details)).toContain(field);
  });
});

describe("metrics of spans", () => {
  const tenant = "metrics";
  const trace = "3".repeat(32);
  interface Answer {
    data: { result: { metric: Record<string, string>; value: [number, string] }[] };
  }
  const query = async (expr: string) => {
    const { data } = await get<Answer>(`/api/v1/query?query=${encodeURIComponent(expr)}`, tenant);
    return data.result.map(({ metric, value }) => ({ ...metric, value: Number(value[1]) }));
  };

  beforeAll(async () => {
    await ask(`${base}/api/v1/alerts/rules`, {
      headers: { "X-Scope-OrgID": tenant },
      json: {
        id: "tools-fail",
        name: "Tools fail",
        expr: 'sum by (gen_ai_tool_name) (traces_span_metrics_calls_total{status_code="STATUS_CODE_ERROR"}) > 0',
        severity: "warning",
      },
    });
    await sendRun(trace, {}, tenant);
    const message = span(trace, {
      name: "message",
      attributes: [
        text("fleetlight.operation", "message"),
        text("fleetlight.agent", "lead"),
        text("fleetlight.peer", "writer"),
        text("fleetlight.message.type", "plan"),
        number("fleetlight.message.size", 300),
      ],
    });
    await send("leads", [message], tenant);
    await until(
      () => query("fleetlight_agent_tokens_total"),
      (found) => found.length === 2,
      15_000,
    );
  }, 20_000);

  test.each([
    [
      'sum by (service_name, gen_ai_agent_name) (traces_span_metrics_calls_total{gen_ai_tool_name="search"})',
      [{ service_name: "writers", gen_ai_agent_name: "writer", value: 1 }],
    ],
    [
      'sum(increase(traces_span_metrics_calls_total{span_name="lead"}[1m])) > bool 0',
      [{ value: 1 }],
    ],
    [
      'histogram_quantile(1, sum by (le) (gen_ai_invoke_agent_duration_seconds_bucket{gen_ai_agent_name="lead"}))',
      [{ value: 1.28 }],
    ],
    [
      'sum by (gen_ai_request_model, gen_ai_token_type) (gen_ai_client_token_usage_sum{gen_ai_token_type="input"})',
      [{ gen_ai_request_model: "gpt-test", gen_ai_token_type: "input", value: 70 }],
    ],
    [
      "sum by (agent, type) (fleetlight_agent_tokens_total) > 10",
      [{ agent: "writer", type: "input", value: 70 }],
    ],
    ["maos_messages_total", [{ type: "plan", status: "ok", value: 1 }]],
    ["maos_message_size_bytes_sum", [{ type: "plan", value: 300 }]],
  ])("answer %s", async (expr, wanted) => {
    expect(await query(expr)).toMatchObject(wanted);
  });

  test("lead to the run by their exemplars", async () => {
    const { data } = await get<{
      data: { seriesLabels: Record<string, string>; exemplars: { labels: unknown }[] }[];
    }>("/api/v1/query_exemplars?query=gen_ai_execute_tool_duration_seconds_bucket", tenant);
    expect(data[0]?.exemplars[0]?.labels).toMatchObject({ trace_id: trace });
  });

  test("are what rules are made of", async () => {
    const { active_alerts } = await until(
      () => get<AlertsAnswer>("/api/v1/alerts", tenant),
      (list) => list.active_alerts.some(({ state }) => state === "firing"),
    );
    expect(active_alerts[0]).toMatchObject({ labels: { gen_ai_tool_name: "search" } });
  });
});
