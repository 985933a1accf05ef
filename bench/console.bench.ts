import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { chromium, type Browser } from "playwright-core";

import { startProduct } from "../tests/support/product.ts";
import { longestTask, scrollFrames, sendLongRun, watchLongTasks } from "./support/long-run.ts";
import { ms, percentile, printTable } from "./support/table.ts";

export const describe =
  "what a browser loads for the console's first page, and how a run of many spans scrolls";

const ROUNDS = 5;
const BROWSER = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

const SPANS = Number(process.env["SPANS"] ?? 20_000);
const FRAMES = 300;
/** Some 3,600 lines a minute would be reading; this is somebody who looks for something. */
const STEP_PX = 120;

/** A run is opened and scrolled while its frames are timed. */
async function scrollLongRun(url: string, browser: Browser): Promise<void> {
  const trace = await sendLongRun(url, SPANS);
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  // What the page itself works, which a machine that is busy with something else does not change much.
  const cpuSeconds = async () =>
    (await session.send("Performance.getMetrics")).metrics.find(
      ({ name }) => name === "TaskDuration",
    )?.value ?? Number.NaN;
  await page.goto(`${url}/dashboard/runs`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await watchLongTasks(page);
  const start = performance.now();
  await page.locator(`a[href*="${trace}"]`).first().click();
  await page.getByRole("region", { name: "Spans of the run in time" }).waitFor();
  const shown = performance.now() - start;
  await page.getByText(/have come; the others/).waitFor({ state: "detached", timeout: 120_000 });
  const whole = performance.now() - start;
  await page.waitForLoadState("networkidle");
  const longest = await longestTask(page);
  const before = await cpuSeconds();
  const frames = await scrollFrames(page, FRAMES, STEP_PX);
  const cpuMs = (((await cpuSeconds()) - before) / FRAMES) * 1000;
  await page.close();
  printTable(`a run of ${SPANS.toLocaleString("en")} spans, ${FRAMES} frames of ${STEP_PX} px`, [
    ["first spans are there after", ms(shown)],
    ["all of them after", ms(whole)],
    ["longest time without an answer while opening", ms(longest)],
    ["frame, median", ms(percentile(frames, 0.5))],
    ["frame, p95", ms(percentile(frames, 0.95))],
    ["frame, longest", ms(Math.max(...frames))],
    ["work of the page per frame (CPU)", ms(cpuMs)],
  ]);
}

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
  await scrollLongRun(product.url, browser);
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
