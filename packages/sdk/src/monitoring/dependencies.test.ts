import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";

import { afterEach, describe, expect, it } from "vitest";

import { askBySockets } from "../http/sockets.ts";
import { createRegistry } from "../metrics/index.ts";
import { Components } from "./components.ts";
import { checksOf } from "./dependencies.ts";
import type { Dependency } from "./dependencies.ts";
import { createMonitoring } from "./index.ts";

const stops: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  stops.push(() => server.close());
  return (server.address() as AddressInfo).port;
}

/** A server that answers what it is asked, and keeps it. */
async function serve(answer: string | null): Promise<{ port: number; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((socket) => {
    stops.push(() => socket.destroy());
    socket.on("error", () => {});
    if (answer === "") socket.end();
    socket.on("data", (data) => {
      asked.push(data.toString("latin1"));
      if (answer !== null) socket.write(answer);
    });
  });
  return { port: await listen(server), asked };
}

const look = (dependency: Dependency, timeoutMs = 5000) => {
  const ask = askBySockets({ background: false });
  const checks = checksOf({ one: dependency }, ask, timeoutMs);
  return new Components({ checks, registry: createRegistry(), timeoutMs }).check("one");
};

describe("a dependency", () => {
  it.each<["postgresql" | "redis" | "mysql" | "tcp", string | null, string, string]>([
    ["postgresql", "N", "healthy", ""],
    ["postgresql", "S", "healthy", ""],
    ["postgresql", "HTTP/1.1 400", "unhealthy", "it answers, but not as PostgreSQL does"],
    ["postgresql", "", "unhealthy", "it closed the connection"],
    ["redis", "+PONG\r\n", "healthy", ""],
    ["redis", "-NOAUTH Authentication required.\r\n", "healthy", ""],
    ["redis", "-LOADING in memory\r\n", "degraded", "-LOADING in memory"],
    ["redis", "hello", "unhealthy", "it answers, but not as Redis does"],
    ["mysql", null, "healthy", ""],
    ["tcp", null, "healthy", ""],
  ])("of the type %s that answers %j is %s", async (type, answer, status, message) => {
    const { port } = await serve(answer);
    expect(await look({ type, host: "127.0.0.1", port })).toMatchObject({ status, message });
  });

  it("is asked what needs no password", async () => {
    const { port, asked } = await serve("N");
    await look({ type: "postgresql", host: "127.0.0.1", port });
    expect(asked).toEqual(["\0\0\0\b\u0004\u00d2\u0016/"]);
  });

  it("that says nothing is unhealthy after its time", async () => {
    const { port } = await serve(null);
    const found = await look({ type: "redis", host: "127.0.0.1", port }, 100);
    expect(found).toMatchObject({ status: "unhealthy", message: "it did not answer in time" });
  });

  it("that is not there is unhealthy", async () => {
    const gone = createServer();
    const port = await listen(gone);
    await new Promise((resolve) => gone.close(resolve));
    const found = await look({ type: "tcp", host: "127.0.0.1", port });
    expect(found).toMatchObject({ status: "unhealthy", message: /ECONNREFUSED/ });
  });

  it.each([
    [204, "healthy"],
    [302, "healthy"],
    [404, "degraded"],
    [503, "unhealthy"],
  ])("of the type http that answers %d is %s", async (code, status) => {
    const port = await listen(
      createHttpServer((_, response) => {
        response.writeHead(code, { location: "/elsewhere", connection: "close" }).end();
      }),
    );
    expect(await look({ type: "http", url: `http://127.0.0.1:${port}/` })).toMatchObject({
      status,
      message: status === "healthy" ? "" : `it answered ${code}`,
    });
  });

  it.each<[string, unknown]>([
    ["type", { type: "oracle", host: "a" }],
    ["host", { type: "redis" }],
    ["port", { type: "tcp", host: "a" }],
    ["port", { type: "redis", host: "a", port: 70_000 }],
    ["URL", { type: "http", url: "not one" }],
  ])("with a wrong %s is a mistake of the configuration", (what, dependency) => {
    const dependencies = { one: dependency as Dependency };
    const url = "http://127.0.0.1:1";
    expect(() => createMonitoring({ url, service: "a", register: false, dependencies })).toThrow(
      what,
    );
  });

  it("stands on the pages of the process", async () => {
    const { port } = await serve("+PONG\r\n");
    const fleet = createMonitoring({
      url: "http://127.0.0.1:1",
      service: "a",
      register: false,
      dependencies: { cache: { type: "redis", host: "127.0.0.1", port } },
    });
    stops.push(() => fleet.shutdown({ timeoutMs: 1 }));
    await fleet.checkComponent("cache");
    const page = await fleet.pages.answer("GET", "/health/dependencies/cache", {});
    expect(page).toMatchObject({ status: 200, body: /"healthy"/ });
    expect(fleet.registry.expose()).toContain('maos_component_health_status{component="cache"} 2');
  });
});
