import { writeFileSync } from "node:fs";
import { join } from "node:path";

import {
  readColumns,
  type ErrorGroups,
  type LeanSpans,
  type PriceTable,
  type Trace,
  type TraceAnalysisReport,
  type TraceComparison,
  type TraceDifferences,
  type TraceFacets,
  type TraceHeatmap,
  type TraceList,
  type TraceSpan,
  type UnpricedModels,
} from "@fleetlight/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startServer, type RunningServer } from "#app";

import { ask, makeSite } from "../../fixture.ts";

const site = makeSite({ host: { enabled: false }, traces: { stale_after: "30s" } });
let server: RunningServer;
let base = "";

const START_MS = Date.now() - 600_000;
const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, "0");
const attribute = (key: string, value: string | number) => ({
  key,
  value: typeof value === "string" ? { stringValue: value } : { intValue: String(value) },
});

interface Sent {
  trace: number;
  id: number;
  parent?: number;
  name: string;
  /** Seconds since the start of the trace. */
  from: number;
  to?: number;
  attributes?: Record<string, string | number>;
  failed?: string;
  host?: string;
}

const bodyOf = (...spans: Sent[]) => ({
  resourceSpans: spans.map(
    ({ trace, id, parent, name, from, to, attributes, failed, host = "h" }) => ({
      resource: { attributes: [attribute("service.name", "fleet"), attribute("host.name", host)] },
      scopeSpans: [
        {
          scope: { name: "test" },
          spans: [
            {
              traceId: hex(trace, 32),
              spanId: hex(trace * 100 + id, 16),
              ...(parent !== undefined && { parentSpanId: hex(trace * 100 + parent, 16) }),
              name,
              kind: 1,
              startTimeUnixNano: `${START_MS + trace * 1000 + from * 1000}000000`,
              ...(to !== undefined && {
                endTimeUnixNano: `${START_MS + trace * 1000 + to * 1000}000000`,
              }),
              attributes: Object.entries(attributes ?? {}).map(([k, v]) => attribute(k, v)),
              ...(failed !== undefined && { status: { code: 2, message: failed } }),
            },
          ],
        },
      ],
    }),
  ),
});

/** An agent that asks a model, then a tool, and in slow runs waits for it. */
const runOf = (trace: number, isSlow: boolean): Sent[] => [
  {
    trace,
    id: 1,
    name: "invoke_agent lead",
    from: 0,
    to: isSlow ? 20 : 2,
    attributes: {
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": "lead",
      "enduser.tier": isSlow ? "free" : "paid",
    },
    ...(isSlow && { failed: "the tool gave up" }),
  },
  {
    trace,
    id: 2,
    parent: 1,
    name: "chat gpt-4o",
    from: 0,
    to: 1,
    attributes: {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": trace === 3 ? "home-made" : "gpt-4o",
      "gen_ai.usage.input_tokens": 1_000_000,
      "gen_ai.usage.cache_read.input_tokens": 500_000,
      "gen_ai.usage.output_tokens": 1000,
      "gen_ai.input.messages": `[{"role":"user","content":"Plan the \\"Äpfel\\" of ${trace}"}]`,
      "gen_ai.output.messages": `[{"role":"assistant","content":"answer ${trace}"}]`,
    },
  },
  {
    trace,
    id: 3,
    parent: 1,
    name: "execute_tool search",
    from: 1,
    to: isSlow ? 19 : 1.5,
    attributes: { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search" },
    ...(isSlow && { failed: `timeout after ${trace}00 ms at https://x.example/q?id=${trace}` }),
  },
];

const RUNS: [trace: number, isSlow: boolean][] = [
  [1, false],
  [2, false],
  [3, false],
  [4, true],
  [5, true],
];

const get = <T>(path: string, tenant = "default") =>
  ask<T>(base + path, { headers: { "X-Scope-OrgID": tenant } });

beforeAll(async () => {
  server = await startServer(site);
  base = server.url;
  for (const [trace, isSlow] of RUNS)
    await ask(`${base}/v1/traces`, { json: bodyOf(...runOf(trace, isSlow)) });
});
afterAll(async () => {
  await server.stop();
  site.remove();
});

// 500,000 plain at 2.50, 500,000 cached at 1.25 and 1000 out at 10 USD per million.
const COST = 1.25 + 0.625 + 0.01;

describe("cost", () => {
  test("is computed where the producer says none, with its source", async () => {
    const { body } = await get<Trace>(`/api/v1/traces/${hex(1, 32)}`);
    expect(body.cost_usd).toBeCloseTo(COST, 9);
    expect(body.cost_unknown_calls).toBe(0);
    const call = body.all_spans.find(({ operation }) => operation === "chat");
    expect(call).toMatchObject({ cost_source: expect.stringMatching(/^gpt-4o@/) as string });
    const { body: table } = await get<PriceTable>("/api/v1/prices");
    expect(table.prices.map(({ id }) => id)).toContain(call?.cost_source);
    expect(table.prices[0]).toMatchObject({ origin: "built-in", source: /^https/ as never });
  });

  test("that nobody knows is unknown and not 0", async () => {
    const { body } = await get<Trace>(`/api/v1/traces/${hex(3, 32)}`);
    expect(body).toMatchObject({ cost_usd: null, cost_unknown_calls: 1 });
    expect(body.all_spans.every(({ cost_usd }) => cost_usd === null)).toBe(true);
    const unknown = await get<UnpricedModels>("/api/v1/prices/unknown");
    expect(unknown.body.models).toMatchObject([
      { provider: "openai", model: "home-made", calls: 1, input_tokens: 1_000_000 },
    ]);
    expect((await get<UnpricedModels>("/api/v1/prices/unknown", "other")).body.count).toBe(0);
  });
});

describe("runs are found", () => {
  test.each([
    ["min_cost_usd=1", 4],
    ["min_cost_usd=2", 0],
    ["max_cost_usd=2", 4],
    ["min_tokens=1001000", 5],
    ["min_tokens=1001001", 0],
    ["min_run_seconds=10", 2],
    ["max_run_seconds=10", 3],
    ["state=failed", 2],
    ["state=done", 3],
    ["state=running", 0],
    ["status=error&tool=search", 2],
    ["text=Äpfel", 5],
    ["text=äpfel%20plan%205", 1],
    ["text=%22of%205%22", 1],
    ["text=birnen", 0],
    ["text=äpfel&state=failed", 2],
    ["attribute=enduser.tier%3Dfree", 2],
    ["attribute=enduser.tier!%3Dfree&agent=lead", 3],
    ["attribute=enduser.tier%3D~fr.*", 2],
    ["attribute=enduser.tier%3Dfree&attribute=host.name%3Dh", 2],
    ["attribute=enduser.tier%3Dfree&attribute=host.name%3Dx", 0],
  ])("by %s", async (query, count) => {
    expect((await get<TraceList>(`/api/v1/traces?${query}`)).body.count).toBe(count);
  });

  test.each([
    ["newest", 5],
    ["longest", 5],
    ["costliest", 1],
  ])("%s first", async (sort, trace) => {
    const { body } = await get<TraceList>(`/api/v1/traces?sort=${sort}`);
    expect(body.count).toBe(5);
    const ids = body.traces.map(({ trace_id }) => Number.parseInt(trace_id, 16));
    expect(sort === "costliest" ? ids.at(-1) : ids[0]).toBe(sort === "costliest" ? 3 : trace);
  });

  test.each([
    "attribute=novalue",
    "attribute=a%3D~(",
    "state=gone",
    "sort=best",
    "min_cost_usd=-1",
    `text=${Array.from({ length: 11 }, (_, i) => `w${i}`).join("%20")}`,
  ])("not by %s", async (query) => {
    expect((await get(`/api/v1/traces?${query}`)).status).toBe(400);
  });
});

describe("counts of runs", () => {
  test("facets say how many have what", async () => {
    const { body } = await get<TraceFacets>("/api/v1/traces/facets");
    const of = (name: string) => body.facets.find((facet) => facet.name === name)?.values ?? [];
    expect(of("tool")).toEqual([{ value: "search", traces: 5, spans: 5 }]);
    expect(of("model").map(({ value, traces }) => `${value} ${traces}`)).toEqual([
      "gpt-4o 4",
      "home-made 1",
    ]);
    expect(of("status").map(({ value }) => value)).toEqual(["unset", "error"]);
  });

  test("the heat map has every run once, and failed ones apart", async () => {
    const { body } = await get<TraceHeatmap>("/api/v1/traces/heatmap?columns=4");
    expect(body).toMatchObject({ traces: 5, errors: 2, columns: 4 });
    expect(body.duration_bounds).toHaveLength(6);
    for (const { row, errors } of body.cells) {
      const [low = 0, high = 0] = body.duration_bounds.slice(row);
      const seconds = errors > 0 ? 20 : 2;
      expect(low <= seconds && seconds < high).toBe(true);
    }
    const some = await get<TraceHeatmap>("/api/v1/traces/heatmap?model=home-made");
    expect(some.body).toMatchObject({ traces: 1, errors: 0 });
  });

  test.each(["heatmap?start=", "heatmap?end=", "differences?start=", "differences?region_end="])(
    "%s may be any time",
    async (path) => {
      const { status } = await get(`/api/v1/traces/${path}999999999999999999999`);
      expect(status).toBe(200);
    },
  );

  test("differences name what slow runs have in common", async () => {
    const { body } = await get<TraceDifferences>(
      "/api/v1/traces/differences?region_min_seconds=10",
    );
    expect(body).toMatchObject({ inside: 2, outside: 3, sampled: false });
    const names = body.differences.map(({ name, value }) => `${name}=${value}`);
    expect(names).toContain("enduser.tier=free");
    expect(names).not.toContain("enduser.tier=paid");
    expect(names).not.toContain("host.name=h");
    expect(body.differences[0]).toMatchObject({ inside: 2, outside: 0, inside_share: 1 });
  });

  test("errors are grouped by what caused them", async () => {
    const { body } = await get<ErrorGroups>("/api/v1/errors");
    expect(body).toMatchObject({ count: 1, failed_spans: 4, truncated: false });
    expect(body.groups[0]).toMatchObject({
      operation: "execute_tool",
      subject: "search",
      service: "fleet",
      message: "timeout after <n> ms at <url>",
      count: 2,
      traces: 2,
      agents: ["lead"],
      trace_ids: [hex(5, 32), hex(4, 32)],
    });
  });

  test("belong to their tenant", async () => {
    expect((await get<TraceFacets>("/api/v1/traces/facets", "other")).body.facets).toEqual([]);
    expect((await get<ErrorGroups>("/api/v1/errors", "other")).body.count).toBe(0);
  });
});

describe("one run", () => {
  test("comes in parts, and a span with all of it", async () => {
    const id = hex(4, 32);
    const first = await get<LeanSpans>(`/api/v1/traces/${id}/spans?limit=2`);
    expect(first.body.count).toBe(2);
    expect(first.body.spans[0]).not.toHaveProperty("attributes");
    const rest = await get<LeanSpans>(`/api/v1/traces/${id}/spans?limit=2&from=${first.body.next}`);
    expect(rest.body).toMatchObject({ count: 1, next: null });
    expect(rest.body.spans[0]).toMatchObject({ tool: "search", status: "error", host: "h" });
    const span = await get<TraceSpan>(`/api/v1/traces/${id}/spans/${hex(402, 16)}`);
    expect(span.body.content.map(({ name }) => name)).toContain("gen_ai.output.messages");
    expect((await get(`/api/v1/traces/${id}/spans/${hex(1, 16)}`)).status).toBe(404);
    expect((await get(`/api/v1/traces/${hex(99, 32)}/spans`)).status).toBe(404);
    expect((await get(`/api/v1/traces/${id}/spans?from=x`)).status).toBe(400);
    expect((await get(`/api/v1/traces/${id}/spans`, "other")).status).toBe(404);
  });

  test("comes as columns, which are read as they were sent", async () => {
    const url = `${base}/api/v1/traces/${hex(4, 32)}/columns`;
    const ids: bigint[] = [];
    let shapes: unknown[] = [];
    for (let from: string | null = ""; from !== null;) {
      const answer = await fetch(`${url}?limit=2${from === "" ? "" : `&from=${from}`}`);
      expect(answer.headers.get("content-type")).toBe("application/octet-stream");
      const { columns, next } = readColumns(await answer.arrayBuffer());
      ids.push(...columns.spanIds);
      shapes = [...columns.shapeOf].map((shape) => columns.shapes[shape]);
      from = next;
    }
    expect(shapes).toMatchObject([{ tool: "search", host: "h" }]);
    expect(ids).toEqual([401n, 402n, 403n]);
    const behind = await fetch(`${url}?from=9000000000000000000.${hex(1, 16)}`);
    expect(readColumns(await behind.arrayBuffer())).toMatchObject({ next: null });
    expect((await get(`/api/v1/traces/${hex(99, 32)}/columns`)).status).toBe(404);
    expect((await get(`/api/v1/traces/${hex(4, 32)}/columns?limit=100001`)).status).toBe(400);
    expect((await get(`/api/v1/traces/${hex(4, 32)}/columns`, "other")).status).toBe(404);
  });

  test("says where its time went", async () => {
    const { body } = await get<TraceAnalysisReport>(`/api/v1/traces/${hex(5, 32)}/analysis`);
    expect(body.duration_seconds).toBe(20);
    expect(body.critical_seconds).toBeCloseTo(20, 6);
    expect(body.bottlenecks[0]).toMatchObject({ kind: "waits", share: 0.9 });
    expect(body.bottlenecks[0]?.reason).toContain("tool search");
    expect((await get(`/api/v1/traces/${hex(99, 32)}/analysis`)).status).toBe(404);
  });

  test("is compared with another one", async () => {
    await ask(`${base}/v1/traces`, {
      json: bodyOf({ trace: 1, id: 4, parent: 1, name: "only here", from: 1.5, to: 1.6 }),
    });
    const { body } = await get<TraceComparison>(
      `/api/v1/traces/compare?a=${hex(1, 32)}&b=${hex(5, 32)}`,
    );
    expect(body).toMatchObject({ only_in_a: 1, only_in_b: 0, a: { spans: 4 }, b: { errors: 2 } });
    const tool = body.nodes.find((node) => node.tool === "search");
    expect(tool).toMatchObject({
      depth: 1,
      agent: "lead",
      a: { seconds: 0.5 },
      b: { seconds: 18 },
    });
    expect(body.nodes.find(({ operation }) => operation === "chat")?.a?.cost_usd).toBeCloseTo(COST);
    expect(body.answers).toMatchObject([
      {
        a: expect.stringContaining("answer 1") as string,
        b: expect.stringContaining("5") as string,
      },
    ]);
    expect((await get(`/api/v1/traces/compare?a=1&b=${hex(99, 32)}`)).status).toBe(404);
  });
});

describe("a run that is not over", () => {
  const open = (trace: number): Sent => ({ trace, id: 1, name: "open", from: 0 });
  const stateOf = async (trace: number) =>
    (await get<Trace>(`/api/v1/traces/${hex(trace, 32)}`, "states")).body.state;
  const send = (...spans: Sent[]) =>
    ask(`${base}/v1/traces`, {
      json: bodyOf(...spans),
      headers: { "X-Scope-OrgID": "states" },
    });

  test("runs as long as there are news of it", async () => {
    await send(open(1));
    expect(await stateOf(1)).toBe("running");
  });

  test("is stale when the root never came and nothing was heard for long", async () => {
    await send({ trace: 2, id: 2, parent: 1, name: "child", from: 0, to: 1 });
    expect(await stateOf(2)).toBe("stale");
    const { body } = await get<TraceList>("/api/v1/traces?state=stale", "states");
    expect(body.count).toBe(1);
  });

  test("is over when it has ended, and failed when its root did", async () => {
    await send({ ...open(3), to: 1 }, { ...open(4), to: 1, failed: "no" });
    expect(await stateOf(3)).toBe("done");
    expect(await stateOf(4)).toBe("failed");
  });
});

test("a file of prices of one's own comes first", async () => {
  const file = join(site.directory, "prices.json");
  writeFileSync(
    file,
    JSON.stringify({
      prices: [
        {
          id: "ours",
          model: ["home-*"],
          input: 1,
          output: 1,
          source: "us",
          source_date: "2026-11-21",
        },
      ],
    }),
  );
  const own = makeSite({
    host: { enabled: false },
    traces: { prices: file },
    storage: { ephemeral: true },
  });
  const other = await startServer(own);
  await ask(`${other.url}/v1/traces`, { json: bodyOf(...runOf(3, false)) });
  const { body } = await ask<Trace>(`${other.url}/api/v1/traces/${hex(3, 32)}`);
  expect(body.cost_usd).toBeCloseTo(1.001, 9);
  await other.stop();
  own.remove();
});
