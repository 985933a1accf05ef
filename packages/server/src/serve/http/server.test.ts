import { connect } from "node:net";

import type { ErrorBody } from "@fleetlight/contract";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startServer, type RunningServer } from "#app";

import { ask, makeSite } from "../fixture.ts";

const LIMIT = 64 * 1024;
const site = makeSite({
  server: {
    rate_limit: { requests_per_minute: 0 },
    cors: { origins: ["https://console.example"] },
    body_limit_bytes: LIMIT,
  },
});
let server: RunningServer;
beforeAll(async () => {
  server = await startServer(site);
});
afterAll(async () => {
  await server.stop();
  site.remove();
});

const url = (path: string) => server.url + path;
const errorOf = ({ status, body }: { status: number; body: ErrorBody }) => [
  status,
  body.error.code,
];

/** Sends bytes as they are, which `fetch` would tidy up. */
const raw = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1");
    let answer = "";
    socket.on("data", (chunk) => (answer += String(chunk)));
    socket.on("close", () => resolve(answer));
    socket.on("error", reject);
    socket.write(text);
  });
const rawGet = (path: string) =>
  raw(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);

describe("a request that cannot be read", () => {
  const register = "/api/v1/services/register";
  const json = { "content-type": "application/json" };

  it.each([
    ["not JSON", '{"id": }', /not valid JSON: .*token/],
    ["cut off", '{"id": "x"', /not valid JSON/],
    ["an attack on prototypes", '{"__proto__": {"id": "x"}}', /key that is not allowed/],
  ])("because it is %s says so", async (_what, body, message) => {
    const answer = await ask(url(register), { method: "POST", headers: json, body });
    expect(errorOf(answer)).toEqual([400, "bad_request"]);
    expect(answer.body.error.message).toMatch(message);
  });

  it.each([
    "text/plain",
    "application/xml",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
  ])("because it is %s is told what would be read", async (type) => {
    const answer = await ask(url(register), {
      method: "POST",
      headers: { "content-type": type },
      body: "id=x",
    });
    expect(errorOf(answer)).toEqual([415, "unsupported_media_type"]);
    expect(answer.body.error.message).toContain("application/json");
  });

  it("because it is too large is told the limit, whether it says its length or not", async () => {
    const body = JSON.stringify({ id: "x".repeat(LIMIT) });
    const answer = await ask(url(register), { method: "POST", headers: json, body });
    expect(errorOf(answer)).toEqual([413, "body_too_large"]);
    expect(answer.body.error.message).toContain(`${LIMIT} bytes (server.body_limit_bytes)`);
    const chunked = await ask(url(register), {
      method: "POST",
      headers: json,
      body: new Blob([body]).stream(),
      duplex: "half",
    } as RequestInit);
    expect(errorOf(chunked)).toEqual([413, "body_too_large"]);
  });

  it("because its URL or the protocol is wrong is answered like any other", async () => {
    for (const text of [await rawGet("/api/v1/%zz"), await raw("how are you?\r\n\r\n")]) {
      expect(text).toMatch(/^HTTP\/1.1 400 /);
      expect(JSON.parse(text.split("\r\n\r\n")[1] ?? "")).toMatchObject({
        error: { code: "bad_request" },
      });
    }
    expect(await raw(`GET / HTTP/1.1\r\nx: ${"y".repeat(20_000)}\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 431 /,
    );
  });

  it("but an announced and absent body is none", async () => {
    for (const type of ["application/json", "application/x-www-form-urlencoded"]) {
      const answer = await ask(url("/-/reload"), {
        method: "POST",
        headers: { "content-type": type },
        body: "",
      });
      expect([answer.status, answer.body], type).toMatchObject([200, { status: "reloaded" }]);
    }
  });
});

describe("paths", () => {
  it("that do not exist are 404 in the contract's words", async () => {
    const answer = await ask(url("/api/v2/things?token=secret"), { method: "POST" });
    expect(errorOf(answer)).toEqual([404, "not_found"]);
    expect(answer.body.error.message).toBe("there is no POST /api/v2/things");
  });

  it("answer HEAD with the headers of GET", async () => {
    for (const path of ["/health", "/api/v1/services", "/metrics", "/openapi.json", "/dashboard"]) {
      const [head, get] = [await ask(url(path), { method: "HEAD" }), await ask(url(path))];
      expect([head.status, head.text], path).toEqual([get.status, ""]);
      expect(head.headers.get("content-type"), path).toBe(get.headers.get("content-type"));
    }
  });

  it("lead nowhere outside of the console's files", async () => {
    for (const path of [
      "/assets/../index.html",
      "/assets/..%2f..%2fpackage.json",
      "/assets/%2e%2e/%2e%2e/package.json",
      "/assets/..%5c..%5cpackage.json",
      "/assets//etc/passwd",
      "/docs/api/assets/package.json",
      "/docs/api/assets/..%2fpackage.json",
      "/favicon.svg/../../package.json",
      "/assets/%00",
      "/assets/",
    ])
      expect(await rawGet(path), path).toMatch(/^HTTP\/1.1 (400|403|404) /);
  });

  it("send browsers from / to the console, and tell programs what is where", async () => {
    const browser = await ask(url("/"), { headers: { accept: "text/html" } });
    expect([browser.status, browser.headers.get("location")]).toEqual([302, "/dashboard"]);
    expect((await ask(url("/"))).body).toMatchObject({
      service: "fleetlight",
      version: "1.2.3-test",
      status: "running",
      endpoints: {
        dashboard: "/dashboard",
        health: "/health",
        metrics: "/metrics",
        api: "/api/v1",
      },
    });
  });

  it("of the console answer its page, and its files may be kept for ever", async () => {
    const page = await ask(url("/dashboard/services/some-id"));
    if (page.status === 503) return console.warn("skipped: the console is not built");
    expect(page.headers.get("content-type")).toMatch(/^text\/html/);
    expect(page.headers.get("cache-control")).toBe("no-cache");
    const files = [...page.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(
      ([, path]) => path ?? "",
    );
    expect(files.some((path) => path.endsWith(".js"))).toBe(true);
    for (const path of files) {
      const { status, headers } = await ask(url(path));
      const cached = path.startsWith("/assets/")
        ? "public, max-age=31536000, immutable"
        : "public, max-age=0";
      expect([status, headers.get("cache-control")], path).toEqual([200, cached]);
    }
  });
});

describe("every answer", () => {
  it("tells browsers to be careful, also when it is an error", async () => {
    for (const path of [
      "/health",
      "/dashboard",
      "/nowhere",
      "/assets/none.js",
      "/api/v1/services/none",
    ]) {
      const { headers } = await ask(url(path));
      expect(headers.get("x-content-type-options"), path).toBe("nosniff");
      expect(headers.get("referrer-policy"), path).toBe("no-referrer");
      expect(headers.get("content-security-policy"), path).toMatch(
        /default-src 'self'.*frame-ancestors 'self'/,
      );
      expect(headers.get("x-powered-by"), path).toBeNull();
    }
  });

  it("is compressed when it is large and the client wants it", async () => {
    const large = await ask<object>(url("/openapi.json"), {
      headers: { "accept-encoding": "gzip" },
    });
    expect([large.headers.get("content-encoding"), large.body]).toMatchObject([
      "gzip",
      { openapi: "3.1.0" },
    ]);
    const small = await ask(url("/health/live"), { headers: { "accept-encoding": "gzip" } });
    expect(small.headers.get("content-encoding")).toBeNull();
  });
});

describe("pages of other origins", () => {
  const preflight = (origin: string) =>
    ask(url("/api/v1/services/register"), {
      method: "OPTIONS",
      headers: {
        origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
      },
    });

  it("that are allowed may read answers, errors included, and send what the API takes", async () => {
    const headers = { origin: "https://console.example" };
    for (const path of ["/api/v1/services", "/api/v1/services/none", "/nowhere"])
      expect(
        (await ask(url(path), { headers })).headers.get("access-control-allow-origin"),
        path,
      ).toBe(headers.origin);
    const answer = await preflight(headers.origin);
    expect(answer.status).toBe(204);
    expect(answer.headers.get("access-control-allow-methods")).toMatch(/POST.*DELETE/);
    expect(answer.headers.get("access-control-allow-headers")).toBe("authorization,content-type");
    const reload = await ask(url("/-/reload"), { method: "POST", headers });
    expect(reload.status).toBe(200);
  });

  it("that are not allowed may neither read nor change anything", async () => {
    const headers = { origin: "https://evil.example" };
    expect((await preflight(headers.origin)).headers.get("access-control-allow-origin")).toBeNull();
    const read = await ask(url("/api/v1/services"), { headers });
    expect(read.headers.get("access-control-allow-origin")).toBeNull();
    expect(errorOf(await ask(url("/-/reload"), { method: "POST", headers }))).toEqual([
      403,
      "forbidden",
    ]);
    expect(
      errorOf(await ask(url("/-/reload"), { method: "POST", headers: { origin: "null" } })),
    ).toEqual([403, "forbidden"]);
    const own = await ask(url("/-/reload"), { method: "POST", headers: { origin: server.url } });
    expect(own.status).toBe(200);
  });
});

describe("the description of the API", () => {
  interface Operation {
    parameters?: { name: string; in: string; required?: boolean; schema: object }[];
    requestBody?: { content: Record<string, { schema: object }> };
    responses: Record<
      string,
      { description: string; content?: Record<string, { schema: object }> }
    >;
  }
  interface Document {
    openapi: string;
    info: { title: string; version: string };
    paths: Record<string, Record<string, Operation>>;
  }
  const load = async () => (await ask<Document>(url("/openapi.json"))).body;

  it("names every route of the contract", async () => {
    const { openapi, info, paths } = await load();
    expect([openapi, info.title, info.version]).toEqual(["3.1.0", "Fleetlight", "1.2.3-test"]);
    const routes = Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    expect(routes.toSorted()).toMatchInlineSnapshot(`
      [
        "delete /api/v1/alerts/rules/{id}",
        "delete /api/v1/budgets/{id}",
        "delete /api/v1/escalation-policies/{id}",
        "delete /api/v1/maintenance/{id}",
        "delete /api/v1/people/{id}",
        "delete /api/v1/schedules/{id}",
        "delete /api/v1/schedules/{id}/overrides/{override}",
        "delete /api/v1/services/{id}",
        "delete /api/v1/stops/{id}",
        "delete /api/v1/teams/{id}",
        "delete /api/v2/silence/{id}",
        "delete /metrics/job/{rest}",
        "delete /metrics/job@base64/{rest}",
        "get /-/healthy",
        "get /-/ready",
        "get /alerts",
        "get /alerts/history",
        "get /alerts/statistics",
        "get /api/v1/agents",
        "get /api/v1/agents/{id}",
        "get /api/v1/agents/{id}/performance",
        "get /api/v1/alertmanagers",
        "get /api/v1/alerts",
        "get /api/v1/alerts/acknowledgements",
        "get /api/v1/alerts/history",
        "get /api/v1/alerts/insights",
        "get /api/v1/alerts/rules",
        "get /api/v1/alerts/rules/{id}",
        "get /api/v1/alerts/{id}",
        "get /api/v1/alerts/{id}/deliveries",
        "get /api/v1/budgets",
        "get /api/v1/budgets/{id}",
        "get /api/v1/budgets/{id}/history",
        "get /api/v1/checkpoint",
        "get /api/v1/conversations",
        "get /api/v1/conversations/{id}",
        "get /api/v1/coordination",
        "get /api/v1/coordination/summary",
        "get /api/v1/coordination/{id}",
        "get /api/v1/dashboard/config",
        "get /api/v1/deliveries",
        "get /api/v1/errors",
        "get /api/v1/escalation-policies",
        "get /api/v1/escalation-policies/match",
        "get /api/v1/escalation-policies/{id}",
        "get /api/v1/events",
        "get /api/v1/fleet/graph",
        "get /api/v1/fleet/graph/diff",
        "get /api/v1/fleet/graph/replay",
        "get /api/v1/format_query",
        "get /api/v1/incidents",
        "get /api/v1/incidents/{id}",
        "get /api/v1/incidents/{id}/timeline",
        "get /api/v1/label/{name}/values",
        "get /api/v1/labels",
        "get /api/v1/logs",
        "get /api/v1/logs/histogram",
        "get /api/v1/logs/names",
        "get /api/v1/logs/patterns",
        "get /api/v1/logs/tail",
        "get /api/v1/logs/values",
        "get /api/v1/maintenance",
        "get /api/v1/maintenance/calendar",
        "get /api/v1/maintenance/{id}",
        "get /api/v1/metadata",
        "get /api/v1/metrics",
        "get /api/v1/metrics/names",
        "get /api/v1/metrics/range",
        "get /api/v1/metrics/series",
        "get /api/v1/on-call",
        "get /api/v1/overview",
        "get /api/v1/parse_query",
        "get /api/v1/people",
        "get /api/v1/people/{id}",
        "get /api/v1/pipeline/alerts",
        "get /api/v1/pipeline/alerts/{fingerprint}/suppressions",
        "get /api/v1/pipeline/groups",
        "get /api/v1/prices",
        "get /api/v1/prices/unknown",
        "get /api/v1/query",
        "get /api/v1/query_exemplars",
        "get /api/v1/query_range",
        "get /api/v1/receivers",
        "get /api/v1/reports/agents",
        "get /api/v1/routes",
        "get /api/v1/rules",
        "get /api/v1/schedules",
        "get /api/v1/schedules/{id}",
        "get /api/v1/schedules/{id}/calendar.ics",
        "get /api/v1/schedules/{id}/final",
        "get /api/v1/schedules/{id}/on-call",
        "get /api/v1/schedules/{id}/overrides",
        "get /api/v1/scrape_pools",
        "get /api/v1/series",
        "get /api/v1/services",
        "get /api/v1/services/{id}",
        "get /api/v1/services/{id}/events",
        "get /api/v1/status/buildinfo",
        "get /api/v1/status/config",
        "get /api/v1/status/flags",
        "get /api/v1/status/runtimeinfo",
        "get /api/v1/status/tsdb",
        "get /api/v1/status/walreplay",
        "get /api/v1/stops",
        "get /api/v1/targets",
        "get /api/v1/targets/metadata",
        "get /api/v1/teams",
        "get /api/v1/teams/{id}",
        "get /api/v1/traces",
        "get /api/v1/traces/compare",
        "get /api/v1/traces/differences",
        "get /api/v1/traces/facets",
        "get /api/v1/traces/heatmap",
        "get /api/v1/traces/tail",
        "get /api/v1/traces/{id}",
        "get /api/v1/traces/{id}/analysis",
        "get /api/v1/traces/{id}/columns",
        "get /api/v1/traces/{id}/logs",
        "get /api/v1/traces/{id}/spans",
        "get /api/v1/traces/{id}/spans/{span}",
        "get /api/v1/traces/{id}/tail",
        "get /api/v1/workflows",
        "get /api/v1/workflows/{id}",
        "get /api/v2/alerts",
        "get /api/v2/alerts/groups",
        "get /api/v2/receivers",
        "get /api/v2/silence/{id}",
        "get /api/v2/silences",
        "get /api/v2/status",
        "get /dashboard/health",
        "get /dashboard/metrics",
        "get /federate",
        "get /health",
        "get /health/live",
        "get /health/ready",
        "get /jaeger/api/dependencies",
        "get /jaeger/api/operations",
        "get /jaeger/api/services",
        "get /jaeger/api/services/{service}/operations",
        "get /jaeger/api/traces",
        "get /jaeger/api/traces/{id}",
        "get /metrics",
        "patch /api/v1/alerts/rules/{id}",
        "patch /api/v1/incidents/{id}",
        "post /-/reload",
        "post /alerts/{id}/acknowledge",
        "post /api/public/otel/v1/traces",
        "post /api/traces",
        "post /api/v1/alerts/acknowledge",
        "post /api/v1/alerts/rules",
        "post /api/v1/alerts/rules/preview",
        "post /api/v1/alerts/unacknowledge",
        "post /api/v1/alerts/{id}/acknowledge",
        "post /api/v1/alerts/{id}/snooze",
        "post /api/v1/alerts/{id}/unacknowledge",
        "post /api/v1/budgets",
        "post /api/v1/escalation-policies",
        "post /api/v1/format_query",
        "post /api/v1/incidents",
        "post /api/v1/incidents/{id}/acknowledge",
        "post /api/v1/incidents/{id}/assign",
        "post /api/v1/incidents/{id}/merge",
        "post /api/v1/incidents/{id}/notes",
        "post /api/v1/incidents/{id}/reopen",
        "post /api/v1/incidents/{id}/resolve",
        "post /api/v1/incidents/{id}/snooze",
        "post /api/v1/incidents/{id}/split",
        "post /api/v1/incidents/{id}/unacknowledge",
        "post /api/v1/label/{name}/values",
        "post /api/v1/labels",
        "post /api/v1/logs",
        "post /api/v1/maintenance",
        "post /api/v1/maintenance/preview",
        "post /api/v1/maintenance/{id}/end",
        "post /api/v1/otlp/v1/logs",
        "post /api/v1/otlp/v1/metrics",
        "post /api/v1/otlp/v1/traces",
        "post /api/v1/parse_query",
        "post /api/v1/people",
        "post /api/v1/query",
        "post /api/v1/query_exemplars",
        "post /api/v1/query_range",
        "post /api/v1/read",
        "post /api/v1/receivers/{name}/preview",
        "post /api/v1/receivers/{name}/test",
        "post /api/v1/routes/explain",
        "post /api/v1/schedules",
        "post /api/v1/schedules/preview",
        "post /api/v1/schedules/{id}/overrides",
        "post /api/v1/series",
        "post /api/v1/services/register",
        "post /api/v1/services/{id}/heartbeat",
        "post /api/v1/slack/actions",
        "post /api/v1/stops",
        "post /api/v1/teams",
        "post /api/v1/write",
        "post /api/v2/alerts",
        "post /api/v2/silences",
        "post /api/v2/spans",
        "post /metrics/job/{rest}",
        "post /metrics/job@base64/{rest}",
        "post /v1/logs",
        "post /v1/metrics",
        "post /v1/traces",
        "put /-/reload",
        "put /api/v1/alerts/rules/{id}",
        "put /api/v1/budgets/{id}",
        "put /api/v1/escalation-policies/{id}",
        "put /api/v1/maintenance/{id}",
        "put /api/v1/people/{id}",
        "put /api/v1/schedules/{id}",
        "put /api/v1/teams/{id}",
        "put /metrics/job/{rest}",
        "put /metrics/job@base64/{rest}",
      ]
    `);
  });

  it("is OpenAPI 3.1: parameters are declared, answers described, and every schema is one", async () => {
    const { paths } = await load();
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    for (const [path, operations] of Object.entries(paths)) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const [method, { parameters = [], requestBody, responses }] of Object.entries(
        operations,
      )) {
        const where = `${method} ${path}`;
        const declared = parameters.filter((one) => one.in === "path");
        expect(
          declared.map(({ name }) => name),
          where,
        ).toEqual(inPath);
        expect(
          declared.every(({ required }) => required === true),
          where,
        ).toBe(true);
        expect(Object.keys(responses).length, where).toBeGreaterThan(0);
        expect(
          Object.values(responses).every(({ description }) => description !== ""),
          where,
        ).toBe(true);
        const contents = [
          requestBody?.content,
          ...Object.values(responses).map(({ content }) => content),
        ];
        const schemas = [
          ...parameters.map(({ schema }) => schema),
          ...contents.flatMap((content) =>
            Object.values(content ?? {}).map(({ schema }) => schema),
          ),
        ];
        for (const schema of schemas)
          expect(ajv.validateSchema(schema), `${where}: ${ajv.errorsText()}`).toBe(true);
      }
    }
  });

  it("leads to no route that fails on nonsense instead of refusing it", async () => {
    const nonsense = [
      "",
      "-1",
      "0",
      "1e999",
      "NaN",
      "null",
      "__proto__",
      "a".repeat(3000),
      "{}",
      "'; --",
      "\u0000",
      "💥",
      "../..",
      "[object Object]",
      "up{",
      "999999999999999999999",
    ];
    const bodies: unknown[] = [
      null,
      [],
      7,
      "text",
      {},
      { id: {} },
      { id: "x", name: null, url: "http://[" },
      { id: "constructor", name: "n", url: "http://x:99999" },
      { labels: { constructor: "x" } },
      { id: "hasOwnProperty", name: "n", metric: "{", condition: ">", threshold: 1 },
    ];
    const failed: string[] = [];
    /** A stream of events has no end: that it begins is enough. */
    const streams = async (path: string): Promise<boolean> => {
      if (!/\/tail(?:\?|$)/.test(path)) return false;
      const answer = await fetch(url(path));
      await answer.body?.cancel();
      return answer.ok;
    };
    const attempt = async (method: string, path: string, body?: unknown) => {
      if (await streams(path)) return;
      const answer = await ask(url(path), body === undefined ? { method } : { method, json: body });
      const isError = answer.status >= 400;
      // The routes of Prometheus' and Alertmanager's own APIs say it in their words.
      const { error, errorType, message } = (answer.body ?? {}) as Partial<ErrorBody> & {
        errorType?: string;
        message?: string;
      };
      const theirs = path.startsWith("/api/v2/") ? message : errorType;
      const wellSaid = typeof (theirs ?? error?.code) === "string";
      if (answer.status >= 500 || (isError && !wellSaid))
        failed.push(`${method} ${path} ${answer.text}`);
    };
    for (const [path, operations] of Object.entries((await load()).paths))
      for (const [method, { parameters = [] }] of Object.entries(operations)) {
        for (const value of nonsense) {
          const text = encodeURIComponent(value);
          const names = parameters.filter((one) => one.in === "query").map(({ name }) => name);
          const filled = path.replaceAll(/\{\w+\}/g, text);
          if (path === "/health" || filled !== path) await attempt(method.toUpperCase(), filled);
          for (const name of names) {
            const match = name === "match" || !names.includes("match") ? "" : "match=up&";
            await attempt(method.toUpperCase(), `${filled}?${match}${name}=${text}`);
            await attempt(method.toUpperCase(), `${filled}?${name}=${text}&${name}=${text}`);
          }
        }
        if (method !== "get" && method !== "delete")
          for (const body of bodies)
            await attempt(method.toUpperCase(), path.replaceAll(/\{\w+\}/g, "x"), body);
      }
    expect(failed).toEqual([]);
    // Several thousand requests.
  }, 240_000);

  it("can be read in a browser, with nothing from elsewhere", async () => {
    const page = await ask(url("/docs/api"));
    expect(page.headers.get("content-type")).toMatch(/^text\/html/);
    const files = [...page.text.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path ?? "");
    expect(files).toHaveLength(3);
    for (const path of files) {
      const file = await ask(url(path));
      expect(file.status, path).toBe(200);
      expect(file.headers.get("content-type"), path).toMatch(
        path.endsWith(".css") ? /css/ : /javascript/,
      );
      expect(file.text.length, path).toBeGreaterThan(50);
    }
  });
});
