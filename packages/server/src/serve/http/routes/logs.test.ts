import type {
  LeanSpan,
  LogHistogram,
  LogList,
  LogLine,
  LogNameList,
  LogPatternList,
  LogsTaken,
} from "@fleetlight/contract";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startServer, type RunningServer } from "#app";

import { ask, makeSite, until } from "../../fixture.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const EVIL = "'); DROP TABLE logs; -- \u001b[2J <img src=x onerror=alert(1)> \u0000 {x:String}";

const site = makeSite();
let server: RunningServer;
beforeAll(async () => {
  server = await startServer(site);
});
afterAll(async () => {
  await server.stop();
  site.remove();
});

const header = (tenant: string) => ({ "X-Scope-OrgID": tenant });
const get = <T>(path: string, tenant = "default") =>
  ask<T>(server.url + path, { headers: header(tenant) });
const post = <T = LogsTaken>(body: string, tenant = "default", query = "") =>
  ask<T>(`${server.url}/api/v1/logs${query}`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson", ...header(tenant) },
    body,
  });
const lines = (...objects: object[]) => objects.map((one) => JSON.stringify(one)).join("\n");
const bodies = async (query: string, tenant = "default") =>
  (await get<LogList>(`/api/v1/logs${query}`, tenant)).body.lines.map(({ body }) => body);

describe("lines that were sent", () => {
  beforeAll(async () => {
    const { body } = await post(
      lines(
        { level: "info", msg: "ready", service: "desk", zone: "a" },
        {
          level: "error",
          msg: "Connection refused",
          service: "desk",
          trace_id: TRACE,
          span_id: SPAN,
        },
        {
          level: "warn",
          msg: "slow answer of 35 ms",
          service: "shop",
          "gen_ai.agent.name": "lead",
        },
        { level: "info", msg: EVIL, service: "shop", evil: EVIL },
      ),
    );
    if (body.taken !== 4) throw new Error(`not all lines were taken: ${JSON.stringify(body)}`);
  });

  it.each([
    ["", 4],
    ["?service=desk", 2],
    ["?level=warn", 2],
    ["?level=error", 1],
    ["?agent=lead", 1],
    [`?trace_id=${TRACE}`, 1],
    [`?trace_id=${TRACE}&span_id=${SPAN}`, 1],
    ["?span_id=1", 0],
    ["?attribute=zone%3Da", 1],
    ["?attribute=zone%3Db", 0],
    ["?q=refused", 1],
    ["?q=%22connection%20refused%22", 1],
    ["?q=-refused", 3],
    ["?limit=2", 2],
    ["?start=2020-01-01T00:00:00Z&end=2020-01-02T00:00:00Z", 0],
    [`?q=${encodeURIComponent('"drop table logs; --"')}`, 1],
    [`?attribute=${encodeURIComponent(`evil=${EVIL}`)}`, 1],
    [`?service=${encodeURIComponent(EVIL)}`, 0],
  ])("are found by %s", async (query, count) => {
    expect(await bodies(query)).toHaveLength(count);
  });

  it("come in pages", async () => {
    const first = (await get<LogList>("/api/v1/logs?limit=3")).body;
    const second = (await get<LogList>(`/api/v1/logs?limit=3&before=${first.next}`)).body;
    expect([first.count, second.count, second.next]).toEqual([3, 1, null]);
    const ids = [...first.lines, ...second.lines].map(({ id }) => id);
    expect(new Set(ids).size).toBe(4);
    const around = await get<LogList>(`/api/v1/logs?after=${ids[3]}&limit=1`);
    expect(around.body.lines.map(({ id }) => id)).toEqual([ids[2]]);
  });

  it("belong to their tenant", async () => {
    expect(await bodies("", "other")).toEqual([]);
  });

  it("are answered as data, whatever they look like", async () => {
    const { headers, text } = await get("/api/v1/logs");
    expect(headers.get("content-type")).toContain("application/json");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    // What a terminal would obey is escaped on the wire.
    expect(text).not.toContain("\u001b");
    expect(text).not.toContain("\u0000");
  });

  it("are those of their trace", async () => {
    const { body } = await get<{ lines: LogLine[]; count: number }>(`/api/v1/traces/${TRACE}/logs`);
    expect(body.lines.map((line) => [line.body, line.level, line.span_id])).toEqual([
      ["Connection refused", "error", SPAN],
    ]);
  });

  it("are counted over time", async () => {
    const { body } = await get<LogHistogram>("/api/v1/logs/histogram");
    expect(body).toMatchObject({ total: 4, levels: { info: 2, warn: 1, error: 1 } });
    const some = await get<LogHistogram>("/api/v1/logs/histogram?level=warn&service=shop");
    expect(some.body.total).toBe(1);
  });

  it("are counted in whatever range is asked for", async () => {
    const path = "/api/v1/logs/histogram?start=0&end=999999999999999999999";
    const { status, body } = await get<LogHistogram>(path);
    expect([status, body.total]).toEqual([200, 4]);
    expect(body.buckets.length).toBeLessThan(200);
  });

  it("have patterns, names and values", async () => {
    const { body } = await get<LogPatternList>("/api/v1/logs/patterns");
    expect(body.lines).toBe(4);
    expect(body.patterns.map(({ pattern }) => pattern)).toContain("slow answer of <num> ms");
    const names = await get<LogNameList>("/api/v1/logs/names");
    expect(names.body).toMatchObject({ services: ["desk", "shop"], agents: ["lead"] });
    const values = await get("/api/v1/logs/values?name=zone");
    expect(values.body).toEqual({ values: ["a"] });
  });

  it.each([
    "?level=loud",
    "?limit=0",
    "?limit=1001",
    "?before=x",
    "?before=1.1&after=1.1",
    "?attribute=novalue",
    "?start=2026-01-02T00:00:00Z&end=2026-01-01T00:00:00Z",
    `?q=${"a%20".repeat(20)}`,
    "?trace_id=xyz",
  ])("%s is refused", async (query) => {
    expect((await get(`/api/v1/logs${query}`)).status).toBe(400);
  });
});

it("a line is an agent's when its span is below one of the agent", async () => {
  const span = (spanId: string, parentSpanId: string, agent?: string) => ({
    traceId: TRACE,
    spanId,
    parentSpanId,
    name: "work",
    startTimeUnixNano: `${Date.now()}000000`,
    endTimeUnixNano: `${Date.now() + 5}000000`,
    attributes:
      agent === undefined
        ? []
        : [
            { key: "gen_ai.operation.name", value: { stringValue: "invoke_agent" } },
            { key: "gen_ai.agent.name", value: { stringValue: agent } },
          ],
  });
  const spans = [span("a".repeat(16), "", "lead"), span("b".repeat(16), "a".repeat(16))];
  await ask(`${server.url}/v1/traces`, {
    json: { resourceSpans: [{ scopeSpans: [{ spans }] }] },
    headers: header("agents"),
  });
  await post(
    lines(
      { msg: "within", trace_id: TRACE, span_id: "b".repeat(16) },
      { msg: "elsewhere", trace_id: TRACE, span_id: "c".repeat(16) },
      { msg: "says so", "gen_ai.agent.name": "lead" },
    ),
    "agents",
  );
  expect((await bodies("?agent=lead", "agents")).toSorted()).toEqual(["says so", "within"]);
  expect(await bodies("?agent=nobody", "agents")).toEqual([]);
});

describe("lines that are taken in part", () => {
  it("bad ones are told by their number", async () => {
    const { status, body } = await post("{bad\nplain text\n", "parts", "?service=cron");
    expect([status, body]).toEqual([
      200,
      {
        taken: 1,
        refused: 1,
        errors: [{ line: 1, message: "it begins like JSON, but is not valid" }],
      },
    ]);
    expect(await bodies("?service=cron", "parts")).toEqual(["plain text"]);
  });

  it("none at all is an error", async () => {
    const { status, body } = await post<{ error: { details: unknown } }>("{bad", "parts");
    expect([status, body.error.details]).toEqual([
      400,
      [{ path: "line 1", message: "it begins like JSON, but is not valid" }],
    ]);
  });
});

it.each(["/v1/logs", "/api/v1/otlp/v1/logs"])("OTLP comes in at %s", async (path) => {
  const old = { timeUnixNano: "1", body: { stringValue: "old" } };
  const good = { body: { stringValue: path }, severityNumber: 9 };
  const { status, body } = await ask<object>(server.url + path, {
    json: { resourceLogs: [{ scopeLogs: [{ logRecords: [old, good] }] }] },
    headers: header("otlp"),
  });
  expect([status, body]).toMatchObject([200, { partialSuccess: { rejectedLogRecords: "1" } }]);
  expect(await bodies("", "otlp")).toContain(path);
});

/** What a tail sends, as events with their data. */
async function tail(path: string, tenant = "default") {
  const stop = new AbortController();
  const response = await fetch(server.url + path, { signal: stop.signal, headers: header(tenant) });
  const events: { event: string; data: unknown }[] = [];
  let ended = false;
  const reading = (async () => {
    let rest = "";
    for await (const chunk of response.body ?? []) {
      rest += Buffer.from(chunk as Uint8Array).toString();
      for (let end = rest.indexOf("\n\n"); end >= 0; end = rest.indexOf("\n\n")) {
        const found = /^event: (\w+)\ndata: (.*)$/.exec(rest.slice(0, end));
        if (found) events.push({ event: found[1] ?? "", data: JSON.parse(found[2] ?? "null") });
        rest = rest.slice(end + 2);
      }
    }
  })()
    .catch(() => {})
    .finally(() => {
      ended = true;
    });
  const of = <T>(event: string): T[] =>
    events.flatMap((one) => (one.event === event ? ([one.data].flat() as T[]) : []));
  return { response, of, isEnded: () => ended, stop: () => (stop.abort(), reading) };
}

describe("a live tail", () => {
  it("tells of lines that match, as they come", async () => {
    const all = await tail("/api/v1/logs/tail");
    const some = await tail("/api/v1/logs/tail?level=error&service=desk&q=broke");
    const foreign = await tail("/api/v1/logs/tail", "other");
    expect(all.response.headers.get("content-type")).toBe("text/event-stream; charset=utf-8");
    expect(all.response.headers.get("x-content-type-options")).toBe("nosniff");
    await post(
      lines(
        { level: "info", msg: "it broke", service: "desk" },
        { level: "error", msg: "it broke", service: "desk" },
        { level: "error", msg: EVIL, service: "desk" },
      ),
    );
    const got = await until(
      () => all.of<LogLine>("lines"),
      (found) => found.length === 3,
    );
    expect(got[2]?.body).toBe(EVIL.replace("\u001b[2J", ""));
    await until(
      () => some.of<LogLine>("lines"),
      (found) => found.length === 1,
    );
    expect(foreign.of("lines")).toEqual([]);
    await Promise.all([all.stop(), some.stop(), foreign.stop()]);
    const metrics = await until(
      async () => (await get("/metrics")).text,
      (text) => text.includes('fleetlight_tail_clients{signal="logs"} 0'),
    );
    expect(metrics).toContain('fleetlight_tail_clients{signal="traces"} 0');
  });

  it("tells of the spans of one trace, before it is known and while it goes on", async () => {
    const trace = "c".repeat(32);
    const run = await tail(`/api/v1/traces/${trace.toUpperCase()}/tail`);
    const again = await tail(`/api/v1/traces/${trace}/tail`);
    const foreign = await tail(`/api/v1/traces/${trace}/tail`, "other");
    const span = (traceId: string, spanId: string, more: object = {}) => ({
      traceId,
      spanId,
      name: "work",
      startTimeUnixNano: "1780315200000000001",
      attributes: [{ key: "gen_ai.agent.name", value: { stringValue: "lead" } }],
      ...more,
    });
    const send = (...spans: object[]) =>
      ask(`${server.url}/v1/traces`, {
        json: {
          resourceSpans: [
            {
              resource: { attributes: [{ key: "host.name", value: { stringValue: "h" } }] },
              scopeSpans: [{ spans }],
            },
          ],
        },
      });
    const startTimeUnixNano = `${Date.now()}000001`;
    const begun = span(trace, SPAN, { startTimeUnixNano });
    await send(span("d".repeat(32), "b".repeat(16), { startTimeUnixNano }), begun);
    const [first] = await until(
      () => run.of<LeanSpan>("spans"),
      (found) => found.length > 0,
    );
    expect(first).toMatchObject({
      span_id: SPAN,
      start_ns: startTimeUnixNano,
      ended: false,
      agent: "lead",
      host: "h",
    });
    await send({ ...begun, endTimeUnixNano: `${Date.now() + 5}000000`, status: { code: 2 } });
    const heard = await until(
      () => run.of<LeanSpan>("spans"),
      (found) => found.length > 1,
    );
    expect(heard).toHaveLength(2);
    expect(heard[1]).toMatchObject({ span_id: SPAN, status: "error" });
    expect(heard[1]).not.toHaveProperty("ended");
    await run.stop();
    // One of two who follow the same run left: the other one still hears of it.
    await send(span(trace, "e".repeat(16), { startTimeUnixNano }));
    await until(
      () => again.of("spans"),
      (found) => found.length === 3,
    );
    expect(foreign.of("spans")).toEqual([]);
    await Promise.all([again.stop(), foreign.stop()]);
    await until(
      async () => (await get("/metrics")).text,
      (text) => text.includes('fleetlight_tail_clients{signal="runs"} 0'),
    );
    expect((await fetch(`${server.url}/api/v1/traces/xyz/tail`)).status).toBe(400);
  });

  it("tells of spans that match", async () => {
    const failed = await tail("/api/v1/traces/tail?errors=true");
    const span = (spanId: string, code: number) => ({
      traceId: TRACE,
      spanId,
      name: "work",
      startTimeUnixNano: `${Date.now()}000000`,
      endTimeUnixNano: `${Date.now() + 5}000000`,
      status: { code },
    });
    await ask(`${server.url}/v1/traces`, {
      json: {
        resourceSpans: [{ scopeSpans: [{ spans: [span(SPAN, 0), span("a".repeat(16), 2)] }] }],
      },
    });
    const got = await until(
      () => failed.of<{ span_id: string }>("spans"),
      (found) => found.length > 0,
    );
    expect(got).toMatchObject([{ span_id: "a".repeat(16), status: "error", ended: true }]);
    await failed.stop();
  });

  it("is refused with a filter that is none", async () => {
    for (const path of ["/api/v1/logs/tail?level=loud", "/api/v1/traces/tail?attribute=x"])
      expect((await get(path)).status).toBe(400);
    expect((await ask(`${server.url}/api/v1/logs/tail`, { method: "HEAD" })).status).toBe(404);
  });
});

it("ends its live tails when it stops, and says so", async () => {
  const open = await tail("/api/v1/logs/tail");
  await server.stop();
  await until(open.isEnded, (ended) => ended);
  expect(open.of("end")).toEqual([{}]);
});
