import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener, type Server } from "node:http";
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server as TcpServer,
} from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import type {
  DeliveryList,
  ErrorBody,
  EventList,
  Health,
  Overview,
  RuleList,
  Service,
  ServiceList,
} from "@fleetlight/contract";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { startProduct, type Product } from "./support/product.ts";

const CLI = fileURLToPath(new URL("../packages/cli/src/main.ts", import.meta.url));

let directory = "";
let dataDir = "";
let products: Product[] = [];
let servers: (Server | TcpServer)[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "fleetlight-operation-"));
  dataDir = join(directory, "data");
});
afterEach(async () => {
  await Promise.all(products.map((product) => product.kill().catch(() => undefined)));
  for (const server of servers) {
    if ("closeAllConnections" in server) server.closeAllConnections();
    server.close();
  }
  [products, servers] = [[], []];
  await rm(directory, { recursive: true, force: true });
});

const start = async (args: string[] = [], env: Record<string, string> = {}) => {
  const product = await startProduct({ dataDir, args, env });
  products.push(product);
  return product;
};

/** Runs the command until it ends by itself. */
const run = (args: string[], env: Record<string, string> = {}) =>
  new Promise<{ code: number; output: string }>((resolve) => {
    const options = { env: { ...process.env, ...env }, timeout: 60_000 };
    execFile(process.execPath, [CLI, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
  });

const listen = async <T extends Server | TcpServer>(
  server: T,
  port = 0,
): Promise<T & { port: number }> => {
  servers.push(server);
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(server, { port: (server.address() as AddressInfo).port });
};
const serve = (handler: RequestListener, port = 0) => listen(createServer(handler), port);

/** A port on which nobody listens. */
async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function json<T>(url: string, init?: RequestInit): Promise<T> {
  return (await (await fetch(url, init)).json()) as T;
}
const post = <T>(url: string, body: unknown) =>
  json<T>(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

async function until<T>(
  get: () => Promise<T> | T,
  wanted: (value: T) => boolean,
  timeoutMs = 30_000,
): Promise<T> {
  const endsAt = Date.now() + timeoutMs;
  for (;;) {
    const value = await get();
    if (wanted(value)) return value;
    if (Date.now() > endsAt) throw new Error(`waited in vain; last: ${JSON.stringify(value)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe("a running server", () => {
  it("stops on SIGTERM with code 0 at once, although clients hold on to it and work is under way", async () => {
    const hanging = await serve(() => {});
    const { url, stop } = await start([], { FLEETLIGHT_SCRAPE__INTERVAL: "200ms" });
    for (let i = 0; i < 20; i++)
      await post(`${url}/api/v1/services/register`, {
        id: `s${i}`,
        name: "s",
        url: `http://127.0.0.1:${hanging.port}`,
        check: { interval_seconds: 0.2, timeout_seconds: 30 },
      });
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
    await once(socket, "message");
    const startedAt = performance.now();
    expect(await stop()).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(20_000);
    await expect(fetch(url)).rejects.toThrow(/fetch failed/);
  });

  it("answers a hundred collections by ten clients at once, all of them", async () => {
    const { url } = await start();
    const asked = ["/metrics", `/api/v1/query?${new URLSearchParams({ query: "vector(1)" })}`];
    const client = async (number: number) => {
      const statuses: number[] = [];
      for (let round = 0; round < 10; round++)
        for (const path of asked) {
          const answer = await fetch(url + path);
          const text = await answer.text();
          const whole = path === "/metrics" ? "fleetlight_build_info{" : '"value":[';
          statuses.push(text.includes(whole) ? answer.status : -1);
        }
      return { number, statuses };
    };
    const results = await Promise.all(Array.from({ length: 10 }, (_, number) => client(number)));
    for (const { number, statuses } of results)
      expect(statuses, `client ${number}`).toEqual(Array.from({ length: 20 }, () => 200));
  });

  it("keeps others away from its data, and they say what to do", async () => {
    const { url } = await start();
    const second = await run(["serve", "--port", "0", "--data-dir", dataDir]);
    expect(second.code).toBe(1);
    expect(second.output).toMatch(
      /another Fleetlight process uses the data directory .*; stop it, or choose another with --data-dir/,
    );
    expect((await fetch(`${url}/-/ready`)).status).toBe(200);
  });

  it("answers the console on its second port as well", async () => {
    const port = await freePort();
    const { url, stop } = await start(["--dashboard-port", String(port)]);
    for (const origin of [url, `http://127.0.0.1:${port}`]) {
      expect((await fetch(`${origin}/-/ready`)).status, origin).toBe(200);
      expect((await fetch(`${origin}/dashboard`)).headers.get("content-type"), origin).toMatch(
        /^text\/(html|plain)/,
      );
      expect((await json<Overview>(`${origin}/api/v1/overview`)).services.total, origin).toBe(0);
    }
    const socket = new WebSocket(`ws://127.0.0.1:${port}/ws`);
    await once(socket, "message");
    expect(await stop()).toBe(0);
  });

  it("takes settings from the environment, and says which variable is wrong", async () => {
    const { url } = await start([], {
      FLEETLIGHT_MONITORING__MAX_DATA_POINTS: "77",
      FLEETLIGHT_SERVER__RATE_LIMIT__REQUESTS_PER_MINUTE: "1234",
    });
    const answer = await fetch(`${url}/api/v1/dashboard/config`);
    expect(answer.headers.get("x-ratelimit-limit")).toBe("1234");
    expect(await answer.json()).toMatchObject({ max_data_points: 77 });
    const wrong = await run(["serve"], { FLEETLIGHT_MONITORING__MAX_DATA_POINTS: "many" });
    expect(wrong.code).toBe(1);
    expect(wrong.output).toMatch(
      /FLEETLIGHT_MONITORING__MAX_DATA_POINTS: monitoring\.max_data_points: expected number/,
    );
  });
});

it("is not put before other machines without authentication, unless that is written down", async () => {
  const refused = await run(["serve", "--host", "0.0.0.0", "--port", "0", "--data-dir", dataDir]);
  expect(refused.code).toBe(1);
  expect(refused.output).toMatch(
    /0\.0\.0\.0 can be reached by other machines.*auth\.tokens.*auth\.mode: none/,
  );
  const open = await start(["--host", "0.0.0.0"], { FLEETLIGHT_AUTH__MODE: "none" });
  expect((await fetch(`http://127.0.0.1:${new URL(open.url).port}/health/live`)).status).toBe(200);
});

describe("a new configuration", () => {
  const rule = (threshold: number) => `alerting:
  rules:
    busy: { name: Busy, metric: queue_length, condition: ">", threshold: ${threshold} }
`;
  const thresholdOf = async (url: string) =>
    (await json<RuleList>(`${url}/api/v1/alerts/rules`)).rules.find(({ id }) => id === "busy")
      ?.threshold;

  it("takes effect when the file changes, on SIGHUP and on request, and everything else goes on", async () => {
    const file = join(directory, "fleet.yaml");
    await writeFile(file, rule(1));
    const product = await start(["--config", file]);
    const { url } = product;
    await post(`${url}/api/v1/services/register`, {
      id: "kept",
      name: "Kept",
      url,
      check: { mode: "none" },
    });
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws`);
    await once(socket, "message");
    expect(await thresholdOf(url)).toBe(1);

    await writeFile(file, rule(2));
    await until(
      () => thresholdOf(url),
      (threshold) => threshold === 2,
    );

    // A file that is read on request needs nobody who watches it.
    await writeFile(file, `server: { reload: false }\n${rule(3)}`);
    product.process.kill("SIGHUP");
    await until(
      () => thresholdOf(url),
      (threshold) => threshold === 3,
    );

    await writeFile(file, rule(4));
    const answer = await json<{ status: string; changed: string[] }>(`${url}/-/reload`, {
      method: "POST",
    });
    expect(answer.status).toBe("reloaded");
    await until(
      () => thresholdOf(url),
      (threshold) => threshold === 4,
    );

    expect(
      (await json<ServiceList>(`${url}/api/v1/services`)).services.map(({ id }) => id),
    ).toEqual(["kept"]);
    expect(socket.readyState).toBe(WebSocket.OPEN);
    const { events } = await json<EventList>(`${url}/api/v1/events?type=config.reloaded`);
    expect(events.length).toBeGreaterThanOrEqual(3);
    expect(events[0]?.attributes.changed).toContain("alerting.rules.busy.threshold");
  });

  it("that is wrong is refused with line and reason, shows in /health, and can be corrected", async () => {
    const file = join(directory, "fleet.yaml");
    await writeFile(file, rule(1));
    const { url } = await start(["--config", file]);
    const health = () => json<Health>(`${url}/health`);
    await writeFile(file, rule(2).replace("threshold: 2", "threshold: lots"));
    const refused = await until(health, ({ configuration }) => configuration.status === "rejected");
    expect(refused.configuration.error).toMatch(
      /fleet\.yaml:3:\d+: alerting\.rules\.busy\.threshold: expected number/,
    );
    expect(await thresholdOf(url)).toBe(1);

    await writeFile(file, "alerting: [\n");
    const answer = await fetch(`${url}/-/reload`, { method: "POST" });
    const { error } = (await answer.json()) as ErrorBody;
    expect([answer.status, error.code]).toEqual([400, "config_invalid"]);
    expect(error.message).toMatch(/fleet\.yaml:\d+/);

    await writeFile(file, rule(5));
    await until(health, ({ configuration }) => configuration.status === "ok");
    expect(await thresholdOf(url)).toBe(5);
    const { events } = await json<EventList>(`${url}/api/v1/events?type=config.rejected`);
    expect(events.length).toBeGreaterThanOrEqual(1);
  });
});

it("delivers a notification to a webhook that was dead, also after the server itself was restarted", async () => {
  const port = await freePort();
  const env = {
    FLEETLIGHT_NOTIFICATIONS__WEBHOOK__URL: `http://127.0.0.1:${port}/hook?key=s3cret`,
    FLEETLIGHT_MONITORING__HEALTH_CHECK_INTERVAL: "200ms",
  };
  const first = await start([], env);
  await post(`${first.url}/api/v1/services/register`, {
    id: "down",
    name: "Down",
    url: `http://127.0.0.1:${await freePort()}`,
  });
  const waiting = await until(
    () => json<DeliveryList>(`${first.url}/api/v1/deliveries`),
    ({ deliveries }) => (deliveries[0]?.attempts.length ?? 0) > 0,
  );
  expect(waiting.deliveries[0]).toMatchObject({
    state: "pending",
    status: "firing",
    channel: "default/webhook[0]",
  });
  expect(waiting.deliveries[0]?.attempts[0]).toMatchObject({
    ok: false,
    error: `connection refused by 127.0.0.1:${port}`,
  });
  expect(await first.stop()).toBe(0);
  expect(first.output() + JSON.stringify(waiting)).not.toContain("s3cret");

  const bodies: { status: string; alerts: { labels: Record<string, string> }[] }[] = [];
  await serve((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      bodies.push(JSON.parse(Buffer.concat(chunks).toString()) as (typeof bodies)[number]);
      response.end();
    });
  }, port);
  const second = await start([], env);
  await until(
    () => bodies.length,
    (count) => count > 0,
    20_000,
  );
  expect(bodies[0]).toMatchObject({
    version: "4",
    status: "firing",
    alerts: [{ labels: { service: "down", rule_id: "service_down" } }],
  });
  const done = await until(
    () => json<DeliveryList>(`${second.url}/api/v1/deliveries`),
    ({ deliveries }) => deliveries[0]?.state === "delivered",
  );
  expect(done.deliveries[0]?.key).toBe(waiting.deliveries[0]?.key);
  expect(done.deliveries[0]?.attempts.length).toBeGreaterThan(1);
});

it("a target that hangs, talks nonsense, redirects into the metadata service or never ends harms nobody else", async () => {
  const good = await serve((request, response) =>
    response.end(request.url === "/metrics" ? "fine 1\n" : "{}"),
  );
  const hanging = await serve(() => {});
  const nonsense = await listen(
    createTcpServer((socket) => socket.on("error", () => {}).end("\x16\x03\x01 what?\r\n\r\n")),
  );
  const binary = await serve((request, response) =>
    response.end(request.url === "/metrics" ? Buffer.alloc(5000, 0xfe) : "{}"),
  );
  const redirecting = await serve((_request, response) =>
    response.writeHead(302, { location: "http://169.254.169.254/latest/meta-data/" }).end(),
  );
  const endless = await serve((_request, response) => {
    const line = `flood{x="${"y".repeat(1000)}"} 1\n`.repeat(60);
    const more = () => {
      while (response.writable && response.write(line));
    };
    response.on("drain", more);
    more();
  });
  const { url } = await start([], {
    FLEETLIGHT_SCRAPE__INTERVAL: "500ms",
    FLEETLIGHT_SCRAPE__BODY_SIZE_LIMIT_BYTES: "1000000",
    FLEETLIGHT_MONITORING__HEALTH_CHECK_INTERVAL: "500ms",
  });
  for (const [id, { port }] of Object.entries({
    good,
    hanging,
    nonsense,
    binary,
    redirecting,
    endless,
  }))
    await post(`${url}/api/v1/services/register`, {
      id,
      name: id,
      url: `http://127.0.0.1:${port}`,
    });
  const find = async () => {
    const { services } = await json<ServiceList>(`${url}/api/v1/services`);
    return Object.fromEntries(services.map((service) => [service.id, service])) as Record<
      string,
      Service
    >;
  };
  const found = await until(find, (all) =>
    Object.values(all).every(
      ({ last_check, last_scrape }) => last_check !== null && last_scrape !== null,
    ),
  );
  expect(found.good).toMatchObject({ status: "healthy", last_scrape: { up: true, samples: 1 } });
  expect(found.hanging).toMatchObject({ status: "unhealthy", last_scrape: { up: false } });
  expect(found.hanging?.last_check?.error).toMatch(/no (complete )?answer|time/i);
  expect(found.nonsense).toMatchObject({ status: "unhealthy", last_scrape: { up: false } });
  expect(found.binary).toMatchObject({ status: "healthy", last_scrape: { up: false } });
  expect(found.binary?.last_scrape?.error).toMatch(/line 1/);
  expect(found.redirecting).toMatchObject({ status: "unhealthy", last_scrape: { up: false } });
  expect(found.redirecting?.last_check?.error).toMatch(/169\.254\.169\.254|link-local/);
  expect(found.endless?.last_scrape).toMatchObject({
    up: false,
    error: expect.stringMatching(/1000000|larger|limit/),
  });
  const before = found.good?.last_scrape?.at ?? "";
  const after = await until(find, (all) => (all.good?.last_scrape?.at ?? "") > before, 2000);
  expect(after.good?.status).toBe("healthy");
});
