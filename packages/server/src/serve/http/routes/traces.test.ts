import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { gzipSync } from "node:zlib";

import type { Trace, TraceList } from "@fleetlight/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { startServer, type RunningServer } from "#app";

import { ask, makeSite } from "../../fixture.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const captures = resolve(import.meta.dirname, "../../../../../../../shared/captures");

// The captures are of one day in 2026.
const site = makeSite({
  host: { enabled: false },
  storage: { retention: { traces: "1000y" } },
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

const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
const nowNs = (shiftMs = 0): string => `${Date.now() - 60_000 + shiftMs}000000`;

const span = (more: Record<string, unknown> = {}) => ({
  traceId: TRACE,
  spanId: "b7ad6b7169203331",
  name: "invoke_agent lead",
  kind: 1,
  startTimeUnixNano: nowNs(),
  endTimeUnixNano: nowNs(1500),
  attributes: [
    text("gen_ai.operation.name", "invoke_agent"),
    text("gen_ai.agent.name", "lead"),
    text("gen_ai.input.messages", '[{"role":"user","content":"password=hunter22 please"}]'),
    text("http.url", "https://bob:hunter22@example.org/"),
    { key: "gen_ai.usage.input_tokens", value: { intValue: "12" } },
  ],
  ...more,
});

const bodyOf = (...spans: unknown[]) => ({
  resourceSpans: [
    {
      resource: { attributes: [text("service.name", "fleet")] },
      scopeSpans: [{ scope: { name: "test" }, spans }],
    },
  ],
});

const send = (json: unknown, tenant = "default") =>
  ask<Record<string, never>>(`${base}/v1/traces`, { json, headers: { "X-Scope-OrgID": tenant } });

const get = <T>(path: string, tenant = "default") =>
  ask<T>(base + path, { headers: { "X-Scope-OrgID": tenant } });

describe("a span that was sent", () => {
  beforeAll(async () => {
    const failed = span({
      spanId: "00f067aa0ba902b7",
      parentSpanId: "b7ad6b7169203331",
      name: "execute_tool look",
      attributes: [text("gen_ai.operation.name", "execute_tool"), text("gen_ai.tool.name", "look")],
      status: { code: 2, message: "not there" },
    });
    await send(bodyOf(failed));
    await send(bodyOf(span()));
  });

  test("is in its trace, whatever came first", async () => {
    const { body } = await get<Trace>(`/api/v1/traces/${TRACE}`);
    expect(body).toMatchObject({
      name: "invoke_agent lead",
      service: "fleet",
      spans: 2,
      errors: 1,
      ended: true,
      agents: ["lead"],
      input_tokens: 12,
      cost_usd: null,
      tools: [{ agent: "lead", tool: "look", failed: true }],
    });
    expect(body.duration_seconds).toBeGreaterThanOrEqual(1.5);
    expect(body.all_spans.map(({ agent, status }) => `${agent} ${status}`).toSorted()).toEqual([
      "lead error",
      "lead unset",
    ]);
  });

  test("names its model when the call failed before anything was used", async () => {
    const traceId = "c".repeat(32);
    const chat = [text("gen_ai.operation.name", "chat"), text("gen_ai.request.model", "gpt-5")];
    await send(
      bodyOf(span({ traceId, name: "chat", attributes: chat, status: { code: 2 } })),
      "failing",
    );
    const { body } = await get<Trace>(`/api/v1/traces/${traceId}`, "failing");
    expect(body).toMatchObject({ models: ["gpt-5"], usage: [], errors: 1 });
  });

  test("is left out of the trace's head, which says the same", async () => {
    const { body: whole } = await get<Trace>(`/api/v1/traces/${TRACE}`);
    const { body: head } = await get<Trace>(`/api/v1/traces/${TRACE}?spans=false`);
    expect(head).toEqual({ ...whole, all_spans: [] });
  });

  test("shows no secret, neither in contents nor in attributes", async () => {
    const { text: answer } = await get<Trace>(`/api/v1/traces/${TRACE}`);
    expect(answer).toContain("please");
    expect(answer).not.toContain("hunter22");
  });

  test.each([
    ["", 1],
    ["?agent=lead", 1],
    ["?agent=nobody", 0],
    ["?tool=look&errors=true", 1],
    ["?agent=lead&errors=true", 0],
    ["?service=fleet&min_duration_seconds=1", 1],
    ["?min_duration_seconds=1000", 0],
    ["?attribute=service.name%3Dfleet", 1],
    ["?start=2020-01-01T00:00:00Z&end=2020-01-02T00:00:00Z", 0],
  ])("is found by %s", async (query, count) => {
    expect((await get<TraceList>(`/api/v1/traces${query}`)).body.count).toBe(count);
  });

  test("belongs to its tenant", async () => {
    expect((await get(`/api/v1/traces/${TRACE}`, "other")).status).toBe(404);
    expect((await get<TraceList>("/api/v1/traces", "other")).body.traces).toEqual([]);
  });

  test("is there for those who speak to Jaeger", async () => {
    type Jaeger = { data: unknown[] };
    expect((await get<Jaeger>("/jaeger/api/services")).body.data).toEqual(["fleet"]);
    expect((await get<Jaeger>("/jaeger/api/services/fleet/operations")).body.data).toEqual([
      "execute_tool look",
      "invoke_agent lead",
    ]);
    const kinds = "/jaeger/api/operations?service=fleet&spanKind=";
    expect((await get<Jaeger>(`${kinds}internal`)).body.data).toHaveLength(2);
    expect((await get<Jaeger>(`${kinds}server`)).body.data).toEqual([]);
    const { body } = await get<{ data: { spans: Record<string, unknown>[] }[] }>(
      `/jaeger/api/traces?service=fleet&tags=${encodeURIComponent('{"error":"true"}')}`,
    );
    expect(body.data).toHaveLength(1);
    expect(body.data[0]?.spans).toHaveLength(2);
    const one = await get<{ data: { spans: { references: unknown }[] }[] }>(
      `/jaeger/api/traces/${TRACE}`,
    );
    expect(one.body.data[0]?.spans.flatMap(({ references }) => references)).toEqual([
      { refType: "CHILD_OF", traceID: TRACE, spanID: "b7ad6b7169203331" },
    ]);
    expect((await get(`/jaeger/api/traces/${"a".repeat(32)}`)).status).toBe(404);
  });
});

describe("what is refused", () => {
  test.each([
    ["an id of the wrong length", { traceId: "abcd" }],
    ["an id of zeros", { traceId: "0".repeat(32) }],

    ["a span of 2100", { startTimeUnixNano: "4102444800000000000" }],
  ])("%s: the others are taken", async (_, wrong) => {
    const good = span({ traceId: "1".repeat(32) });
    const answer = await send(bodyOf(span(wrong), good), "refusals");
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({ partialSuccess: { rejectedSpans: "1" } });
    expect((await get(`/api/v1/traces/${"1".repeat(32)}`, "refusals")).status).toBe(200);
  });

  test.each([
    ["application/json", "{", 400],
    ["application/json", '{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":7}]}]}]}', 400],
    ["application/x-protobuf", "\u000a\u00ff", 400],
    ["text/plain", "x", 415],
  ])("%s %j", async (type, body, status) => {
    const answer = await ask(`${base}/v1/traces`, {
      method: "POST",
      headers: { "content-type": type },
      body,
    });
    expect(answer.status).toBe(status);
  });

  test.each(["/api/v1/traces/xyz", "/api/v1/traces?attribute=novalue", "/api/v1/traces?start=x"])(
    "%s",
    async (path) => {
      expect((await get(path)).status).toBe(400);
    },
  );
});

test("a span with far too much in it is taken as far as the limits go", async () => {
  const many = Array.from({ length: 10_000 }, (_, i) => text(`key${i}`, "x"));
  const traceId = "2".repeat(32);
  await send(bodyOf(span({ traceId, attributes: [text("long", "y".repeat(1e6)), ...many] })));
  const { body } = await get<Trace>(`/api/v1/traces/${traceId}`);
  expect(Object.keys(body.all_spans[0]?.attributes ?? {})).toHaveLength(512);
  expect(body.all_spans[0]?.attributes["long"]).toHaveLength(8192);
  const metrics = await ask(`${base}/metrics`);
  expect(metrics.text).toMatch(
    /fleetlight_ingest_span_parts_dropped_total\{part="attributes"\} \d+/,
  );
});

const present = existsSync(captures);
if (!present) console.warn("SKIPPED: no captures of producers beside the repository");

test.skipIf(!present).each([
  ["vercel-ai-7-proto-gzip", 465],
  ["langgraph-openinference-proto", 240],
  ["openai-agents-openinference-proto", 270],
  ["traceloop-langgraph-proto", 0],
])(
  "an export of %s goes in by protobuf and gzip, and what is paid counts once",
  async (producer, tokens) => {
    for (const file of readdirSync(join(captures, producer))) {
      const { protobufBase64 } = JSON.parse(
        readFileSync(join(captures, producer, file), "utf8"),
      ) as {
        protobufBase64?: string;
      };
      const answer = await ask(`${base}/v1/traces`, {
        method: "POST",
        headers: {
          "content-type": "application/x-protobuf",
          "content-encoding": "gzip",
          "X-Scope-OrgID": producer,
        },
        body: gzipSync(Buffer.from(protobufBase64 ?? "", "base64")),
      });
      expect(answer.status).toBe(200);
    }
    const { body } = await get<TraceList>("/api/v1/traces?start=1", producer);
    expect(body.count).toBeGreaterThan(0);
    expect(body.traces.reduce((sum, { input_tokens }) => sum + input_tokens, 0)).toBe(tokens);
  },
);
