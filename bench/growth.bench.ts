import { rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";

import { makeDataDir, startSender, startServer, type BenchServer } from "./support/children.ts";
import { SERIES_PER_AGENT } from "./support/fleet-series.ts";
import { cpuSeconds, diskBytes, peakResidentBytes, sleep } from "./support/process.ts";
import { ask, ownMetric, questions, wholeSpan, type Question } from "./support/questions.ts";
import { mib, ms, percentile, printGrid } from "./support/table.ts";

export const describe =
  "ingest and query cost by number of series and by days [--series 10k,100k,1m --minutes 66 --days 1,7,30 --day-series 500 --interval 60 --dir D --profile D]";

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** The last samples come before the present by this much: a small fleet sends a few scrapes more than it is asked for. */
const MARGIN_MS = 20 * MINUTE_MS;
/** A question is asked until both are reached, or the most of times. */
const LEAST_ROUNDS = 5;
const ROUNDS_MS = 2000;
const MOST_ROUNDS = 200;
const SETTLE_MS = 120_000;
/** A server that uses less of a core than this for some seconds has nothing left to do. */
const IDLE_CORES = 0.05;

interface Figure {
  name: string;
  value: number;
  show: (value: number) => string;
  /** Whether it is expected to grow in proportion to the size, or to stay. */
  grows: boolean;
}

interface Run {
  series: number;
  startMs: number;
  intervalMs: number;
  ticks: number;
  /** Of the samples that a question reads whatever the size: asks for the whole span, too. */
  whole: boolean;
}

interface Place {
  dir: string;
  profile: string | undefined;
}

const parseCount = (text: string): number => {
  const found = /^(\d+(?:\.\d+)?)([km]?)$/i.exec(text.trim());
  if (found === null) throw new Error(`not a number of series: ${text}`);
  return Number(found[1]) * ({ k: 1e3, m: 1e6 }[found[2]?.toLowerCase() ?? ""] ?? 1);
};

/** Waits until everything is in the tables and background work has ended; at most two minutes. */
async function settle({ url, pid }: BenchServer): Promise<void> {
  const deadline = performance.now() + SETTLE_MS;
  for (let quiet = 0; quiet < 2 && performance.now() < deadline;) {
    const cpu = cpuSeconds(pid);
    await sleep(2000);
    const pending = await ownMetric(url, "fleetlight_store_pending_rows");
    // The server's own samples wait for their batch all the time.
    quiet = cpuSeconds(pid) - cpu < 2 * IDLE_CORES && pending < 5000 ? quiet + 1 : 0;
  }
}

const figure = (
  name: string,
  value: number,
  show: (value: number) => string,
  grows: boolean,
): Figure => ({ name, value, show: (it) => (Number.isNaN(it) ? "-" : show(it)), grows });

const seconds = (value: number): string => `${value.toFixed(2)} s`;
const microseconds = (value: number): string => `${value.toFixed(1)} us`;
const bytes = (value: number): string => value.toFixed(2);

async function measureQuestion(server: BenchServer, question: Question): Promise<Figure[]> {
  const { name, grows } = question;
  const times: number[] = [];
  let cpuMs = NaN;
  try {
    await ask(server.url, question);
    const [cpu, start] = [cpuSeconds(server.pid), performance.now()];
    while (
      times.length < MOST_ROUNDS &&
      (times.length < LEAST_ROUNDS || performance.now() - start < ROUNDS_MS)
    )
      times.push(await ask(server.url, question));
    cpuMs = ((cpuSeconds(server.pid) - cpu) * 1000) / times.length;
  } catch (error) {
    console.log(`${name} failed: ${error instanceof Error ? error.message : String(error)}`);
    console.log(server.output());
  }
  return [
    figure(`${name}: CPU`, cpuMs, ms, grows),
    figure(`${name}: wall`, percentile(times, 0.5), ms, grows),
  ];
}

/** Asks for every sample of some metrics and compares with what was sent. */
async function countBack(server: BenchServer, run: Run, dataDir: string): Promise<void> {
  const endMs = run.startMs + run.ticks * run.intervalMs;
  const seconds = Math.ceil((endMs - run.startMs) / 1000);
  const query = `sum(count_over_time({__name__=~"fleet_tasks_running|fleet_heap_bytes"}[${seconds}s]))`;
  const parameters = new URLSearchParams({ query, time: String(endMs / 1000) });
  const answer = (await (await fetch(`${server.url}/api/v1/query?${parameters}`)).json()) as {
    data: { result: { value: [number, string] }[] };
  };
  const found = Number(answer.data.result[0]?.value[1]);
  const at = [0, 1].map((which) =>
    Math.floor((run.series - (SERIES_PER_AGENT - 9 + which)) / SERIES_PER_AGENT),
  );
  const sent = at.reduce((sum, agents) => sum + agents + 1, 0) * run.ticks;
  if (Math.abs(found - sent) > run.ticks)
    throw new Error(`${sent} samples were sent to ${dataDir}, and ${found} are there`);
}

async function measureIngest(server: BenchServer, run: Run): Promise<Figure[]> {
  const sender = await startSender({ ...run, url: server.url });
  const before = cpuSeconds(server.pid);
  const first = await sender.send({ ticks: 1, rate: 0 });
  const cpu = cpuSeconds(server.pid);
  const result = await sender.send({
    ticks: run.ticks - 1,
    rate: 0,
  });
  await sender.stop();
  const cpuSent = cpuSeconds(server.pid);
  const peak = peakResidentBytes(server.pid);
  await settle(server);
  const cpuSettled = cpuSeconds(server.pid);
  if (result.refused + first.refused > 0)
    throw new Error(`a request was refused: ${result.reason || first.reason}`);
  const acknowledged = (share: number) => percentile(result.acknowledgedMs, share);
  const perMillion = (value: number) => value / (result.samples / 1e6);
  const rate = result.samples / result.seconds / 1000;
  return [
    figure("samples", (first.samples + result.samples) / 1e6, (v) => `${v.toFixed(2)} M`, true),
    figure(
      "first scrapes, CPU per series",
      ((cpu - before) * 1e6) / run.series,
      microseconds,
      false,
    ),
    figure("CPU per M samples, acknowledged", perMillion(cpuSent - cpu), seconds, false),
    figure("CPU per M samples, settled", perMillion(cpuSettled - cpu), seconds, false),
    figure("thousand samples a second", rate, (v) => v.toFixed(0), false),
    figure("acknowledged after, median", acknowledged(0.5), ms, false),
    figure("acknowledged after, p99", acknowledged(0.99), ms, false),
    figure("told to come later", result.later + first.later, String, false),
    figure("peak resident while ingesting", peak, mib, true),
  ];
}

/** What is on disk now, parts that merges left behind for some minutes included, and the tables' own count. */
async function measureDisk({ url }: BenchServer, dataDir: string): Promise<Figure[]> {
  const samples = await ownMetric(url, "fleetlight_store_samples_total");
  const tables = await ownMetric(url, "fleetlight_store_bytes");
  return [
    figure("bytes per sample, directory", diskBytes(dataDir) / samples, bytes, false),
    // Zero until the server has counted them for the first time.
    figure("bytes per sample, tables", tables === 0 ? NaN : tables / samples, bytes, false),
  ];
}

async function measureRestart(server: BenchServer, cold: Question): Promise<Figure[]> {
  const answerMs = await ask(server.url, cold);
  await settle(server);
  return [
    figure("ready after a restart", server.readyMs, ms, true),
    figure("first answer after a restart", answerMs, ms, false),
    figure("CPU of the restart", cpuSeconds(server.pid), seconds, true),
    figure("peak resident after a restart", peakResidentBytes(server.pid), mib, true),
  ];
}

async function measure(run: Run, { dir, profile }: Place): Promise<Figure[]> {
  const dataDir = makeDataDir(dir);
  const figures: Figure[] = [];
  let server = await startServer({ dataDir, profile });
  try {
    figures.push(...(await measureIngest(server, run)));
    await countBack(server, run, dataDir);
    const endS = Math.floor((run.startMs + (run.ticks - 1) * run.intervalMs) / MINUTE_MS) * 60;
    const asked = questions(endS);
    if (run.whole) asked.push(wholeSpan(run.startMs / 1000, endS));
    for (const question of asked) figures.push(...(await measureQuestion(server, question)));
    figures.push(...(await measureDisk(server, dataDir)));
    figures.push(figure("peak resident", peakResidentBytes(server.pid), mib, true));
    await server.stop();
    server = await startServer({ dataDir, profile });
    const [cold] = asked;
    if (cold !== undefined) figures.push(...(await measureRestart(server, cold)));
  } catch (error) {
    // What was measured until then is told, and what smaller sizes cost.
    console.log(`given up: ${error instanceof Error ? error.message : String(error)}`);
  } finally {
    await server.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
  return figures;
}

/** CPU of a question below this many milliseconds is noise, and its growth says nothing. */
const LEAST_MS = 2;

/** Growth of a figure against what is expected of it: 1 is as expected, 2 twice as much. */
const bend = (now: Figure, before: Figure, ratio: number): number => {
  const least = now.name.endsWith(": CPU") ? LEAST_MS : 0;
  const growth = Math.max(now.value, least) / Math.max(before.value, least);
  return growth / (now.grows ? ratio : 1);
};

/** Time on the wall tells what else the machine does: only what the server itself uses is compared. */
const isCost = ({ name }: Figure): boolean =>
  !/wall|acknowledged after|first answer|ready|a second|later/.test(name);

function print(
  title: string,
  names: readonly string[],
  sizes: readonly number[],
  runs: readonly Figure[][],
): void {
  const bends: { name: string; by: number; at: string }[] = [];
  const rows = (runs[0] ?? []).map((first, row) => {
    const same = runs.map((run) => run[row] ?? { ...first, value: NaN });
    const growth = same.map((now, at) => {
      const before = same[at - 1];
      if (before === undefined || !isCost(now)) return "";
      const by = bend(now, before, (sizes[at] ?? 1) / (sizes[at - 1] ?? 1));
      if (Number.isNaN(by)) return "";
      bends.push({ name: now.name, by, at: `${names[at - 1]} to ${names[at]}` });
      return `x${by.toFixed(2)}`;
    });
    const values = same.map(({ value, show }) => show(value));
    return [first.name, ...values, ...growth.slice(1), first.grows ? "linear" : "constant"];
  });
  const heads = names.slice(1).map((name, at) => `${names[at]} to ${name}`);
  printGrid(title, [["", ...names, ...heads, "expected"], ...rows]);
  const worst = bends.toSorted((a, b) => b.by - a.by).slice(0, 3);
  for (const [at, { name, by, at: where }] of worst.entries())
    console.log(
      `  ${at === 0 ? "bends first" : "then"}: ${name}, x${by.toFixed(2)} of what is expected from ${where}`,
    );
}

async function bySeries(sizes: readonly string[], minutes: number, place: Place): Promise<void> {
  const runs: Figure[][] = [];
  for (const size of sizes) {
    const startMs = Math.floor((Date.now() - MARGIN_MS) / MINUTE_MS - minutes) * MINUTE_MS;
    const run = {
      series: parseCount(size),
      startMs,
      intervalMs: MINUTE_MS,
      ticks: minutes,
      whole: false,
    };
    runs.push(await measure(run, place));
  }
  print(
    `growth by active series, ${minutes} samples of each a minute apart`,
    sizes,
    sizes.map(parseCount),
    runs,
  );
}

async function byDays(
  days: readonly string[],
  series: number,
  intervalMs: number,
  place: Place,
): Promise<void> {
  const runs: Figure[][] = [];
  for (const day of days) {
    const startMs =
      Math.floor((Date.now() - MARGIN_MS - Number(day) * DAY_MS) / MINUTE_MS) * MINUTE_MS;
    const ticks = Math.floor((Number(day) * DAY_MS) / intervalMs);
    runs.push(await measure({ series, startMs, intervalMs, ticks, whole: true }, place));
  }
  // Only the question for the whole span reads more of a longer one; the others ask for the last hour.
  const expected = runs.map((run) =>
    run.map((figure) => ({
      ...figure,
      grows: /^(samples|rate by job, whole span)/.test(figure.name),
    })),
  );
  const title = `growth by span, ${series} series every ${intervalMs / 1000} s`;
  print(
    title,
    days.map((day) => `${day} d`),
    days.map(Number),
    expected,
  );
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      series: { type: "string", default: "10k,100k,1m" },
      // One hour, and what the rates at its start look back.
      minutes: { type: "string", default: "66" },
      days: { type: "string", default: "1,7,30" },
      "day-series": { type: "string", default: "500" },
      interval: { type: "string", default: "60" },
      dir: { type: "string", default: tmpdir() },
      profile: { type: "string" },
    },
  });
  const list = (text: string) => text.split(",").filter((one) => one !== "");
  const place = { dir: values.dir, profile: values.profile };
  if (values.series !== "") await bySeries(list(values.series), Number(values.minutes), place);
  if (values.days !== "")
    await byDays(
      list(values.days),
      parseCount(values["day-series"]),
      Number(values.interval) * 1000,
      place,
    );
}
