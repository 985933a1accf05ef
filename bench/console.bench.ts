import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { parseArgs } from "node:util";

import { chromium, type Browser } from "playwright-core";

import { makeDataDir, startServer } from "./support/children.ts";
import { openLongRun } from "./support/open-run.ts";
import { ms, percentile, printTable } from "./support/table.ts";

export const describe =
  "what a browser loads for the console's first page, and how runs of many spans open and scroll [--spans 20000,1000000 --profile D]";

const ROUNDS = 5;
const BROWSER = process.env["CHROMIUM"] ?? "/usr/bin/chromium";

/** The first page with an empty cache. */
async function firstPage(url: string, browser: Browser): Promise<void> {
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
    await page.goto(`${url}/dashboard`);
    await page.getByRole("heading", { level: 1 }).waitFor();
    paints.push(performance.now() - start);
    await page.waitForLoadState("load");
    await page.close();
  }
  printTable(`console, first load with an empty cache, ${ROUNDS} rounds`, [
    ["heading is there after, median", ms(percentile(paints, 0.5))],
    ...Object.entries(bytes).map(
      ([kind, size]) => [`${kind}, as transferred`, `${(size / 1024).toFixed(0)} KB`] as const,
    ),
  ]);
}

export async function run(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      spans: { type: "string", default: "20000,1000000" },
      profile: { type: "string" },
    },
  });
  if (!existsSync(BROWSER)) {
    console.log(`console: skipped, there is no browser at ${BROWSER} (set CHROMIUM)`);
    return;
  }
  for (const spans of values.spans.split(",").map(Number)) {
    // Each run has a server and a browser of its own, so that memory is that of this one.
    const server = await startServer({ dataDir: makeDataDir(tmpdir()), profile: values.profile });
    const browser = await chromium.launch({
      executablePath: BROWSER,
      args: ["--no-sandbox", "--disable-gpu"],
    });
    await firstPage(server.url, browser);
    await openLongRun(server, browser, spans);
    await browser.close();
    await server.stop();
  }
}
