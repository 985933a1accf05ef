import { connect as connectTcp } from "node:net";

import { ServerMessage } from "@fleetlight/contract";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";

import { startServer, type RunningServer } from "#app";

import { ask, connect, makeSite, refusal, startService, until } from "../fixture.ts";

const site = makeSite({
  monitoring: { health_check_interval: "200ms", refresh_interval: "300ms" },
  scrape: { interval: "200ms" },
  server: { cors: { origins: ["https://console.example"] } },
});
let server: RunningServer;
let agent: Awaited<ReturnType<typeof startService>>;
const clients: Awaited<ReturnType<typeof connect>>[] = [];
beforeAll(async () => {
  agent = await startService('queue_length{shard="a"} 3\nodd NaN\n');
  server = await startServer(site);
  await register("agent-1");
});
afterEach(() => {
  for (const client of clients.splice(0)) {
    // Everything that was ever sent keeps to the contract.
    for (const message of client.messages) ServerMessage.parse(message);
    client.socket.terminate();
  }
});
afterAll(async () => {
  await server.stop();
  agent.close();
  site.remove();
});

const register = (id: string, more: object = {}, tenant = "default") =>
  ask(`${server.url}/api/v1/services/register`, {
    json: { id, name: id, url: agent.url, ...more },
    headers: { "x-scope-orgid": tenant },
  });
const open = async (options = {}) => {
  const client = await connect(`${server.url}/ws`, options);
  clients.push(client);
  return client;
};
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const counter = async (name: string) =>
  Number(new RegExp(`^${name} (\\S+)$`, "m").exec((await ask(`${server.url}/metrics`)).text)?.[1]);

it("greets with its protocol and the overview, and repeats the overview at its interval", async () => {
  const client = await open();
  expect(await client.next("hello")).toEqual({
    type: "hello",
    protocol: 1,
    server: "fleetlight",
    version: "1.2.3-test",
    topics: ["overview", "health", "alerts", "events", "samples"],
  });
  const first = await client.next("overview");
  expect([first.services_count, first.active_alerts]).toEqual([1, 0]);
  await until(
    () => client.messages.filter(({ type }) => type === "overview").length,
    (count) => count >= 3,
  );
  expect(client.messages[0]?.type).toBe("hello");
  expect(client.messages.some(({ type }) => type === "event" || type === "samples")).toBe(false);
});

it("tells of services as they are registered, checked and removed, and of events to who wants them", async () => {
  const client = await open();
  client.send({ type: "subscribe", topics: ["events"] });
  expect((await client.next("subscribed")).topics.toSorted()).toEqual([
    "alerts",
    "events",
    "health",
    "overview",
  ]);
  await register("newcomer");
  expect((await client.next("event", ({ event }) => event.service === "newcomer")).event.type).toBe(
    "service.registered",
  );
  await client.next(
    "service",
    ({ service }) => service.id === "newcomer" && service.status === "healthy",
  );
  await ask(`${server.url}/api/v1/services/newcomer`, { method: "DELETE" });
  await client.next("service_removed", ({ id }) => id === "newcomer");
  await client.next("event", ({ event }) => event.type === "service.removed");
});

it("tells those who come after everybody had gone", async () => {
  const former = await open();
  await former.next("hello");
  former.socket.terminate();
  // Longer than nobody is waited for.
  await pause(600);
  const client = await open();
  await client.next("hello");
  await register("latecomer");
  const told = await client.next("service", ({ service }) => service.id === "latecomer");
  expect(told.service.name).toBe("latecomer");
  await ask(`${server.url}/api/v1/services/latecomer`, { method: "DELETE" });
  await client.next("service_removed", ({ id }) => id === "latecomer");
});

it("tells of an alert as it fires and as it resolves", async () => {
  const client = await open();
  const rule = { id: "long", name: "Long", metric: "queue_length", condition: ">", threshold: 10 };
  await ask(`${server.url}/api/v1/alerts/rules`, { json: rule });
  agent.state.page = 'queue_length{shard="a"} 30\nodd NaN\n';
  const firing = await client.next("alert", ({ alert }) => alert.state === "firing");
  expect(firing.alert).toMatchObject({ rule_id: "long", service: "agent-1", value: 30 });
  agent.state.page = 'queue_length{shard="a"} 3\nodd NaN\n';
  const resolved = await client.next("alert", ({ alert }) => alert.state === "resolved");
  expect(resolved.alert.id).toBe(firing.alert.id);
});

it("sends samples of the series that were asked for: labels once, then only what is new", async () => {
  const client = await open();
  client.send({
    type: "subscribe",
    topics: ["samples"],
    match: ['queue_length{shard="a"}', "odd"],
  });
  const of = (id: string | undefined) =>
    client.messages
      .flatMap((message) => (message.type === "samples" ? message.series : []))
      .filter((one) => one.id === id);
  const first = await client.next("samples", ({ series }) =>
    series.some(({ labels }) => labels?.shard === "a"),
  );
  const queue = first.series.find(({ labels }) => labels?.shard === "a");
  expect(queue).toMatchObject({
    labels: { __name__: "queue_length", service: "agent-1" },
    values: [3],
  });
  const parts = await until(
    () => of(queue?.id),
    (found) => found.length >= 3,
  );
  expect(parts.filter(({ labels }) => labels !== undefined)).toHaveLength(1);
  const times = parts.flatMap(({ timestamps }) => timestamps);
  expect(new Set(times).size).toBe(times.length);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  const odd = await client.next("samples", ({ series }) =>
    series.some(({ labels }) => labels?.__name__ === "odd"),
  );
  expect(odd.series.find(({ labels }) => labels?.__name__ === "odd")?.values).toEqual([null]);

  client.send({ type: "unsubscribe", topics: ["samples"] });
  await client.next("subscribed", ({ topics }) => !topics.includes("samples"));
  const count = of(queue?.id).length;
  await pause(600);
  expect(of(queue?.id)).toHaveLength(count);
});

it("answers what it does not understand, and goes on", async () => {
  const client = await open();
  for (const text of [
    "not json",
    "7",
    '{"type":"dance"}',
    '{"type":"subscribe","topics":["weather"]}',
    '{"type":"subscribe","topics":["samples"],"match":["a{"]}',
    '{"type":"subscribe","topics":[]}',
  ])
    client.socket.send(text);
  client.socket.send(Buffer.from([0xff, 0x00, 0x7b]));
  const errors = await until(
    () => client.messages.filter((one) => one.type === "error"),
    (found) => found.length === 7,
  );
  for (const { error } of errors) expect(error.code).toBe("bad_request");
  client.send({ type: "ping" });
  expect(Date.parse((await client.next("pong")).timestamp)).toBeGreaterThan(Date.now() - 60_000);
  expect(client.messages.some(({ type }) => type === "subscribed")).toBe(false);
});

it("closes the connection that sends a message that is too large, and no other", async () => {
  const [careless, careful] = [await open(), await open()];
  careless.socket.send("x".repeat(65 * 1024));
  expect(await careless.closed).toBe(1009);
  careful.send({ type: "ping" });
  await careful.next("pong");
});

it("drops a client that does not read, counts it, and keeps the others", async () => {
  const dropped = await counter("fleetlight_websocket_clients_dropped_total");
  const [slow, reader] = [await open(), await open()];
  await slow.next("hello");
  slow.socket.pause();
  const labels = Object.fromEntries(
    Array.from({ length: 50 }, (_, i) => [`label_${i}`, "x".repeat(4000)]),
  );
  const ids = Array.from({ length: 20 }, (_, i) => `large-${i}`);
  for (const id of ids)
    await register(id, { labels, check: { mode: "none" }, scrape: { enabled: false } });
  await until(
    async () => {
      for (const id of ids)
        await ask(`${server.url}/api/v1/services/${id}/heartbeat`, { method: "POST" });
      return counter("fleetlight_websocket_clients_dropped_total");
    },
    (count) => count > dropped,
    15_000,
  );
  slow.socket.resume();
  expect(await slow.closed).toBe(1006);
  reader.send({ type: "ping" });
  await reader.next("pong");
  for (const id of ids) await ask(`${server.url}/api/v1/services/${id}`, { method: "DELETE" });
}, 30_000);

it("keeps tenants apart", async () => {
  const [ours, theirs] = [await open(), await open({ headers: { "x-scope-orgid": "other" } })];
  for (const client of [ours, theirs]) client.send({ type: "subscribe", topics: ["events"] });
  await theirs.next("subscribed");
  await register("foreign", {}, "other");
  expect((await theirs.next("event")).event.service).toBe("foreign");
  await theirs.next("service", ({ service }) => service.last_scrape?.up === true);
  for (const client of [ours, theirs])
    client.send({ type: "subscribe", topics: ["samples"], match: ["queue_length"] });
  const samples = await theirs.next("samples");
  expect(samples.series.map(({ labels }) => labels?.service)).toEqual(["foreign"]);
  await ours.next("samples");
  expect(JSON.stringify(ours.messages)).not.toContain("foreign");
  expect(JSON.stringify(theirs.messages)).not.toContain("agent-1");
  const headers = { "x-scope-orgid": "other" };
  await ask(`${server.url}/api/v1/services/foreign`, { method: "DELETE", headers });
});

it("refuses pages of other origins, other paths and bad tenants, in the contract's words", async () => {
  const url = `${server.url}/ws`;
  for (const origin of ["https://evil.example", "null", "not a url"])
    expect(await refusal(url, { origin }), origin).toMatchObject({
      status: 403,
      body: { error: { code: "forbidden" } },
    });
  expect(await refusal(`${server.url}/other`)).toMatchObject({
    status: 404,
    body: { error: { code: "not_found" } },
  });
  expect(await refusal(url, { headers: { "x-scope-orgid": "a/b" } })).toMatchObject({
    status: 400,
  });
  for (const origin of ["https://console.example", server.url])
    (await open({ origin })).socket.close();
});

it("survives upgrades that are nonsense, and clients that vanish while they are refused", async () => {
  const port = Number(new URL(server.url).port);
  for (const path of ["//", "http://[", "/ws?%zz", "*", "/ws?access_token=%"]) {
    const socket = connectTcp(port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    );
    await pause(20);
    socket.resetAndDestroy();
  }
  await pause(100);
  expect((await ask(`${server.url}/-/ready`)).status).toBe(200);
});
