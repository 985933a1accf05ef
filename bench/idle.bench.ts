import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { NODE_OPTIONS } from "./support/children.ts";
import { cpuSeconds, residentBytes, sleep } from "./support/process.ts";
import { mib, percentile, printTable } from "./support/table.ts";

export const describe =
  "CPU, memory and event-loop delay of the server under the demo (--seconds 300)";

const WARM_UP_MS = 30_000;
const EVERY_MS = 5000;

/** The value of an own metric that has no labels. */
const read = (page: string, name: string): number =>
  Number(new RegExp(`^${name} (\\S+)$`, "m").exec(page)?.[1]);

export async function run(args: readonly string[]): Promise<void> {
  const at = args.indexOf("--seconds");
  const seconds = at === -1 ? 300 : Number(args[at + 1]);
  const cli = fileURLToPath(new URL("../packages/cli/src/main.ts", import.meta.url));
  const dataDir = mkdtempSync(join(tmpdir(), "fleetlight-bench-"));
  const child = spawn(process.execPath, [...NODE_OPTIONS, cli, "demo", "--data-dir", dataDir], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const pid = child.pid ?? 0;
  const url = await new Promise<string>((resolve) => {
    let output = "";
    child.stdout.on("data", (chunk) => {
      output += String(chunk);
      const found = /(https?:\/\/[^\s"]+)\/dashboard/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  await sleep(WARM_UP_MS);
  const [cpu, start] = [cpuSeconds(pid), performance.now()];
  const delays: number[] = [];
  let peak = 0;
  while (performance.now() - start < seconds * 1000) {
    await sleep(EVERY_MS);
    peak = Math.max(peak, residentBytes(pid));
    const page = await (await fetch(`${url}/metrics`)).text();
    delays.push(read(page, "nodejs_eventloop_lag_p99_seconds") * 1000);
  }
  const share = (cpuSeconds(pid) - cpu) / ((performance.now() - start) / 1000);
  const page = await (await fetch(`${url}/metrics`)).text();
  const resident = residentBytes(pid);
  child.kill("SIGTERM");
  await once(child, "exit");
  rmSync(dataDir, { recursive: true, force: true });
  printTable(`the server under the demo, ${seconds} s after ${WARM_UP_MS / 1000} s of warm-up`, [
    ["CPU", `${(share * 100).toFixed(2)} % of one core`],
    ["resident at the end, at most", `${mib(resident)}, ${mib(peak)}`],
    [
      "event-loop delay p99, median and worst of 5 s windows",
      `${percentile(delays, 0.5).toFixed(1)} ms, ${Math.max(...delays).toFixed(1)} ms`,
    ],
    [
      "series, samples",
      `${read(page, "fleetlight_store_series")}, ${read(page, "fleetlight_store_samples_total")}`,
    ],
  ]);
}
