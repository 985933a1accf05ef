import type { Browser, Page } from "playwright-core";

import type { BenchServer } from "./children.ts";
import {
  longTasks,
  scrollFrames,
  sendLongRun,
  watchLongTasks,
  type LongTasks,
} from "./long-run.ts";
import { cpuSeconds, peakResidentBytes, residentBytes } from "./process.ts";
import { mib, ms, percentile, printGrid, printTable } from "./table.ts";

const FRAMES = 300;
/** Some 3,600 lines a minute would be reading; this is somebody who looks for something. */
const STEP_PX = 120;
const WAIT = { timeout: 120_000 };

/** The other pictures of a run, and what is there when they are. */
const VIEWS = [
  ["Conversation", / asked | used |Nothing that was said is known|Too many spans to be read/],
  ["Agents", /Who was at work when/],
  ["Flame graph", /What takes most itself/],
  ["Critical path", /Own time by span/],
] as const;

const seconds = (value: number): string => `${value.toFixed(1)} s`;

/** What the page itself works, in seconds, which a machine that is busy with something else does not change much. */
async function pageWork(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  return async () =>
    (await session.send("Performance.getMetrics")).metrics.find(
      ({ name }) => name === "TaskDuration",
    )?.value ?? Number.NaN;
}

/** Bytes of the page's objects that are in use, and of its process. */
async function memoryOf(browser: Browser, page: Page): Promise<{ heap: number; tab: number }> {
  const session = await page.context().newCDPSession(page);
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize: heap } = await session.send("Runtime.getHeapUsage");
  const root = await browser.newBrowserCDPSession();
  const { processInfo } = await root.send("SystemInfo.getProcessInfo");
  const tabs = processInfo
    .filter(({ type }) => type === "renderer")
    .map(({ id }) => residentBytes(id));
  return { heap, tab: Math.max(...tabs) };
}

const held = ({ longest, beyond }: LongTasks): string => `${ms(longest)}, ${beyond}`;

/** Opens each of the other pictures from the whole run. */
async function openViews(page: Page): Promise<string[][]> {
  const rows: string[][] = [];
  for (const [name, sign] of VIEWS) {
    await watchLongTasks(page);
    const start = performance.now();
    await page.getByRole("button", { name, exact: true }).click();
    await page.getByText(sign).first().waitFor(WAIT);
    const shown = performance.now() - start;
    await page.waitForLoadState("networkidle", WAIT);
    rows.push([name, ms(shown), held(await longTasks(page))]);
  }
  return rows;
}

/** Sends a run of so many spans, opens it from the list, scrolls it, and looks at its other pictures. */
export async function openLongRun(
  server: BenchServer,
  browser: Browser,
  spans: number,
): Promise<void> {
  const before = { cpu: cpuSeconds(server.pid), start: performance.now() };
  const trace = await sendLongRun(server.url, spans);
  const sent = { wall: (performance.now() - before.start) / 1000, cpu: cpuSeconds(server.pid) };
  const sentLoop = await server.loopDelay();
  const resident = residentBytes(server.pid);
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  const work = await pageWork(page);
  await page.goto(`${server.url}/dashboard/runs`);
  await page.getByRole("heading", { level: 1 }).waitFor();
  await page.locator(`a[href*="${trace}"]`).first().waitFor(WAIT);
  const listLoop = await server.loopDelay();
  await watchLongTasks(page);
  const [start, startWork, startCpu] = [performance.now(), await work(), cpuSeconds(server.pid)];
  await page.locator(`a[href*="${trace}"]`).first().click();
  await page.getByRole("region", { name: "Spans of the run in time" }).waitFor(WAIT);
  const shown = performance.now() - start;
  await page.getByText(/have come; the others/).waitFor({ ...WAIT, state: "detached" });
  const whole = performance.now() - start;
  await page.waitForLoadState("networkidle", WAIT);
  const openWork = (await work()) - startWork;
  const tasks = await longTasks(page);
  const loop = await server.loopDelay();
  const cpu = cpuSeconds(server.pid) - startCpu;
  const scrollWork = await work();
  const frames = await scrollFrames(page, FRAMES, STEP_PX);
  const perFrame = (((await work()) - scrollWork) / FRAMES) * 1000;
  const memory = await memoryOf(browser, page);
  const views = await openViews(page);
  const viewLoop = await server.loopDelay();
  await page.close();
  printTable(`a run of ${spans.toLocaleString("en")} spans`, [
    ["sent in, CPU of the server", `${seconds(sent.wall)}, ${seconds(sent.cpu - before.cpu)}`],
    ["first spans are there after", ms(shown)],
    ["all of them after", ms(whole)],
    ["work of the page until then (CPU)", seconds(openWork)],
    ["longest task of the page, those of more than 100 ms", held(tasks)],
    ["objects of the page, resident tab", `${mib(memory.heap)}, ${mib(memory.tab)}`],
    [`frame of ${STEP_PX} px, median`, ms(percentile(frames, 0.5))],
    ["frame, p95", ms(percentile(frames, 0.95))],
    ["frame, longest", ms(Math.max(...frames))],
    ["work of the page per frame (CPU)", ms(perFrame)],
    ["CPU of the server for it", seconds(cpu)],
    ["server resident before, at most", `${mib(resident)}, ${mib(peakResidentBytes(server.pid))}`],
    [
      "loop of the server held by its own CPU, at most: sending, list, opening, pictures",
      [sentLoop, listLoop, loop, viewLoop].map((delay) => ms(delay.held.max)).join(", "),
    ],
  ]);
  printGrid("its other pictures", [
    ["", "there after", "longest task, those of more than 100 ms"],
    ...views,
  ]);
}
