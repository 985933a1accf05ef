import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { makeDataDir, startServer } from "./support/children.ts";
import { cpuSeconds, peakResidentBytes, residentBytes, sleep } from "./support/process.ts";
import { mib, ms, percentile, printGrid, printTable } from "./support/table.ts";

export const describe =
  "10,000 active alerts in 1,000 groups, a burst of 5,000 among them: memory and latencies of the API [--alerts 10000 --groups 1000 --rounds 15]";

const GOAL_MS = 200;
const BURST = 5000;
const TOLD_MS = 60_000;

/** What pages of the console and other programs ask for while everything fires. */
const QUESTIONS: readonly (readonly [name: string, path: string])[] = [
  ["alerts, API v2", "/api/v2/alerts"],
  ["alerts of one group, API v2", "/api/v2/alerts?filter=group%3D%22g7%22"],
  ["groups, API v2", "/api/v2/alerts/groups"],
  ["alerts, Prometheus", "/api/v1/alerts"],
  ["incidents", "/api/v1/incidents"],
  ["health", "/health"],
];

/** Counts the alerts that it is told of. */
async function startReceiver() {
  const told = new Set<string>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { alerts } = JSON.parse(Buffer.concat(chunks).toString()) as {
        alerts: { labels: { n: string } }[];
      };
      for (const { labels } of alerts) told.add(labels.n);
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { told, url: `http://127.0.0.1:${port}/`, close: () => server.close() };
}

const configuration = (url: string): string => `
route: {receiver: hook, group_by: [group], group_wait: 1s, group_interval: 5s, repeat_interval: 4h}
receivers: [{name: hook, webhook_configs: [{url: "${url}"}]}]
`;

const alertOf = (n: number, groups: number) => ({
  labels: {
    alertname: `Alert${n % 50}`,
    group: `g${n % groups}`,
    n: String(n),
    service: `service-${n % 200}`,
    severity: ["critical", "warning", "info"][n % 3],
  },
  annotations: { summary: `Something is wrong with instance ${n}` },
  endsAt: new Date(Date.now() + 3_600_000).toISOString(),
});

/** Posts the alerts from one number to another in one request; milliseconds. */
async function post(url: string, from: number, to: number, groups: number): Promise<number> {
  const body = JSON.stringify(
    Array.from({ length: to - from }, (_, at) => alertOf(from + at, groups)),
  );
  const start = performance.now();
  const answer = await fetch(`${url}/api/v2/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body,
  });
  if (answer.status !== 200) throw new Error(`the alerts were answered ${answer.status}`);
  return performance.now() - start;
}

async function askAll(url: string, rounds: number): Promise<string[][]> {
  const rows: string[][] = [["", "median", "p95", "bytes"]];
  for (const [name, path] of QUESTIONS) {
    const took: number[] = [];
    let bytes = 0;
    for (let round = 0; round < rounds; round++) {
      const began = performance.now();
      bytes = (await (await fetch(url + path)).arrayBuffer()).byteLength;
      took.push(performance.now() - began);
    }
    rows.push([name, ms(percentile(took, 0.5)), ms(percentile(took, 0.95)), String(bytes)]);
  }
  return rows;
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      alerts: { type: "string", default: "10000" },
      groups: { type: "string", default: "1000" },
      rounds: { type: "string", default: "15" },
    },
  });
  const [count, groups, rounds] = [values.alerts, values.groups, values.rounds].map(Number) as [
    number,
    number,
    number,
  ];
  const dataDir = makeDataDir(tmpdir());
  const receiver = await startReceiver();
  const file = join(dataDir, "alertmanager.yml");
  writeFileSync(file, configuration(receiver.url));
  process.env["FLEETLIGHT_ALERTING__ALERTMANAGER_CONFIG"] = file;
  const server = await startServer({ dataDir });
  const { url, pid } = server;
  const idle = residentBytes(pid);
  const start = performance.now();
  const before = Math.max(0, count - BURST);
  for (let n = 0; n < before; n += 500) await post(url, n, Math.min(n + 500, before), groups);
  await server.loopDelay();
  const burst = await post(url, before, count, groups);
  while (receiver.told.size < count && performance.now() - start < TOLD_MS) await sleep(50);
  const toldMs = performance.now() - start;
  const { held } = await server.loopDelay();
  const cpu = cpuSeconds(pid);
  const rows = await askAll(url, rounds);
  const asked = cpuSeconds(pid) - cpu;
  printTable(`${count} alerts in ${groups} groups`, [
    [`burst of ${count - before} in one request`, ms(burst)],
    ["told", `${receiver.told.size} after ${(toldMs / 1000).toFixed(1)} s`],
    ["event loop held meanwhile p50, p99, max", [held.p50, held.p99, held.max].map(ms).join(", ")],
    ["resident before, at most", [idle, peakResidentBytes(pid)].map(mib).join(", ")],
    ["CPU of the questions", `${asked.toFixed(1)} s`],
  ]);
  printGrid(`asked ${rounds} times each (goal: below ${GOAL_MS} ms)`, rows);
  await server.stop();
  receiver.close();
}
