import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import { bodiesOf } from "./support/agent-spans.ts";
import type { SchemaFigures } from "./support/compare-schemas.ts";
import { makeDataDir, NODE_OPTIONS, startServer } from "./support/children.ts";
import { flood, settle } from "./support/flood.ts";
import { cpuSeconds, diskBytes, peakResidentBytes, sleep } from "./support/process.ts";
import { mib, ms, percentile, printGrid, printTable } from "./support/table.ts";

export const describe =
  "spans taken over OTLP, bytes of each, and the same in the schemas of ClickStack and SigNoz [--spans 300000 --batch 500 --senders 4 --idle 20 --semi MIB --dir D --profile D]";

const WARM_SPANS = 20_000;

function compareSchemas(dataDir: string): void {
  const output = execFileSync(
    process.execPath,
    [fileURLToPath(new URL("support/compare-schemas.ts", import.meta.url)), dataDir],
    { encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] },
  );
  const schemas = JSON.parse(output) as SchemaFigures[];
  rmSync(dataDir, { recursive: true, force: true });
  const own = schemas[0]?.bytes ?? 1;
  printGrid("the same spans in three schemas, merged; raw questions in SQL, medians", [
    ["", "bytes a span", "to ours", "trace by id", "newest 100 of an hour", "p99 by operation"],
    ...schemas.map((one) => [
      one.name,
      (one.bytes / (schemas[0]?.rows ?? 1)).toFixed(1),
      (one.bytes / own).toFixed(2),
      ms(one.traceMs),
      ms(one.newestMs),
      ms(one.p99Ms),
    ]),
  ]);
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      spans: { type: "string", default: "300000" },
      batch: { type: "string", default: "500" },
      senders: { type: "string", default: "4" },
      idle: { type: "string", default: "20" },
      dir: { type: "string", default: tmpdir() },
      profile: { type: "string" },
      semi: { type: "string", default: "16" },
    },
  });
  const [spans, batch] = [Number(values.spans), Number(values.batch)];
  const dataDir = makeDataDir(values.dir);
  const warm = bodiesOf(WARM_SPANS, batch, 7);
  const bodies = bodiesOf(spans, batch, 11);
  const bodyBytes = bodies.reduce((sum, { length }) => sum + length, 0);
  // Its own series would be what grows.
  process.env["FLEETLIGHT_MONITORING__SELF_METRICS"] = "false";
  const server = await startServer({
    dataDir,
    profile: values.profile,
    nodeOptions: [...NODE_OPTIONS, `--max-semi-space-size=${values.semi}`],
  });
  const traces = { path: "/v1/traces", type: "application/x-protobuf" };
  await flood(server, { ...traces, bodies: warm }, 1);
  await settle(server);
  await server.loopDelay();
  const cpu = cpuSeconds(server.pid);
  const sent = await flood(server, { ...traces, bodies }, Number(values.senders));
  const { late, held } = await server.loopDelay();
  await settle(server);
  const settled = cpuSeconds(server.pid) - cpu;
  server.rest();
  await sleep(1000);
  const [idleCpu, disk] = [cpuSeconds(server.pid), diskBytes(dataDir)];
  await sleep(Number(values.idle) * 1000);
  const idleShare = (cpuSeconds(server.pid) - idleCpu) / Number(values.idle);
  const growth = diskBytes(dataDir) - disk;
  const peak = peakResidentBytes(server.pid);
  await server.stop();
  const count = bodies.length * batch;
  printTable(`spans: ${count} in requests of ${batch}, ${values.senders} senders`, [
    ["spans a second", (count / sent.seconds).toFixed(0)],
    ["CPU a span, acknowledged", `${((sent.cpuSeconds / count) * 1e6).toFixed(1)} us`],
    ["CPU a span, settled", `${((settled / count) * 1e6).toFixed(1)} us`],
    ["request p50, p99", [0.5, 0.99].map((at) => ms(percentile(sent.latencies, at))).join(", ")],
    ["event-loop delay p50, p99, max", [late.p50, late.p99, late.max].map(ms).join(", ")],
    ["held by the server p50, p99, max", [held.p50, held.p99, held.max].map(ms).join(", ")],
    ["peak resident", mib(peak)],
    ["bytes a span in the requests", (bodyBytes / count).toFixed(0)],
    ["bytes a span on disk, all in", (disk / (count + warm.length * batch)).toFixed(1)],
    [
      "idle",
      `${(idleShare * 100).toFixed(2)} % of a core, ${(growth / 1024).toFixed(0)} KiB more on disk`,
    ],
  ]);
  compareSchemas(dataDir);
}
