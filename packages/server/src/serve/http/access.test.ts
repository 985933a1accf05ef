import { writeFileSync } from "node:fs";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";

import type { ErrorBody } from "@fleetlight/contract";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { startServer, type RunningServer } from "#app";
import type { ConfigInput } from "#config";

import { ask, connect, makeSite, refusal } from "../fixture.ts";

const TOKENS = { reader: "r-e-a-d", writer: "w-r-i-t-e", admin: "a-d-m-i-n" };
const auth: ConfigInput["auth"] = {
  tokens: [
    { name: "reader", token: TOKENS.reader, scopes: ["read"] },
    { name: "writer", token: TOKENS.writer, scopes: ["write"] },
    { name: "admin", token: TOKENS.admin, scopes: ["admin"] },
  ],
};

const place = makeSite();
const file = join(place.directory, "fleet.json");
const write = (config: ConfigInput) => writeFileSync(file, JSON.stringify(config));
write({ auth });
const site = makeSite({}, file);
let server: RunningServer;
beforeAll(async () => {
  server = await startServer(site);
});
afterAll(async () => {
  await server.stop();
  site.remove();
  place.remove();
});

/** Puts a configuration in force without a restart. */
const configure = async (config: ConfigInput) => {
  write(config);
  expect(await site.manager.reload()).toMatchObject({ ok: true });
};
const as = (holder: keyof typeof TOKENS) => ({ authorization: `Bearer ${TOKENS[holder]}` });
const call = (path: string, method = "GET", headers: Record<string, string> = {}) =>
  ask(server.url + path, { method, headers });
const errorOf = ({ status, body }: { status: number; body: ErrorBody }) => [
  status,
  body.error.code,
];

/** A path exactly as written, with an optional token. */
const rawStatus = (path: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const socket = connectTcp(Number(new URL(server.url).port), "127.0.0.1");
    socket.on("error", reject);
    socket.once("data", (chunk) => {
      resolve(Number(/^HTTP\/1.1 (\d+)/.exec(String(chunk))?.[1]));
      socket.destroy();
    });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
  });

describe("with tokens", () => {
  beforeEach(() => configure({ auth }));

  it.each([
    "/-/healthy",
    "/-/ready",
    "/health/live",
    "/health/ready",
    "/health/live/",
    "/",
    "/dashboard",
    "/dashboard/alerts",
    "/docs/api",
    "/docs/api/start.js",
  ])("%s is open", async (path) => expect([200, 503]).toContain((await call(path)).status));

  it.each([
    "/health",
    "/metrics",
    "/openapi.json",
    "/api/v1/services",
    "/api/v1/metrics",
    "/api/v1/alerts",
    "/api/v1/overview",
    "/api/v1/events",
    "/api/v1/dashboard/config",
    "/dashboard/metrics",
    "/dashboard/health",
  ])("%s is closed without one, and open with one that may read", async (path) => {
    const refused = await call(path);
    expect(errorOf(refused)).toEqual([401, "unauthorized"]);
    expect(refused.headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect(errorOf(await call(path, "GET", { authorization: "Bearer guess" }))).toEqual([
      401,
      "unauthorized",
    ]);
    expect(errorOf(await call(`${path}?access_token=${TOKENS.reader}`))).toEqual([
      401,
      "unauthorized",
    ]);
    expect((await call(path, "HEAD")).status).toBe(401);
    for (const holder of ["reader", "writer", "admin"] as const)
      expect((await call(path, "GET", as(holder))).status, holder).toBe(200);
  });

  it("no way of writing a path gets around them", async () => {
    for (const path of [
      "/dashboard/metrics/",
      "/dashboard/metri%63s",
      "/dashboard/metrics?x=/assets/",
      "/dashboard/health/",
      "/api/v1/%73ervices",
      "/api/v1/services/",
      "/-/%72eload",
    ])
      expect([401, 404], path).toContain(await rawStatus(path));
    for (const path of ["/-/reload", "/-/reload/", "/%2D/reload", "/-/relo%61d"]) {
      const answer = await call(path, "POST", as("writer"));
      expect(errorOf(answer), path).toEqual([403, "forbidden"]);
    }
  });

  it("writing takes write, and operating takes admin", async () => {
    const paths = [
      ["POST", "/api/v1/services/none/heartbeat"],
      ["DELETE", "/api/v1/services/none"],
      ["DELETE", "/api/v1/alerts/rules/none"],
    ] as const;
    for (const [method, path] of paths) {
      expect(errorOf(await call(path, method)), path).toEqual([401, "unauthorized"]);
      const refused = await call(path, method, as("reader"));
      expect(errorOf(refused), path).toEqual([403, "forbidden"]);
      expect(refused.body.error.message).toBe('the token "reader" may not write');
      expect((await call(path, method, as("writer"))).status, path).toBe(404);
      expect((await call(path, method, as("admin"))).status, path).toBe(404);
    }
    expect((await call("/-/reload", "POST", as("writer"))).status).toBe(403);
    expect((await call("/-/reload", "POST", as("admin"))).status).toBe(200);
  });

  it("the live feed takes one in the header or in the URL", async () => {
    const url = `${server.url}/ws`;
    expect(errorOf(await refusal(url))).toEqual([401, "unauthorized"]);
    expect(errorOf(await refusal(`${url}?access_token=guess`))).toEqual([401, "unauthorized"]);
    for (const client of [
      await connect(url, { headers: as("reader") }),
      await connect(`${url}?access_token=${TOKENS.reader}`),
    ]) {
      expect((await client.next("hello")).server).toBe("fleetlight");
      client.socket.close();
    }
  });

  it("a token that is taken out of the file no longer opens anything", async () => {
    await configure({ auth: { tokens: auth?.tokens?.slice(1) ?? [] } });
    expect((await call("/api/v1/services", "GET", as("reader"))).status).toBe(401);
    expect((await call("/api/v1/services", "GET", as("writer"))).status).toBe(200);
  });
});

it("mode none lets everybody in although there are tokens", async () => {
  await configure({ auth: { ...auth, mode: "none" } });
  expect((await call("/api/v1/services")).status).toBe(200);
  expect((await call("/-/reload", "POST")).status).toBe(200);
});

describe("a client that asks too often", () => {
  const limited: ConfigInput = { server: { rate_limit: { requests_per_minute: 5 } } };

  it("is refused with the time to wait, guesses of tokens and paths included; probes still answer", async () => {
    await configure({ ...limited, auth });
    const answers = [];
    for (const path of [
      "/nowhere",
      "/api/v1/services",
      "/dashboard",
      "/api/v1/alerts",
      "/x",
      "/y",
      "/health",
    ])
      answers.push(await call(path));
    const late = answers.at(-1);
    if (late === undefined) throw new Error("no answer");
    expect(errorOf(late)).toEqual([429, "rate_limited"]);
    expect(late.body.error.message).toMatch(/at most 5 a minute/);
    expect(Number(late.headers.get("retry-after"))).toBeGreaterThan(0);
    for (const path of ["/-/ready", "/health/live"]) expect((await call(path)).status).toBe(200);
  });

  it("is let in again when the limit is raised or lifted, and the refusals are counted", async () => {
    await configure({ server: { rate_limit: { requests_per_minute: 0 } } });
    const metrics = await call("/metrics");
    expect(metrics.status).toBe(200);
    const refused = /^fleetlight_http_requests_rate_limited_total (\d+)$/m.exec(metrics.text)?.[1];
    expect(Number(refused)).toBeGreaterThan(0);
  });
});
