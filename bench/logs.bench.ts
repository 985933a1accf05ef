import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";

import { FleetLogs, jsonBody, otlpBody } from "./support/agent-logs.ts";
import { makeDataDir, NODE_OPTIONS, startServer, type BenchServer } from "./support/children.ts";
import { flood, settle } from "./support/flood.ts";
import { cpuSeconds, peakResidentBytes } from "./support/process.ts";
import { mib, ms, percentile, printGrid, printTable } from "./support/table.ts";
import { tableSize } from "./support/table-sizes.ts";
import { TailProbe } from "./support/tail-probe.ts";

export const describe =
  "log lines taken over OTLP or as JSON, bytes of each, questions about an hour, live tail [--lines 300000 --batch 500 --senders 4 --form otlp|json --rounds 10 --semi MIB --dir D --profile D]";

const HOUR_MS = 3_600_000;
const SPAN_MS = 3 * HOUR_MS;
const WARM_LINES = 20_000;

const FORMS = {
  otlp: { path: "/v1/logs", type: "application/x-protobuf", encode: otlpBody },
  json: { path: "/api/v1/logs", type: "application/x-ndjson", encode: jsonBody },
} as const;
type Form = (typeof FORMS)[keyof typeof FORMS];

/** Bodies of so many lines each, evenly over the last hours. */
function makeBodies({ encode }: Form, lines: number, batch: number, seed: number) {
  const fleet = new FleetLogs(seed);
  const startNs = BigInt(Date.now() - SPAN_MS) * 1_000_000n;
  const stepNs = (BigInt(SPAN_MS) * 1_000_000n) / BigInt(lines);
  let made = 0n;
  return Array.from({ length: Math.ceil(lines / batch) }, () =>
    encode(Array.from({ length: batch }, () => fleet.line(startNs + stepNs * made++))),
  );
}

const QUESTIONS: readonly (readonly [name: string, path: string])[] = [
  ["newest 100", "/api/v1/logs?"],
  ["a frequent word, newest 100", "/api/v1/logs?q=timed&"],
  ["a word that is not there", "/api/v1/logs?q=nowhere&"],
  ["lines of a level and a service", "/api/v1/logs?level=error&service=tools&"],
  ["histogram", "/api/v1/logs/histogram?"],
  ["histogram of a word", "/api/v1/logs/histogram?q=refused&"],
  ["patterns of the newest 20,000", "/api/v1/logs/patterns?"],
  ["names", "/api/v1/logs/names?"],
];

async function ask({ url, pid }: BenchServer, path: string, rounds: number): Promise<string[]> {
  const endMs = Date.now() - HOUR_MS / 2;
  const took: number[] = [];
  let cpu = 0;
  for (let round = -1; round < rounds; round++) {
    // Each time another hour, so that no cache answers.
    const end = endMs - round * 60_000;
    if (round === 0) cpu = cpuSeconds(pid);
    const start = performance.now();
    const range = `start=${new Date(end - HOUR_MS).toISOString()}&end=${new Date(end).toISOString()}`;
    const answer = await fetch(`${url}${path}${range}`);
    await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`${path}: the server answered ${answer.status}`);
    if (round >= 0) took.push(performance.now() - start);
  }
  const cpuMs = ((cpuSeconds(pid) - cpu) * 1000) / rounds;
  return [ms(percentile(took, 0.5)), ms(percentile(took, 1)), ms(cpuMs)];
}

async function askAll(server: BenchServer, rounds: number): Promise<string[][]> {
  const rows: string[][] = [];
  for (const [name, path] of QUESTIONS) rows.push([name, ...(await ask(server, path, rounds))]);
  return rows;
}

function printSizes(dataDir: string): void {
  const { rows, bytes, mergedBytes, textBytes, columns } = tableSize(dataDir, "logs", [
    "body",
    "attrs",
    "resource",
  ]);
  rmSync(dataDir, { recursive: true, force: true });
  printTable("bytes a line", [
    ["body, attributes and resource as texts", (textBytes / rows).toFixed(1)],
    ["in the table as it was left", (bytes / rows).toFixed(1)],
    ["merged", (mergedBytes / rows).toFixed(1)],
    ...columns
      .slice(0, 8)
      .map(([name, own]): [string, string] => [`  ${name}`, (own / rows).toFixed(1)]),
  ]);
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      lines: { type: "string", default: "300000" },
      batch: { type: "string", default: "500" },
      senders: { type: "string", default: "4" },
      form: { type: "string", default: "otlp" },
      rounds: { type: "string", default: "10" },
      dir: { type: "string", default: tmpdir() },
      profile: { type: "string" },
      semi: { type: "string", default: "16" },
    },
  });
  const [lines, batch] = [Number(values.lines), Number(values.batch)];
  const form = FORMS[values.form as keyof typeof FORMS];
  const warm = makeBodies(form, WARM_LINES, batch, 7);
  const bodies = makeBodies(form, lines, batch, 11);
  const bodyBytes = bodies.reduce((sum, { length }) => sum + length, 0);
  const dataDir = makeDataDir(values.dir);
  // Its own series would be what grows.
  process.env["FLEETLIGHT_MONITORING__SELF_METRICS"] = "false";
  const { profile } = values;
  const server = await startServer({
    dataDir,
    profile,
    nodeOptions: [...NODE_OPTIONS, `--max-semi-space-size=${values.semi}`],
  });
  await flood(server, { ...form, bodies: warm }, 1);
  await settle(server);
  const quiet = await TailProbe.start(server);
  await quiet.stop();
  await server.loopDelay();
  const cpu = cpuSeconds(server.pid);
  const busy = await TailProbe.start(server);
  const sent = await flood(server, { ...form, bodies }, Number(values.senders));
  await busy.stop();
  const { late, held } = await server.loopDelay();
  await settle(server);
  const settled = cpuSeconds(server.pid) - cpu;
  const answers = profile === undefined ? await askAll(server, Number(values.rounds)) : [];
  const peak = peakResidentBytes(server.pid);
  await server.stop();
  const count = bodies.length * batch;
  const spread = (of: { p50: number; p99: number; max: number }) =>
    [of.p50, of.p99, of.max].map(ms).join(", ");
  const halves = (of: readonly number[]) =>
    [0.5, 0.99].map((at) => ms(percentile(of, at))).join(", ");
  printTable(
    `logs: ${count} lines (${values.form}) in requests of ${batch}, ${values.senders} senders`,
    [
      ["lines a second", (count / sent.seconds).toFixed(0)],
      ["CPU a line, acknowledged", `${((sent.cpuSeconds / count) * 1e6).toFixed(1)} us`],
      ["CPU a line, settled", `${((settled / count) * 1e6).toFixed(1)} us`],
      ["request p50, p99", halves(sent.latencies)],
      ["event-loop delay p50, p99, max", spread(late)],
      ["the same by its own CPU", spread(held)],
      ["live tail p50, p99, at rest", halves(quiet.latencies)],
      ["live tail p50, p99, meanwhile", halves(busy.latencies)],
      ["peak resident", mib(peak)],
      ["bytes a line in the requests", (bodyBytes / count).toFixed(0)],
    ],
  );
  if (answers.length > 0)
    printGrid("questions about one hour", [["", "median", "longest", "CPU"], ...answers]);
  printSizes(dataDir);
}
