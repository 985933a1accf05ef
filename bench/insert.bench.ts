import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { printTable } from "./support/table.ts";

export const describe =
  "samples written through the store against raw chDB inserts of the same rows";

const SERIES = 10_000;
const SAMPLES = 4_000_000;
/** Samples per commit: what a scrape of a large target brings. */
const BATCH = 2000;
/** Rows per raw insert: what the store's own writer sends at this rate. */
const RAW_ROWS = 100_000;
const ROUNDS = 3;

interface Figures {
  seconds: number;
  cpuSeconds: number;
  rows: number;
}

const timeOf = (i: number): number => 1_700_000_000_000 + Math.floor(i / SERIES) * 15_000;
const valueOf = (i: number): number => (i % SERIES) + Math.floor(i / SERIES);

async function measure(run: () => Promise<void>): Promise<Figures> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await run();
  const spent = process.cpuUsage(cpu);
  return {
    seconds: (performance.now() - start) / 1000,
    cpuSeconds: (spent.user + spent.system) / 1e6,
    rows: SAMPLES,
  };
}

async function throughStore(dataDir: string): Promise<Figures> {
  const { createTelemetryStore } = await import("../packages/server/src/store/telemetry/index.ts");
  const year = 365 * 86_400_000;
  const store = await createTelemetryStore(
    { dataDir },
    {
      flushIntervalMs: 5000,
      flushRows: RAW_ROWS,
      maxPendingRows: 2_000_000,
      headMaxBytes: 128 << 20,
      headWindowMs: 7_200_000,
      maxSeries: 1_000_000,
      retention: () => ({
        metricsMs: 100 * year,
        eventsMs: year,
        tracesMs: year,
        maxBytes: undefined,
      }),
      now: Date.now,
      onError: (message) => console.error(message),
    },
  );
  const appender = store.metrics.appender("default");
  const refs = Array.from({ length: SERIES }, (_, i) =>
    appender.series({
      __name__: `metric_${i % 100}`,
      instance: `host-${i}`,
      job: "bench",
      service: "bench",
    }),
  );
  const figures = await measure(async () => {
    for (let i = 0; i < SAMPLES;) {
      for (const end = i + BATCH; i < end; i++)
        appender.append(refs[i % SERIES] ?? 0, timeOf(i), valueOf(i));
      await appender.commit();
      // As a sender that is told to slow down would.
      while (store.stats().pendingRows > 500_000)
        await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await store.flush();
  });
  await store.close();
  return figures;
}

async function rawInserts(dataDir: string): Promise<Figures> {
  const server = fileURLToPath(new URL("../packages/server/package.json", import.meta.url));
  const { Session, registerArrowTable, drainPending } = createRequire(server)("chdb");
  const session = new Session(join(dataDir, "raw"));
  await session.queryAsync(
    `CREATE TABLE samples (tenant LowCardinality(String), id UInt64 CODEC(Delta(8), ZSTD(1)), ts DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
     value Float64 CODEC(Delta(8), ZSTD(1))) ENGINE = MergeTree PARTITION BY toDate(ts) ORDER BY (tenant, toStartOfInterval(ts, toIntervalHour(2)), id, ts)`,
  );
  const figures = await measure(async () => {
    for (let i = 0; i < SAMPLES;) {
      const id = new BigInt64Array(RAW_ROWS);
      const t = new BigInt64Array(RAW_ROWS);
      const v = new Float64Array(RAW_ROWS);
      for (let row = 0; row < RAW_ROWS; row++, i++) {
        id[row] = BigInt(i % SERIES);
        t[row] = BigInt(timeOf(i));
        v[row] = valueOf(i);
      }
      const name = `rows_${i}`;
      const columns = [
        { name: "id", type: "Int64", data: id },
        { name: "t", type: "Int64", data: t },
        { name: "v", type: "Float64", data: v },
      ];
      const table = registerArrowTable(name, columns, { session: { _handle: session.connection } });
      await session.queryAsync(
        `INSERT INTO samples SELECT 'default', reinterpretAsUInt64(assumeNotNull(id)), fromUnixTimestamp64Milli(assumeNotNull(t), 'UTC'), assumeNotNull(v) FROM arrowstream('${name}')`,
      );
      table.close();
    }
  });
  session.close();
  await drainPending();
  return figures;
}

/** Each side in a process of its own: chDB allows one directory per process, and neither warms the other. */
function inProcess(side: "store" | "raw"): Figures {
  const dataDir = mkdtempSync(join(tmpdir(), "fleetlight-bench-"));
  try {
    const output = execFileSync(process.execPath, [fileURLToPath(import.meta.url), side, dataDir], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    return JSON.parse(output) as Figures;
  } finally {
    rmSync(dataDir, { recursive: true, force: true });
  }
}

const median = (values: number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

export async function run(): Promise<void> {
  const rounds = Array.from({ length: ROUNDS }, () => ({
    store: inProcess("store"),
    raw: inProcess("raw"),
  }));
  const rate = (figures: Figures) => figures.rows / figures.seconds;
  const text = (side: "store" | "raw") => {
    const speed = median(rounds.map((round) => rate(round[side])));
    const cpu = median(rounds.map((round) => (round[side].cpuSeconds / round[side].rows) * 1e6));
    return `${(speed / 1e6).toFixed(2)} M samples/s, ${cpu.toFixed(2)} CPU-s per million samples`;
  };
  printTable(
    `insert: ${SAMPLES / 1e6} M samples of ${SERIES} series, commits of ${BATCH}, median of ${ROUNDS}`,
    [
      ["raw chDB", text("raw")],
      ["Fleetlight, durable and readable at commit", text("store")],
      [
        "share of the raw speed",
        `${Math.round(median(rounds.map((round) => rate(round.store) / rate(round.raw))) * 100)} %`,
      ],
    ],
  );
}

const [side, dataDir] = process.argv.slice(2);
if (dataDir !== undefined && (side === "store" || side === "raw"))
  console.log(
    JSON.stringify(await (side === "store" ? throughStore(dataDir) : rawInserts(dataDir))),
  );
