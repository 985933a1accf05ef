import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, it, vi } from "vitest";

import { startProduct, type Product } from "./support/product.ts";

const KILLS = 20;
/** Alerts that begin in each round, from outside and by a rule. */
const PER_ROUND = 6;

/** A fixed order of "random" moments: a failure can be repeated. */
let seed = 20261122;
const random = (): number => {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  return seed / 0x7fffffff;
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

interface Posted {
  alerts: { status: "firing" | "resolved"; labels: Record<string, string> }[];
}

let directory = "";
let receiver: Server;
let isHealthy = false;
let running: Product | undefined;
/** What the receiver was told last about each alert, of what it took. */
const told = new Map<string, "firing" | "resolved">();
/** Alerts that it was told fire. */
const everFired = new Set<string>();
/** How often each notification was taken. */
const taken = new Map<string, number>();

function take(request: IncomingMessage, response: ServerResponse, text: string): void {
  const id = String(request.headers["idempotency-key"]);
  taken.set(id, (taken.get(id) ?? 0) + 1);
  for (const { status, labels } of (JSON.parse(text) as Posted).alerts) {
    const name = labels["i"] ?? "";
    told.set(name, status);
    if (status === "firing") everFired.add(name);
  }
  response.end();
}

function answer(request: IncomingMessage, response: ServerResponse, text: string): void {
  const dice = isHealthy ? 1 : random();
  if (dice < 0.12) response.writeHead(500).end("out of order");
  else if (dice < 0.2) response.writeHead(429, { "Retry-After": "0" }).end();
  else if (dice < 0.3) request.socket.destroy();
  else if (dice < 0.4) setTimeout(() => take(request, response, text), 150);
  else take(request, response, text);
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "fleetlight-chaos-"));
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("error", () => undefined);
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => answer(request, response, Buffer.concat(chunks).toString()));
  }).listen(0, "127.0.0.1");
  await once(receiver, "listening");
  const { port } = receiver.address() as AddressInfo;
  await writeFile(
    join(directory, "alertmanager.yml"),
    `route: { receiver: hook, group_by: [group], group_wait: 50ms, group_interval: 200ms, repeat_interval: 1h }
receivers: [{ name: hook, webhook_configs: [{ url: "http://127.0.0.1:${port}/", timeout: 2s }] }]
`,
  );
});
afterAll(async () => {
  // Of a round that failed.
  await running?.kill();
  receiver.closeAllConnections();
  receiver.close();
  await rm(directory, { recursive: true, force: true });
});

const start = async (): Promise<Product> => {
  running = await startProduct({
    dataDir: join(directory, "data"),
    env: {
      FLEETLIGHT_ALERTING__ALERTMANAGER_CONFIG: join(directory, "alertmanager.yml"),
      FLEETLIGHT_ALERTING__BUILTIN_RULES: "false",
      FLEETLIGHT_ALERTING__EVALUATION_INTERVAL: "500ms",
      FLEETLIGHT_LOGGING__LEVEL: "fatal",
    },
  });
  return running;
};

/** @returns whether the server said that it has it. */
const send = async (url: string, method: string, type: string, body: string): Promise<boolean> => {
  const headers = { "content-type": type };
  return fetch(url, { method, headers, body }).then(
    ({ ok }) => ok,
    () => false,
  );
};

/** An alert from outside that fires, or is over. */
const postAlert = (url: string, name: string, isOver: boolean): Promise<boolean> => {
  const labels = { alertname: "Chaos", i: name, group: `g${name.length % 2}` };
  const now = Date.now();
  const endsAt = new Date(isOver ? now : now + 3_600_000).toISOString();
  const body = JSON.stringify([{ labels, endsAt, startsAt: new Date(now - 1).toISOString() }]);
  return send(`${url}/api/v2/alerts`, "POST", "application/json", body);
};

/** A series over the threshold of the rule, or under it again. */
const pushSample = (url: string, name: string, isOver: boolean): Promise<boolean> =>
  send(`${url}/metrics/job/chaos/i/${name}`, "PUT", "text/plain", `chaos ${isOver ? 0 : 1}\n`);

const RULE = JSON.stringify({
  id: "chaos",
  name: "Chaos",
  metric: "chaos",
  condition: ">",
  threshold: 0.5,
  cooldown_minutes: 0,
});

it(`delivers every alert and leaves none open after ${KILLS} kills while the receiver fails`, async () => {
  /** What shall hold of each alert, once the server has said that it knows. */
  const wanted = new Map<string, boolean>();
  const sender = (name: string) => (name.startsWith("rule") ? pushSample : postAlert);
  const begin = async (url: string, name: string): Promise<void> => {
    if (await sender(name)(url, name, false)) wanted.set(name, false);
  };
  const end = async (url: string, name: string): Promise<void> => {
    if (await sender(name)(url, name, true)) wanted.set(name, true);
  };

  for (let round = 0; round < KILLS; round++) {
    const server = await start();
    const rules = `${server.url}/api/v1/alerts/rules`;
    if (round === 0) await send(rules, "POST", "application/json", RULE);
    const busy = (async () => {
      for (let at = 0; at < PER_ROUND; at++) {
        await begin(server.url, `${at % 2 === 0 ? "rule" : "posted"}-${round}-${at}`);
        await pause(random() * 60);
      }
      // Only what somebody was told of has an end that must be told.
      for (const [name, isOver] of wanted)
        if (!isOver && told.get(name) === "firing" && random() < 0.5) await end(server.url, name);
    })();
    await pause(200 + random() * 700);
    await server.kill();
    running = undefined;
    await busy;
  }

  isHealthy = true;
  const server = await start();
  const names = [...wanted.keys()];
  expect(names.length).toBeGreaterThan(KILLS);
  const patience = { timeout: 25_000, interval: 50 };
  await vi.waitFor(
    () => expect(names.filter((name) => !everFired.has(name))).toEqual([]),
    patience,
  );
  for (const name of names) await end(server.url, name);
  const open = () => names.filter((name) => told.get(name) !== "resolved");
  await vi.waitFor(() => expect(open()).toEqual([]), patience);
  // A kill may repeat what was under way, and nothing else.
  const repeated = [...taken.values()].filter((times) => times > 1);
  expect(repeated.length).toBeLessThanOrEqual(KILLS * 2);
  await server.stop();
  running = undefined;
}, 240_000);
