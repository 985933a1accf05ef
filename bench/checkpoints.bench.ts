import { tmpdir } from "node:os";
import { parseArgs } from "node:util";

import { AgentRuns, SpanBody } from "./support/agent-spans.ts";
import { makeDataDir, startServer, type BenchServer } from "./support/children.ts";
import { cpuSeconds, sleep } from "./support/process.ts";
import { ms, percentile, printGrid } from "./support/table.ts";

export const describe =
  "GET /api/v1/checkpoint with many budgets, alone and while spans come [--budgets 1000 --rate 200 --seconds 20 --spans 5000 --dir D]";

const BATCH = 500;
const AGENTS = ["planner", "researcher", "writer", "reviewer"];

async function post(url: string, body: unknown): Promise<void> {
  const answer = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}: ${await answer.text()}`);
}

/** Budgets of single agents and conversations, of which each question concerns a few, and one for all. */
async function makeBudgets({ url }: BenchServer, count: number): Promise<void> {
  for (let i = 0; i < count; i++)
    await post(`${url}/api/v1/budgets`, {
      id: `budget-${i}`,
      name: `Budget ${i}`,
      per: i === 0 ? "fleet" : i % 2 === 0 ? "agent" : "conversation",
      ...(i === 0 ? {} : { only: i <= 8 ? AGENTS[(i >> 1) % AGENTS.length] : `subject-${i}` }),
      unit: i % 3 === 0 ? "usd" : "tokens",
      limit: 1e12,
    });
}

/** A new budget first counts what was spent before it. */
async function settle({ url, pid }: BenchServer): Promise<void> {
  const deadline = performance.now() + 120_000;
  for (let cpu = Infinity; cpu > 0.2 && performance.now() < deadline;) {
    const answer = await fetch(`${url}/api/v1/budgets`);
    const { budgets } = (await answer.json()) as { budgets: { counted_since: string | null }[] };
    const before = cpuSeconds(pid);
    await sleep(2000);
    const waits = budgets.some(({ counted_since }) => counted_since === null);
    cpu = waits ? Infinity : cpuSeconds(pid) - before;
  }
}

/** Sends so many spans a second until it is told to end. */
function sendSpans({ url }: BenchServer, perSecond: number): () => Promise<number> {
  const [runs, body] = [new AgentRuns(5), new SpanBody()];
  let [ended, sent] = [false, 0];
  const start = performance.now();
  const sending = (async () => {
    for (let waiting: ReturnType<AgentRuns["run"]> = []; !ended;) {
      while (waiting.length < BATCH) waiting.push(...runs.run(BigInt(Date.now()) * 1_000_000n));
      const answer = await fetch(`${url}/v1/traces`, {
        method: "POST",
        headers: { "content-type": "application/x-protobuf" },
        body: body.encode(waiting.slice(0, BATCH)),
      });
      await answer.arrayBuffer();
      waiting = waiting.slice(BATCH);
      sent += BATCH;
      await sleep(Math.max(0, start + (sent / perSecond) * 1000 - performance.now()));
    }
  })();
  return async () => {
    ended = true;
    await sending;
    return (sent / (performance.now() - start)) * 1000;
  };
}

/** Asks at a steady rate, whether or not the former questions are answered: a pause is felt by all that fall into it. */
async function ask({ url, pid }: BenchServer, rate: number, seconds: number): Promise<string[]> {
  const times: number[] = [];
  const [start, cpu] = [performance.now(), cpuSeconds(pid)];
  const all: Promise<void>[] = [];
  for (let i = 0; i < rate * seconds; i++) {
    await sleep(Math.max(0, start + (i / rate) * 1000 - performance.now()));
    const agent = AGENTS[i % AGENTS.length];
    const began = performance.now();
    all.push(
      fetch(`${url}/api/v1/checkpoint?agent=${agent}&conversation=subject-${2 * (i % 400) + 9}`)
        .then((answer) => answer.text())
        .then(() => void times.push(performance.now() - began)),
    );
  }
  await Promise.all(all);
  return [
    ...[0.5, 0.99, 1].map((at) => ms(percentile(times, at))),
    ms(((cpuSeconds(pid) - cpu) / times.length) * 1000),
  ];
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      budgets: { type: "string", default: "1000" },
      rate: { type: "string", default: "200" },
      seconds: { type: "string", default: "20" },
      spans: { type: "string", default: "5000" },
      dir: { type: "string", default: tmpdir() },
      profile: { type: "string" },
    },
  });
  const [rate, seconds] = [Number(values.rate), Number(values.seconds)];
  const server = await startServer({ dataDir: makeDataDir(values.dir), profile: values.profile });
  await makeBudgets(server, Number(values.budgets));
  await settle(server);
  await ask(server, rate, 5);
  const alone = await ask(server, rate, seconds);
  const end = sendSpans(server, Number(values.spans));
  await sleep(5000);
  await server.loopDelay();
  const busy = await ask(server, rate, seconds);
  const { late } = await server.loopDelay();
  const sent = await end();
  await server.stop();
  printGrid(`checkpoints: ${values.budgets} budgets, ${rate} questions a second`, [
    ["", "p50", "p99", "max", "CPU of the server a question"],
    ["alone", ...alone],
    [`with ${sent.toFixed(0)} spans a second`, ...busy],
    ["event-loop delay meanwhile", ...[late.p50, late.p99, late.max].map(ms), ""],
  ]);
}
