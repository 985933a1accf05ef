import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";

import { makeDataDir, startSender, startServer, type BenchServer } from "./support/children.ts";
import type { Delays } from "./support/loop-probe.ts";
import { cpuSeconds, peakResidentBytes } from "./support/process.ts";
import { ask, ownMetric, questions } from "./support/questions.ts";
import { mib, ms, percentile, printGrid, printTable } from "./support/table.ts";

export const describe =
  "event-loop delay and latencies while ingesting and answering [--rate 200000 --seconds 60 --series 100k --clients 4 --think MS --profile D]";

/** The goal for the 99th percentile of the event loop's delay. */
const GOAL_MS = 30;
/** Of data time between two scrapes; it runs faster than the clock, so that there is something to ask for. */
const INTERVAL_MS = 15_000;
/** Scrapes sent before anything is measured: the windows of the questions' rates are full. */
const WARM_TICKS = 24;

const delays = ({ p50, p99, max }: Delays): string => [p50, p99, max].map(ms).join(", ");

interface Options {
  rate: number;
  seconds: number;
  series: number;
  clients: number;
  thinkMs: number;
  profile: string | undefined;
}

/** Asks one question after the other until it is told to stop; latencies in milliseconds by question. */
async function client(
  server: BenchServer,
  first: number,
  endMs: () => number,
  going: () => boolean,
  latencies: Map<string, number[]>,
  thinkMs: number,
): Promise<void> {
  for (let turn = first; going(); turn++) {
    const set = questions(Math.floor(endMs() / 15_000) * 15);
    const question = set[turn % set.length];
    if (question === undefined) return;
    const took = await ask(server.url, question);
    const known = latencies.get(question.name) ?? [];
    known.push(took);
    latencies.set(question.name, known);
    if (thinkMs > 0) await new Promise((resolve) => setTimeout(resolve, thinkMs));
  }
}

async function measure(server: BenchServer, options: Options): Promise<void> {
  const { rate, seconds, series, clients, thinkMs } = options;
  const ticks = Math.ceil((rate * seconds) / series);
  const startMs =
    Math.floor((Date.now() - (WARM_TICKS + ticks + 2) * INTERVAL_MS) / 60_000) * 60_000;
  const sender = await startSender({ url: server.url, series, startMs, intervalMs: INTERVAL_MS });
  await sender.send({ ticks: WARM_TICKS, rate: 0 });
  let endMs = startMs + (WARM_TICKS - 1) * INTERVAL_MS;
  for (const question of questions(endMs / 1000)) await ask(server.url, question);
  await server.loopDelay();
  const before = { cpu: cpuSeconds(server.pid), at: performance.now() };
  const latencies = new Map<string, number[]>();
  let going = true;
  const sending = sender
    .send({ ticks, rate, seconds }, (timeMs) => (endMs = timeMs))
    .finally(() => (going = false));
  const asking = Array.from({ length: clients }, (_, at) =>
    client(
      server,
      at * 2,
      () => endMs,
      () => going,
      latencies,
      thinkMs,
    ),
  );
  const [result] = await Promise.all([sending, ...asking]);
  const { late, held } = await server.loopDelay();
  const wall = (performance.now() - before.at) / 1000;
  const cores = (cpuSeconds(server.pid) - before.cpu) / wall;
  await sender.stop();
  const own = await ownMetric(server.url, "nodejs_eventloop_lag_p99_seconds");
  const asked = [...latencies.values()].flat();
  const row = (values: readonly number[]) =>
    [0.5, 0.95, 0.99, 1].map((share) => ms(percentile(values, share)));
  printTable(
    `load: ${rate} samples/s of ${series} series for ${seconds} s, ${clients} clients asking`,
    [
      ["samples a second", (result.samples / result.seconds).toFixed(0)],
      ["requests refused, told to come later", `${result.refused}, ${result.later}`],
      ["questions a second", (asked.length / wall).toFixed(1)],
      ["CPU of the server", `${cores.toFixed(2)} cores`],
      ["peak resident", mib(peakResidentBytes(server.pid))],
      ["event-loop delay p50, max", `${ms(late.p50)}, ${ms(late.max)}`],
      [
        "event-loop delay p99",
        `${ms(late.p99)} (goal: ${ms(GOAL_MS)}${late.p99 <= GOAL_MS ? "" : ", missed"})`,
      ],
      ["held by the server's own CPU, p50, p99, max", delays(held)],
      ["p99 of the last window in /metrics", ms(own * 1000)],
    ],
  );
  printGrid("latencies", [
    ["", "n", "p50", "p95", "p99", "max"],
    ["acknowledgement", String(result.acknowledgedMs.length), ...row(result.acknowledgedMs)],
    ["all questions", String(asked.length), ...row(asked)],
    ...[...latencies].map(([name, values]) => [name, String(values.length), ...row(values)]),
  ]);
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rate: { type: "string", default: "200000" },
      seconds: { type: "string", default: "60" },
      series: { type: "string", default: "100000" },
      clients: { type: "string", default: "4" },
      think: { type: "string", default: "0" },
      profile: { type: "string" },
    },
  });
  const dataDir = makeDataDir(tmpdir());
  const server = await startServer({ dataDir, profile: values.profile });
  try {
    await measure(server, {
      rate: Number(values.rate),
      seconds: Number(values.seconds),
      series: Number(values.series.replace(/k$/, "000").replace(/m$/, "000000")),
      clients: Number(values.clients),
      thinkMs: Number(values.think),
      profile: values.profile,
    });
  } finally {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
