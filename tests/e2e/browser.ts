import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";

import type axe from "axe-core";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { expect } from "vitest";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const CONSOLE = fileURLToPath(new URL("../../packages/web/dist/index.html", import.meta.url));

/** Names under which distributions install the browser. */
export const CHROMIUM = ["chromium", "chromium-browser", "google-chrome"];

/** Starts the browser. @throws when the console is not built: a test of yesterday's console is none. */
export const launch = (executablePath: string): Promise<Browser> => {
  if (!existsSync(CONSOLE)) throw new Error("the console is not built: run `npm run build`");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
};

/** A page that remembers what went wrong in it: script errors, refused resources, errors on the console. */
export interface Watched {
  page: Page;
  errors: string[];
}

export const openPage = async (
  browser: Browser,
  options: BrowserContextOptions,
): Promise<Watched> => {
  const context = await browser.newContext({ reducedMotion: "reduce", ...options });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on("pageerror", (error) => errors.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error") errors.push(`${message.text()} (${message.location().url})`);
  });
  return { page, errors };
};

/** Runs axe-core over the page as it is now, with the rules of WCAG 2.2 AA and its own good practice. */
export const expectAccessible = async (page: Page): Promise<void> => {
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    const { axe: runner } = globalThis as unknown as { axe: typeof axe };
    const { violations } = await runner.run(document, {
      runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    });
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(" | ")}`);
  });
  expect(found, page.url()).toEqual([]);
};

/** A page wider than the screen scrolls sideways, which nobody wants on a phone. */
export const expectNoSidewaysScroll = async (page: Page): Promise<void> => {
  const excess = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  expect(excess, page.url()).toBe(0);
};

/** A real service with a health endpoint and metrics, which can be made to fail. */
export interface BreakableService {
  url: string;
  /** What `/health` answers from now on. */
  answer(status: number): void;
  close(): Promise<void>;
}

export const startService = async (): Promise<BreakableService> => {
  let status = 200;
  let requests = 0;
  const server: Server = createServer((request, response) => {
    requests += 1;
    if (request.url === "/health") response.writeHead(status).end("{}");
    else if (request.url === "/metrics") {
      response.setHeader("content-type", "text/plain; version=0.0.4");
      response.end(
        [
          "# HELP e2e_requests_total Requests that the service of the browser test answered.",
          "# TYPE e2e_requests_total counter",
          `e2e_requests_total{kind="all"} ${requests}`,
          "# HELP e2e_queue_depth Tasks that wait.",
          "# TYPE e2e_queue_depth gauge",
          `e2e_queue_depth ${7 + (requests % 3)}`,
          "",
        ].join("\n"),
      );
    } else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    answer: (next) => {
      status = next;
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
};
