import { tmpdir } from "node:os";
import { parseArgs } from "node:util";

import { bodiesOf } from "./support/agent-spans.ts";
import { makeDataDir, startServer, type BenchServer } from "./support/children.ts";
import { flood, settle } from "./support/flood.ts";
import { cpuSeconds, peakResidentBytes, sleep } from "./support/process.ts";
import { mib, percentile, printGrid } from "./support/table.ts";

export const describe =
  "spans taken by several checkouts, or with several options of Node, in turns: the machine's speed is the same for all [--subject DIR[:OPTIONS] ... --pieces 16 --piece 20000 --batch 500 --senders 4 --dir D]";

const WARM_SPANS = 40_000;
/** What a piece leaves to do is counted with it, as far as it is done so soon. */
const REST_MS = 900;
const traces = { path: "/v1/traces", type: "application/x-protobuf" };

interface Subject {
  name: string;
  server: BenchServer;
  /** Of each piece, microseconds a span. */
  cpu: number[];
  seconds: number;
}

async function start(name: string, parent: string): Promise<Subject> {
  const [checkout, options] = name.split(":");
  const nodeOptions = options?.split(" ").filter((one) => one !== "");
  const dataDir = makeDataDir(parent);
  const server = await startServer({ dataDir, checkout, nodeOptions });
  server.rest();
  return { name, server, cpu: [], seconds: 0 };
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      subject: { type: "string", multiple: true, default: ["."] },
      pieces: { type: "string", default: "16" },
      piece: { type: "string", default: "20000" },
      batch: { type: "string", default: "500" },
      senders: { type: "string", default: "4" },
      dir: { type: "string", default: tmpdir() },
    },
  });
  const [pieces, piece] = [Number(values.pieces), Number(values.piece)];
  const [batch, senders] = [Number(values.batch), Number(values.senders)];
  // Its own series would be what is counted between two pieces.
  process.env["FLEETLIGHT_MONITORING__SELF_METRICS"] = "false";
  const subjects: Subject[] = [];
  for (const name of values.subject) subjects.push(await start(name, values.dir));
  const warm = bodiesOf(WARM_SPANS, batch, 7);
  for (const { server } of subjects) {
    await flood(server, { ...traces, bodies: warm }, senders);
    await settle(server);
  }
  const bodies = bodiesOf(pieces * piece, batch, 11);
  const perPiece = piece / batch;
  for (let at = 0; at < pieces; at++) {
    const part = bodies.slice(at * perPiece, (at + 1) * perPiece);
    for (const one of at % 2 === 0 ? subjects : subjects.toReversed()) {
      const before = cpuSeconds(one.server.pid);
      const { seconds } = await flood(one.server, { ...traces, bodies: part }, senders);
      await sleep(REST_MS);
      one.seconds += seconds;
      one.cpu.push(((cpuSeconds(one.server.pid) - before) / piece) * 1e6);
    }
  }
  printGrid(
    `spans in turns: ${pieces} pieces of ${piece}, requests of ${batch}, ${senders} senders`,
    [
      ["", "spans a second", "CPU a span, mean", "median", "peak resident"],
      ...subjects.map(({ name, server, cpu, seconds }) => [
        name,
        ((pieces * piece) / seconds).toFixed(0),
        `${(cpu.reduce((sum, one) => sum + one, 0) / cpu.length).toFixed(1)} us`,
        `${percentile(cpu, 0.5).toFixed(1)} us`,
        mib(peakResidentBytes(server.pid)),
      ]),
    ],
  );
  for (const { server } of subjects) await server.stop();
}
