import { createServer, request as httpRequest } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

import { serve } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { afterEach, describe, expect, it } from "vitest";

import { startCollector } from "../fixture.ts";
import { createMonitoring } from "../monitoring/index.ts";
import type { Monitoring, MonitoringOptions } from "../monitoring/index.ts";
import { expressMonitoring, fastifyMonitoring, honoMonitoring } from "./index.ts";
import type { MiddlewareOptions } from "./index.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

const addressOf = (server: Server): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function listening(server: Server): Promise<string> {
  if (!server.listening) await new Promise<void>((resolve) => server.once("listening", resolve));
  stops.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return addressOf(server);
}

/** What every application does: answer by id, read a body and work on it, fail, and hang. */
type StartApp = (monitoring: Monitoring, options?: MiddlewareOptions) => Promise<string>;

const work = (monitoring: Monitoring, text: unknown) =>
  monitoring.traceAgentOperation("writer", "draft", async () => {
    await Promise.resolve();
    return `did ${String(text)}`;
  });

const startFastify: StartApp = async (monitoring, options) => {
  const app = fastify();
  await app.register(fastifyMonitoring(monitoring, options));
  app.get("/plans/:id", async (request) => `plan ${(request.params as { id: string }).id}`);
  app.post("/work", async (request) => work(monitoring, (request.body as { text: string }).text));
  app.get("/fail", async () => {
    throw new RangeError("broken");
  });
  app.get("/hang", () => new Promise(() => {}));
  await app.listen({ port: 0, host: "127.0.0.1" });
  stops.push(() => app.close());
  return listening(app.server);
};

const startExpress: StartApp = async (monitoring, options) => {
  const app = express();
  app.use(expressMonitoring(monitoring, options));
  app.use(express.json());
  const routes = express.Router();
  routes.get("/:id", (request, response) => void response.send(`plan ${request.params.id}`));
  app.use("/plans", routes);
  app.post("/work", async (request, response) => {
    response.send(await work(monitoring, (request.body as { text: string }).text));
  });
  app.get("/fail", () => {
    throw new RangeError("broken");
  });
  app.get("/hang", () => {});
  // Without one of its own Express writes the error to the console.
  app.use((_error: Error, _request: unknown, response: express.Response, _next: unknown) => {
    response.status(500).send("broken");
  });
  return listening(createServer(app).listen(0, "127.0.0.1"));
};

const startHono: StartApp = async (monitoring, options) => {
  const app = new Hono();
  app.use(honoMonitoring(monitoring, options));
  app.get("/plans/:id", (context) => context.text(`plan ${context.req.param("id")}`));
  app.post("/work", async (context) => {
    const { text } = await context.req.json<{ text: string }>();
    return context.text(await work(monitoring, text));
  });
  app.get("/fail", () => {
    throw new RangeError("broken");
  });
  app.onError((_, context) => context.text("broken", 500));
  const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" });
  return listening(server as Server);
};

async function start(
  app: StartApp,
  more: Partial<MonitoringOptions> = {},
  options?: MiddlewareOptions,
) {
  const server = await startCollector();
  const monitoring = createMonitoring({
    url: server.url,
    service: "shop",
    register: false,
    ...more,
  });
  stops.push(server.stop, () => monitoring.shutdown({ timeoutMs: 200 }));
  return { server, monitoring, url: await app(monitoring, options) };
}

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const traceparent = `00-${TRACE}-b7ad6b7169203331-01`;

const post = (url: string) =>
  fetch(`${url}/work`, {
    method: "POST",
    headers: { "content-type": "application/json", traceparent },
    body: '{"text":"this"}',
  });

describe.each([
  ["Fastify", startFastify],
  ["Express", startExpress],
  ["Hono", startHono],
])("middleware for %s", (name, app) => {
  it("goes on in the caller's trace, and what is done inside belongs to the request", async () => {
    const { server, monitoring, url } = await start(app);
    expect(await (await post(url)).text()).toBe("did this");
    await expect.poll(() => monitoring.stats().spans.open).toBe(0);
    await monitoring.flush();
    const request = server.named("POST /work");
    expect(request).toMatchObject({ traceId: TRACE, parentSpanId: "b7ad6b7169203331", kind: 2 });
    expect(request.attributes).toEqual({
      "http.request.method": "POST",
      "url.path": "/work",
      "http.route": "/work",
      "http.response.status_code": 200,
    });
    expect(server.named("draft")).toMatchObject({ traceId: TRACE, parentSpanId: request.spanId });
  });

  it("counts by route, not by path, and failures as errors", async () => {
    const { server, monitoring, url } = await start(app);
    for (const path of ["/plans/1", "/plans/2", "/fail", "/nowhere", "/nowhere/else"]) {
      await (await fetch(url + path)).text();
    }
    await expect.poll(() => monitoring.stats().spans.open).toBe(0);
    const page = await (await fetch(`${url}/metrics`)).text();
    const series = page
      .split("\n")
      .filter((line) => line.startsWith("agent_lightning_requests_total"));
    expect(series).toEqual(
      expect.arrayContaining([
        'agent_lightning_requests_total{method="GET",endpoint="/plans/:id",status="200"} 2',
        'agent_lightning_requests_total{method="GET",endpoint="/fail",status="500"} 1',
        'agent_lightning_requests_total{method="GET",endpoint="unmatched",status="404"} 2',
      ]),
    );
    expect(page).toContain(
      'agent_lightning_errors_total{error_type="http_500",component="shop"} 1',
    );
    expect(page).toContain("process_cpu_seconds_total");
    await monitoring.flush();
    expect(server.named("GET /fail")).toMatchObject({ status: { code: 2 } });
    expect(server.received.some((span) => span.name.includes("metrics"))).toBe(false);
  });

  it("answers health from the components that were looked at", async () => {
    const { monitoring, url } = await start(app, {
      components: {
        queue: () => true,
        database: () => Promise.reject(new Error("no connection")),
      },
    });
    await monitoring.checkComponent("database");
    await monitoring.checkComponent("queue");
    const health = await fetch(`${url}/health`);
    expect(health.status).toBe(503);
    expect(await health.json()).toMatchObject({
      status: "unhealthy",
      components: { database: { message: "no connection" }, queue: { status: "healthy" } },
      summary: { total_components: 2, healthy: 1, unhealthy: 1 },
    });
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect((await fetch(`${url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${url}/health/components/queue`)).status).toBe(200);
    expect((await fetch(`${url}/health/components/none`)).status).toBe(404);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain(
      'maos_component_health_status{component="database"} 0',
    );
  });

  it("keeps metrics to those who have the token", async () => {
    const { url } = await start(app, { metricsToken: "secret" });
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    const headers = { authorization: "Bearer secret" };
    expect((await fetch(`${url}/metrics`, { headers })).status).toBe(200);
    expect(
      (await fetch(`${url}/metrics`, { headers: { authorization: "Bearer secreT" } })).status,
    ).toBe(401);
  });

  it("leaves the pages to the application when it is told to", async () => {
    const { url } = await start(app, {}, { pages: false });
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
  });

  it.skipIf(name === "Hono")("counts a client that goes away", async () => {
    const { monitoring, url } = await start(app);
    const asked = httpRequest(`${url}/hang`);
    asked.on("error", () => {});
    asked.end();
    await expect.poll(() => monitoring.stats().spans.open).toBe(1);
    asked.destroy();
    await expect.poll(() => monitoring.stats().spans.open).toBe(0);
    expect(monitoring.registry.expose()).toContain('endpoint="/hang",status="499"} 1');
  });
});
