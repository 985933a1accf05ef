import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

import { afterEach, describe, expect, it, vi } from "vitest";

import { createFleetlightClient as createBrowserClient } from "./browser.ts";
import { FleetlightError } from "./index.ts";
import { createFleetlightClient } from "./node.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

type Route = (request: IncomingMessage, response: ServerResponse, body: string) => void;

/** A real HTTP server that keeps what it was asked. */
async function serve(
  route: Route,
  port = 0,
): Promise<{ url: string; log: string[]; server: Server }> {
  const log: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => (body += chunk.toString()));
    request.on("end", () => {
      log.push(`${request.method} ${request.url}`);
      route(request, response, body);
    });
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const stop = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  stops.push(stop);
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, log, server };
}

const json = (response: ServerResponse, status: number, body: unknown) =>
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));

/** Registers, takes heartbeats and forgets, as the server does. */
function registrar(known: Set<string>): Route {
  return (request, response, body) => {
    if (request.url === "/api/v1/services/register") {
      const { id } = JSON.parse(body) as { id: string };
      const status = known.has(id) ? "updated" : "registered";
      known.add(id);
      return json(response, 200, { status, service_id: id });
    }
    const id = /^\/api\/v1\/services\/([^/]+)/.exec(request.url ?? "")?.[1] ?? "";
    if (!known.has(id)) return json(response, 404, { error: { code: "not_found", message: "no" } });
    if (request.method === "DELETE") known.delete(id);
    return json(response, 200, {});
  };
}

const registration = { id: "planner", name: "Planner", url: "http://127.0.0.1:1" };

describe.each([
  ["Node's sockets", createFleetlightClient],
  ["fetch, as in a browser", createBrowserClient],
  ["a fetch of the host's", (options) => createFleetlightClient({ ...options, fetch })],
] satisfies [string, typeof createFleetlightClient][])("client, through %s", (_way, create) => {
  it("sends the token and the body, and answers what the server says", async () => {
    let seen: unknown;
    const { url, log } = await serve((request, response, body) => {
      seen = [request.headers.authorization, request.headers["content-type"], JSON.parse(body)];
      json(response, 200, { status: "registered", service_id: "planner" });
    });
    const client = create({ url: `${url}/`, token: "secret" });
    const answer = await client.register({ ...registration, labels: { component: "agents" } });
    expect(answer.status).toBe("registered");
    expect(seen).toEqual([
      "Bearer secret",
      "application/json",
      { ...registration, labels: { component: "agents" } },
    ]);
    expect(log).toEqual(["POST /api/v1/services/register"]);
  });

  it("keeps ids inside their place in the path", async () => {
    const { url, log } = await serve((_, response) => json(response, 200, {}));
    const client = create({ url: `${url}/fleet` });
    await client.heartbeat("a/../b?x");
    await client.removeRule("r#1");
    expect(log).toEqual([
      "POST /fleet/api/v1/services/a%2F..%2Fb%3Fx/heartbeat",
      "DELETE /fleet/api/v1/alerts/rules/r%231",
    ]);
  });

  it("turns a refusal into an error with the server's code and fields", async () => {
    const details = [{ path: "url", message: "an http:// or https:// URL" }];
    const { url } = await serve((_, response) =>
      json(response, 400, { error: { code: "invalid", message: "wrong", details } }),
    );
    const error = await create({ url })
      .services()
      .catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(FleetlightError);
    expect(error).toMatchObject({ code: "invalid", status: 400, details, retryable: false });
  });

  const failures: [string, Route, string][] = [
    ["a proxy's error page", (_, r) => r.writeHead(502).end("<h1>Bad</h1>"), "http_502"],
    ["an answer that is not JSON", (_, r) => r.end("hello"), "bad_answer"],
    ["a connection that breaks", (request) => request.socket.destroy(), "unreachable"],
    ["silence", () => {}, "timeout"],
    [
      "an endless body",
      (_, r) => {
        const chunk = Buffer.alloc(1 << 20, 32);
        const more = (): void => {
          while (!r.destroyed && r.write(chunk));
        };
        r.on("drain", more);
        more();
      },
      "bad_answer",
    ],
  ];
  for (const [what, route, code] of failures) {
    it(`rejects on ${what} with ${code}`, async () => {
      const { url } = await serve(route);
      const client = create({ url, timeoutMs: code === "timeout" ? 100 : 5000 });
      await expect(client.services()).rejects.toMatchObject({ name: "FleetlightError", code });
    });
  }

  it("reads the health of a degraded server", async () => {
    const { url } = await serve((_, response) => json(response, 503, { status: "degraded" }));
    expect((await create({ url }).health()).status).toBe("degraded");
  });

  it("refuses an address that is none", () => {
    expect(() => create({ url: "file:///etc" })).toThrow(TypeError);
  });
});

describe("keepRegistered", () => {
  const fast = { heartbeatIntervalMs: 50, retryBaseMs: 20, retryMaxMs: 60, random: () => 0 };

  it("registers, sends heartbeats, and removes the service on stop", async () => {
    const known = new Set<string>();
    const { url, log } = await serve(registrar(known));
    const kept = createFleetlightClient({ url }).keepRegistered(registration, fast);
    await vi.waitFor(
      () => expect(log.filter((one) => one.endsWith("/heartbeat")).length).toBeGreaterThan(1),
      15_000,
    );
    expect(kept.registered).toBe(true);
    await kept.stop();
    await kept.stop();
    expect(known.size).toBe(0);
    expect(log.at(0)).toBe("POST /api/v1/services/register");
    expect(log.at(-1)).toBe("DELETE /api/v1/services/planner");
    const calls = log.length;
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(log.length).toBe(calls);
  });

  it("stays on the server's list when told not to deregister", async () => {
    const known = new Set<string>();
    const { url } = await serve(registrar(known));
    const kept = createFleetlightClient({ url }).keepRegistered(registration, fast);
    await vi.waitFor(() => expect(kept.registered).toBe(true), 15_000);
    await kept.stop({ deregister: false });
    expect(known.has("planner")).toBe(true);
  });

  it("registers again with a server that has forgotten the service", async () => {
    const known = new Set<string>();
    const { url } = await serve(registrar(known));
    const answers: string[] = [];
    const onError = vi.fn<(error: FleetlightError) => void>();
    const kept = createFleetlightClient({ url }).keepRegistered(registration, {
      ...fast,
      onError,
      onRegistered: (status) => answers.push(status),
    });
    await vi.waitFor(() => expect(answers).toHaveLength(1), 15_000);
    known.clear();
    await vi.waitFor(() => expect(answers).toEqual(["registered", "registered"]), 15_000);
    expect(onError).not.toHaveBeenCalled();
    await kept.stop();
  });

  it("keeps trying until a server appears, and reports each failure", async () => {
    const probe = await serve(() => {});
    const { port } = new URL(probe.url);
    await stops.pop()?.();
    const onError = vi.fn<(error: FleetlightError) => void>(() => {
      throw new Error("the host's own callback fails");
    });
    const client = createFleetlightClient({ url: probe.url });
    const kept = client.keepRegistered(registration, { ...fast, onError });
    await vi.waitFor(() => expect(onError.mock.calls.length).toBeGreaterThan(2), 15_000);
    expect(kept.registered).toBe(false);
    await serve(registrar(new Set()), Number(port));
    await vi.waitFor(() => expect(kept.registered).toBe(true), 15_000);
    await kept.stop();
  });

  it("does not hammer a server that refuses the registration", async () => {
    const { url, log } = await serve((_, response) =>
      json(response, 400, { error: { code: "invalid", message: "no" } }),
    );
    const kept = createFleetlightClient({ url }).keepRegistered(registration, {
      ...fast,
      retryBaseMs: 1,
      retryMaxMs: 400,
    });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(log).toHaveLength(1);
    await kept.stop();
  });
});
