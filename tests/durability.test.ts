import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { AlertsSent, RuleList, SeriesRange, ServiceList } from "@fleetlight/contract";
import { afterAll, beforeAll, expect, it } from "vitest";

import { startProduct, type Product } from "./support/product.ts";

const ROUNDS = 20;
/** A fixed order of "random" moments: a failure can be repeated. */
let seed = 20261121;
const random = (): number => {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  return seed / 0x7fffffff;
};

let dataDir = "";
let target: Server;
let scrapes = 0;
let running: Product | undefined;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "fleetlight-durability-"));
  target = createServer((request, response) => {
    if (request.url === "/metrics") response.end(`# TYPE work counter\nwork_total ${++scrapes}\n`);
    else response.writeHead(503).end("broken on purpose");
  }).listen(0, "127.0.0.1");
  await once(target, "listening");
});
afterAll(async () => {
  // Of a round that failed.
  await running?.kill();
  target.close();
  await rm(dataDir, { recursive: true, force: true });
});

const json = async <T>(url: string, init?: RequestInit): Promise<T> => {
  const answer = await fetch(url, init);
  expect(answer.ok, `${url}: ${answer.status}`).toBe(true);
  return (await answer.json()) as T;
};
const post = (url: string, body: unknown) =>
  json(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });

/** Every sample of the scraped counter that a reader was shown, by its series and time: several may have one time. */
async function readSamples(url: string): Promise<Map<string, number>> {
  const { series } = await json<SeriesRange>(
    `${url}/api/v1/metrics/range?match=work_total&max_points=100000`,
  );
  const samples = new Map<string, number>();
  for (const one of series)
    for (const [i, time] of one.timestamps.entries())
      samples.set(`${JSON.stringify(one.labels)} at ${time}`, Number(one.values[i]));
  return samples;
}

/** What was shown before and is not now. Whether it is lost or comes later is the first question that a failure raises. */
async function missingOf(
  shown: ReadonlyMap<string, number>,
  found: ReadonlyMap<string, number>,
  url: string,
): Promise<object[]> {
  const missing = [...shown].filter(([sample, value]) => found.get(sample) !== value);
  if (missing.length === 0) return [];
  await new Promise((resolve) => setTimeout(resolve, 3000));
  const later = await readSamples(url);
  return missing.map(([sample, value]) => ({
    sample,
    shown: value,
    found: found.get(sample) ?? null,
    later: later.get(sample) ?? null,
  }));
}

it(`finds every acknowledged sample, service, rule and alert after each of ${ROUNDS} kills at random moments`, async () => {
  const { port } = target.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const services = new Set<string>();
  const rules = new Set<string>();
  const alerts = new Set<string>();
  let samples = new Map<string, number>();

  for (let round = 0; round <= ROUNDS; round++) {
    const server = await startProduct({
      dataDir,
      env: { FLEETLIGHT_STORAGE__FLUSH_INTERVAL: "300ms", FLEETLIGHT_LOGGING__LEVEL: "warn" },
    });
    running = server;
    const api = `${server.url}/api/v1`;
    const list = await json<ServiceList>(`${api}/services`);
    expect(new Set(list.services.map(({ id }) => id))).toEqual(services);
    const kept = await json<RuleList>(`${api}/alerts/rules`);
    expect(kept.rules.map(({ id }) => id)).toEqual(expect.arrayContaining([...rules]));
    const { active_alerts = [] } = await json<AlertsSent>(`${api}/alerts`);
    expect(active_alerts.map(({ id }) => id)).toEqual(expect.arrayContaining([...alerts]));
    const found = await readSamples(server.url);
    expect(await missingOf(samples, found, server.url), `after kill ${round}`).toEqual([]);
    if (round === ROUNDS) {
      await server.stop();
      running = undefined;
      break;
    }

    await post(`${api}/services/register`, {
      id: `service-${round}`,
      name: `Service ${round}`,
      url,
      check: { interval_seconds: 0.2 },
      scrape: { interval_seconds: 0.2 },
    });
    services.add(`service-${round}`);
    await post(`${api}/alerts/rules`, {
      id: `rule-${round}`,
      name: `Rule ${round}`,
      metric: "work_total",
      condition: ">",
      threshold: 1e9,
    });
    rules.add(`rule-${round}`);
    // Whatever a reader was shown up to the kill has to be there afterwards.
    const until = Date.now() + 200 + random() * 900;
    while (Date.now() < until) {
      samples = new Map([...samples, ...(await readSamples(server.url))]);
      for (const { id } of (await json<AlertsSent>(`${api}/alerts`)).active_alerts ?? [])
        alerts.add(id);
      await new Promise((resolve) => setTimeout(resolve, random() * 60));
    }
    await server.kill();
    running = undefined;
  }
  expect(samples.size).toBeGreaterThan(ROUNDS);
  expect(alerts.size).toBe(ROUNDS);
}, 240_000);
