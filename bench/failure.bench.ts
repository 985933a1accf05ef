import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startProduct } from "../tests/support/product.ts";
import { sleep } from "./support/process.ts";
import { ms, percentile, printTable } from "./support/table.ts";

export const describe = "time from a service's failure to the webhook that tells of it";

const TRIALS = 20;
const INTERVAL_MS = 1000;
const LIMIT_MS = 10_000;

interface Notification {
  status: string;
  alerts: { labels: { service: string } }[];
}

/** Every trial has a service of its own, because a service that fails again is inside its rule's cooldown. */
export async function run(): Promise<void> {
  const broken = new Set<string>();
  const services = createServer((request, response) => {
    const id = request.url?.split("/")[1] ?? "";
    response.writeHead(broken.has(id) ? 503 : 200).end();
  });
  const told = new Map<string, () => void>();
  const receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += String(chunk)));
    request.on("end", () => {
      response.end();
      for (const alert of (JSON.parse(body) as Notification).alerts)
        told.get(alert.labels.service)?.();
    });
  });
  const address = async (server: typeof services) => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  };
  const [url, webhook] = [await address(services), await address(receiver)];
  const dataDir = mkdtempSync(join(tmpdir(), "fleetlight-bench-"));
  const product = await startProduct({
    dataDir,
    env: { FLEETLIGHT_NOTIFICATIONS__WEBHOOK__URL: webhook },
  });
  const ids = Array.from({ length: TRIALS }, (_, trial) => `probe-${trial}`);
  for (const id of ids)
    await fetch(`${product.url}/api/v1/services/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        id,
        name: id,
        url,
        health_endpoint: `/${id}`,
        check: { interval_seconds: INTERVAL_MS / 1000 },
        scrape: { enabled: false },
      }),
    });
  await sleep(2 * INTERVAL_MS);
  const times: number[] = [];
  for (const id of ids) {
    await sleep(Math.random() * INTERVAL_MS);
    const arrived = new Promise<void>((resolve) => told.set(id, resolve));
    const failed = performance.now();
    broken.add(id);
    await Promise.race([
      arrived,
      sleep(LIMIT_MS).then(() =>
        Promise.reject(new Error(`no notification about ${id} within ${LIMIT_MS} ms`)),
      ),
    ]);
    times.push(performance.now() - failed);
  }
  await product.stop();
  services.close();
  receiver.close();
  rmSync(dataDir, { recursive: true });
  printTable(`failure to webhook: ${TRIALS} trials, check interval ${INTERVAL_MS} ms`, [
    ["median", ms(percentile(times, 0.5))],
    ["p95", ms(percentile(times, 0.95))],
    ["worst", ms(Math.max(...times))],
    ["worst beyond one interval", ms(Math.max(...times) - INTERVAL_MS)],
  ]);
}
