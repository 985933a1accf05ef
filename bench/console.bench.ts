import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium } from "playwright-core";

import { startProduct } from "../tests/support/product.ts";
import { ms, percentile, printTable } from "./support/table.ts";

export const describe =
  "what a browser loads for the console's first page, and how long that takes";

const ROUNDS = 5;
const BROWSER = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

export async function run(): Promise<void> {
  if (!existsSync(BROWSER)) {
    console.log(`console: skipped, there is no browser at ${BROWSER} (set CHROMIUM)`);
    return;
  }
  const dataDir = mkdtempSync(join(tmpdir(), "fleetlight-bench-"));
  const product = await startProduct({ dataDir });
  const browser = await chromium.launch({
    executablePath: BROWSER,
    args: ["--no-sandbox", "--disable-gpu"],
  });
  const paints: number[] = [];
  let bytes: Record<string, number> = {};
  for (let round = 0; round < ROUNDS; round++) {
    const page = await browser.newPage();
    bytes = {};
    const session = await page.context().newCDPSession(page);
    await session.send("Network.enable");
    const kinds = new Map<string, string>();
    session.on("Network.responseReceived", ({ requestId, type }) => kinds.set(requestId, type));
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
      const kind = kinds.get(requestId) ?? "other";
      bytes[kind] = (bytes[kind] ?? 0) + encodedDataLength;
    });
    const start = performance.now();
    await page.goto(`${product.url}/dashboard`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    paints.push(performance.now() - start);
    await page.waitForLoadState("load");
    await page.close();
  }
  await browser.close();
  await product.stop();
  rmSync(dataDir, { recursive: true });
  printTable(`console, first load with an empty cache, ${ROUNDS} rounds`, [
    ["heading is there after, median", ms(percentile(paints, 0.5))],
    ...Object.entries(bytes).map(
      ([kind, size]) => [`${kind}, as transferred`, `${(size / 1024).toFixed(0)} KB`] as const,
    ),
  ]);
}
