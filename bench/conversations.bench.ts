import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";

import { makeDataDir, startServer, type BenchServer } from "./support/children.ts";
import { callBody, calls, RARE_WORD, type Call, type Plan } from "./support/conversations.ts";
import { hex } from "./support/dice.ts";
import { flood, settle } from "./support/flood.ts";
import { cpuSeconds } from "./support/process.ts";
import { ms, percentile, printTable } from "./support/table.ts";
import { tableSize } from "./support/table-sizes.ts";

export const describe =
  "prompts of conversations in which every turn repeats all before it: bytes stored, search, reading [--conversations 60 --turns 50 --rounds 10 --kind run|chat --dir D]";

const RUN_TURN_MS = 8000;
const CHAT_TURN_MS = 60_000;
const BATCH_CHARACTERS = 1_000_000;

function makeBodies(plan: Plan) {
  const bodies: Uint8Array<ArrayBuffer>[] = [];
  const traces: string[] = [];
  let [rawBytes, waitingCharacters] = [0, 0];
  let waiting: Call[] = [];
  const send = () => {
    bodies.push(callBody(waiting));
    waiting = [];
    waitingCharacters = 0;
  };
  for (const call of calls(plan)) {
    const characters = call.input.length + call.output.length;
    rawBytes += characters;
    waitingCharacters += characters;
    waiting.push(call);
    traces.push(hex(call.traceId));
    if (waitingCharacters > BATCH_CHARACTERS) send();
  }
  send();
  return { bodies, traces: [...new Set(traces)], rawBytes };
}

/** Median of some rounds, and CPU of each. */
async function ask(
  { url, pid }: BenchServer,
  rounds: number,
  pathOf: (round: number) => string,
  check: (answer: string) => boolean,
): Promise<string> {
  const took: number[] = [];
  const cpu = cpuSeconds(pid);
  for (let round = 0; round < rounds; round++) {
    const start = performance.now();
    const text = await (await fetch(url + pathOf(round))).text();
    took.push(performance.now() - start);
    if (!check(text)) throw new Error(`${pathOf(round)}: ${text.slice(0, 300)}`);
  }
  const cpuMs = ((cpuSeconds(pid) - cpu) * 1000) / rounds;
  return `${ms(percentile(took, 0.5))}, CPU ${ms(cpuMs)}`;
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      conversations: { type: "string", default: "60" },
      turns: { type: "string", default: "50" },
      rounds: { type: "string", default: "10" },
      kind: { type: "string", default: "run" },
      dir: { type: "string", default: tmpdir() },
    },
  });
  const [conversations, turns] = [Number(values.conversations), Number(values.turns)];
  const isOneRun = values.kind === "run";
  const turnMs = isOneRun ? RUN_TURN_MS : CHAT_TURN_MS;
  const startMs = Date.now() - turnMs * (turns + 10);
  const plan: Plan = { conversations, turns, startMs, turnMs, isOneRun };
  const { bodies, traces, rawBytes } = makeBodies(plan);
  const dataDir = makeDataDir(values.dir);
  process.env["FLEETLIGHT_MONITORING__SELF_METRICS"] = "false";
  const server = await startServer({ dataDir });
  const cpu = cpuSeconds(server.pid);
  const path = "/v1/traces";
  const sent = await flood(server, { path, type: "application/x-protobuf", bodies }, 2);
  await settle(server);
  const settled = cpuSeconds(server.pid) - cpu;
  const rounds = Number(values.rounds);
  const range = `start=${new Date(startMs).toISOString()}&limit=20`;
  const rare = await ask(
    server,
    rounds,
    () => `/api/v1/traces?text=${RARE_WORD}&${range}`,
    (text) => !text.includes('"count":0'),
  );
  const none = await ask(
    server,
    rounds,
    (round) => `/api/v1/traces?text=nowhere${round}&${range}`,
    (text) => text.includes('"count":0'),
  );
  const whole = await ask(
    server,
    rounds,
    (round) => `/api/v1/traces/${traces[(round * 7) % traces.length]}`,
    (text) => text.includes("gen_ai.input.messages"),
  );
  await server.stop();
  const size = tableSize(dataDir, "contents", ["content"]);
  rmSync(dataDir, { recursive: true, force: true });
  const smaller = (bytes: number) =>
    `${(rawBytes / bytes).toFixed(1)} times smaller (${(bytes / 1024).toFixed(0)} KiB)`;
  printTable(
    `conversations: ${conversations} of ${turns} turns, ${isOneRun ? "each one run" : "each turn a run"}, ${(rawBytes / 2 ** 20).toFixed(0)} MiB of prompts and answers`,
    [
      ["CPU a MiB, acknowledged", ms((sent.cpuSeconds * 1000) / (rawBytes / 2 ** 20))],
      ["CPU a MiB, settled", ms((settled * 1000) / (rawBytes / 2 ** 20))],
      ["stored, as it was left", smaller(size.bytes)],
      ["stored, merged", smaller(size.mergedBytes)],
      ["search for a word of one conversation", rare],
      ["search for a word of none", none],
      ["a trace with its contents", whole],
    ],
  );
}
