import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { startProduct } from "../tests/support/product.ts";
import { residentBytes } from "./support/process.ts";
import { mib, ms, percentile, printTable } from "./support/table.ts";

export const describe =
  "time from the start of the process until it is ready, empty and with 50 M samples";

const ROUNDS = 5;
const SAMPLES = 50_000_000;
const SERIES = 50_000;

/** Writes the samples with the store's own statements, far faster than they could be sent. */
async function fill(dataDir: string): Promise<void> {
  const server = fileURLToPath(new URL("../packages/server/package.json", import.meta.url));
  const { Session, drainPending } = createRequire(server)("chdb");
  const session = new Session(join(dataDir, "telemetry"));
  const perSeries = SAMPLES / SERIES;
  await session.queryAsync(
    `INSERT INTO series SELECT 'default', 'metric_' || toString(number % 200), number, map('__name__', 'metric_' || toString(number % 200), 'instance', 'host-' || toString(number), 'job', 'bench'), now64(3), now64(3) FROM numbers(${SERIES})`,
  );
  await session.queryAsync(
    `INSERT INTO samples (tenant, id, ts, value) SELECT 'default', intDiv(number, ${perSeries}), fromUnixTimestamp64Milli(toInt64(${Date.now()} - (number % ${perSeries}) * 15000), 'UTC'), number % 977 FROM numbers(${SAMPLES}) SETTINGS max_partitions_per_insert_block = 0`,
  );
  session.close();
  await drainPending();
}

async function timeStart(dataDir: string): Promise<{ ms: number; resident: number }> {
  const start = performance.now();
  const product = await startProduct({ dataDir });
  const took = performance.now() - start;
  const resident = residentBytes(product.process.pid ?? 0);
  await product.stop();
  return { ms: took, resident };
}

const show = (starts: { ms: number; resident: number }[]): string => {
  const times = starts.map((start) => start.ms);
  return `median ${ms(percentile(times, 0.5))}, worst ${ms(Math.max(...times))}, ${mib(Math.max(...starts.map((s) => s.resident)))} resident`;
};

export async function run(): Promise<void> {
  const empty: { ms: number; resident: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const dataDir = mkdtempSync(join(tmpdir(), "fleetlight-bench-"));
    empty.push(await timeStart(dataDir));
    rmSync(dataDir, { recursive: true });
  }
  const dataDir = mkdtempSync(join(tmpdir(), "fleetlight-bench-"));
  await timeStart(dataDir);
  await fill(dataDir);
  const full: { ms: number; resident: number }[] = [];
  for (let round = 0; round < ROUNDS; round++) full.push(await timeStart(dataDir));
  rmSync(dataDir, { recursive: true });
  printTable(`start-up: ${ROUNDS} starts each`, [
    ["empty data directory", show(empty)],
    [`${SAMPLES / 1e6} M samples of ${SERIES} series`, show(full)],
  ]);
}
