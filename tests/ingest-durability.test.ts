import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, it } from "vitest";

import {
  snappyCompress,
  writeRequest,
  writeRequestV2,
  type TestSeries,
} from "../packages/server/src/collect/remote-write/fixture.ts";
import { startProduct } from "./support/product.ts";

const ROUNDS = 5;
const SENDERS = 3;
const SERIES = 20;
/** A fixed order of "random" moments: a failure can be repeated. */
let seed = 20261122;
const random = (): number => {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  return seed / 0x7fffffff;
};

let dataDir = "";
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "fleetlight-ingest-durability-"));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

/** What one request brings: a float and a histogram for each series of a sender, and an exemplar for one of them. */
function requestOf(sender: number, timeMs: number, value: number): TestSeries[] {
  const labels = (name: string, i: number): [string, string][] => [
    ["__name__", name],
    ["i", String(i)],
    ["sender", String(sender)],
  ];
  return Array.from({ length: SERIES }, (_, i) => [
    {
      labels: labels("kept_float", i),
      samples: [[timeMs, value + i]] as [number, number][],
      ...(i === 0
        ? {
            exemplars: [
              { labels: [["trace_id", `${value}`]] as [string, string][], timeMs, value },
            ],
          }
        : {}),
    },
    {
      labels: labels("kept_histogram", i),
      histograms: [
        {
          timeMs,
          countInt: value + i,
          sum: value,
          schema: 3,
          positiveSpans: [[0, 1]] as [number, number][],
          positiveDeltas: [value + i],
        },
      ],
    },
  ]).flat();
}

interface Kept {
  sender: number;
  timeMs: number;
  value: number;
}

/** Sends one request after the other until the server is gone; notes each that was acknowledged. */
async function send(url: string, sender: number, acknowledged: Kept[]): Promise<void> {
  const version2 = sender % 2 === 1;
  let last = 0;
  for (let failed = false; !failed;) {
    const timeMs = Math.max(Date.now(), last + 1);
    last = timeMs;
    const value = acknowledged.length * SENDERS + sender + 1;
    const series = requestOf(sender, timeMs, value);
    const body = snappyCompress(version2 ? writeRequestV2(series) : writeRequest(series));
    const proto = version2 ? ";proto=io.prometheus.write.v2.Request" : "";
    const headers = {
      "content-type": `application/x-protobuf${proto}`,
      "content-encoding": "snappy",
    };
    const answer = await fetch(`${url}/api/v1/write`, {
      method: "POST",
      headers,
      body: new Uint8Array(body),
    }).catch(() => undefined);
    if (answer?.status === 204) acknowledged.push({ sender, timeMs, value });
    else failed = true;
  }
}

interface Series {
  metric: Record<string, string>;
  values?: [number, string][];
  histograms?: [number, { count: string; sum: string }][];
}

async function ask<T>(url: string, path: string, parameters: Record<string, string>): Promise<T> {
  const answer = await fetch(`${url}/api/v1/${path}?${new URLSearchParams(parameters)}`);
  expect(answer.status, path).toBe(200);
  return ((await answer.json()) as { data: T }).data;
}

const key = (sender: string | number, i: string | number) => `${sender}/${i}`;
const inMs = (seconds: number): number => Math.round(seconds * 1000);

/** Samples by series and time; a time that is there twice is an error. */
async function read(url: string, name: string): Promise<Map<string, Map<number, string>>> {
  const { result } = await ask<{ result: Series[] }>(url, "query", { query: `${name}[1h]` });
  const found = new Map<string, Map<number, string>>();
  for (const { metric, values = [], histograms = [] } of result) {
    const samples = new Map<number, string>();
    for (const [time, value] of values) samples.set(inMs(time), value);
    for (const [time, { count, sum }] of histograms) samples.set(inMs(time), `${count} ${sum}`);
    expect(samples.size, `${name} has samples twice`).toBe(values.length + histograms.length);
    found.set(key(metric["sender"] ?? "", metric["i"] ?? ""), samples);
  }
  return found;
}

async function checkAll(url: string, acknowledged: readonly Kept[], round: number): Promise<void> {
  const [floats, histograms] = [await read(url, "kept_float"), await read(url, "kept_histogram")];
  for (const { sender, timeMs, value } of acknowledged)
    for (let i = 0; i < SERIES; i++) {
      const what = `sender ${sender}, series ${i} at ${timeMs} after kill ${round}`;
      expect(floats.get(key(sender, i))?.get(timeMs), what).toBe(String(value + i));
      expect(histograms.get(key(sender, i))?.get(timeMs), what).toBe(`${value + i} ${value}`);
    }
  const shown = await ask<{ exemplars: { labels: { trace_id: string }; timestamp: number }[] }[]>(
    url,
    "query_exemplars",
    { query: "kept_float" },
  );
  const exemplars = shown.flatMap((one) => one.exemplars);
  const times = exemplars.map(({ labels, timestamp }) => `${labels.trace_id} ${inMs(timestamp)}`);
  expect(new Set(times).size, "exemplars are there once").toBe(times.length);
  for (const { timeMs, value } of acknowledged) expect(times).toContain(`${value} ${timeMs}`);
}

it(`keeps every acknowledged sample, histogram and exemplar once over ${ROUNDS} kills while they arrive`, async () => {
  const acknowledged: Kept[] = [];
  const env = {
    // Batches are written often, so that some kills hit the moment between the tables and the log.
    FLEETLIGHT_STORAGE__FLUSH_INTERVAL: "200ms",
    FLEETLIGHT_LOGGING__LEVEL: "warn",
    FLEETLIGHT_HOST__ENABLED: "false",
  };
  for (let round = 0; round <= ROUNDS; round++) {
    const server = await startProduct({ dataDir, env });
    await checkAll(server.url, acknowledged, round);
    if (round === ROUNDS) {
      await server.stop();
      break;
    }
    const before = acknowledged.length;
    const senders = Array.from({ length: SENDERS }, (_, i) => send(server.url, i, acknowledged));
    while (acknowledged.length < before + 10 + random() * 40)
      await new Promise((resolve) => setTimeout(resolve, 5));
    await server.kill();
    await Promise.all(senders);
  }
  expect(acknowledged.length).toBeGreaterThan(ROUNDS * 10);
}, 240_000);
