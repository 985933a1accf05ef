import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";

import { findPeer } from "../peer.ts";
import { startProduct, type Product } from "../support/product.ts";
import {
  CHROMIUM,
  expectAccessible,
  expectNoSidewaysScroll,
  launch,
  openPage,
  startService,
  type BreakableService,
  type Watched,
} from "./browser.ts";

const QUICK = {
  FLEETLIGHT_SCRAPE__INTERVAL: "1s",
  FLEETLIGHT_SCRAPE__TIMEOUT: "1s",
};
const DESK = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
const WAIT = { timeout: 15_000 };
const LONG = 90_000;

const program = findPeer("the metrics page in a real browser", ...CHROMIUM);

/** An address of the page; every part as the console writes it. */
const address = (search: Record<string, unknown>): string => {
  const parts = Object.entries(search).map(([key, value]) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return `${key}=${encodeURIComponent(text)}`;
  });
  return `/dashboard/explore?${parts.join("&")}`;
};

describe.skipIf(program === undefined)("the metrics page in a real browser", () => {
  let dataDir: string;
  let product: Product;
  let service: BreakableService;
  let browser: Browser;
  let desk: Watched;

  const samplesArrive = async () => {
    const asked = new URLSearchParams({ query: "count(e2e_queue_depth)" });
    const check = async () => {
      const answer = await fetch(`${product.url}/api/v1/query?${asked}`);
      const body = (await answer.json()) as { data: { result: unknown[] } };
      if (body.data.result.length === 0) throw new Error("the service was not scraped in time");
    };
    await vi.waitFor(check, { timeout: 60_000, interval: 200 });
  };

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "fleetlight-e2e-metrics-"));
    service = await startService();
    [product, browser] = await Promise.all([
      startProduct({ dataDir, env: QUICK }),
      launch(program ?? ""),
    ]);
    await fetch(`${product.url}/api/v1/services/register`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ id: "e2e-service", name: "E2E service", url: service.url }),
    });
    await samplesArrive();
    desk = await openPage(browser, { ...DESK, colorScheme: "dark" });
  }, LONG);

  afterAll(async () => {
    await browser?.close();
    await product?.stop();
    await service?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const go = async (page: Page, path: string) => {
    await page.goto(product.url + path);
    await page.getByRole("heading", { level: 1, name: "Metrics" }).waitFor(WAIT);
  };
  const editor = (page: Page, name = "A"): Locator =>
    page.getByRole("textbox", { name: `Expression ${name}`, exact: true });
  const graph = (page: Page, name: RegExp): Locator => page.getByRole("img", { name });
  const type = async (page: Page, expression: string, name = "A") => {
    await editor(page, name).click(WAIT);
    await page.keyboard.press("ControlOrMeta+a");
    // As if pasted: brackets that close by themselves would double those of the expression.
    await page.keyboard.insertText(expression);
  };
  const run = async (page: Page, expression: string, name = "A") => {
    await type(page, expression, name);
    await page.keyboard.press("ControlOrMeta+Enter");
  };

  test(
    "an expression is typed and drawn, and the address brings it back",
    async () => {
      const { page } = desk;
      await go(page, "/dashboard/explore");
      await page.getByText("Ask a question").waitFor(WAIT);
      await run(page, "sum(e2e_queue_depth)");
      await graph(page, /^sum\(e2e_queue_depth\)\. 1 line/).waitFor(WAIT);
      const rows = page.getByRole("table", { name: "Series" }).getByRole("row");
      await expect.poll(() => rows.count(), WAIT).toBe(2);
      expect(await rows.nth(1).textContent()).toMatch(/sum\(e2e_queue_depth\).*[789]/);
      await expectAccessible(page);

      await page.reload();
      await graph(page, /^sum\(e2e_queue_depth\)\. 1 line/).waitFor(WAIT);
      expect(await editor(page).textContent()).toBe("sum(e2e_queue_depth)");
      await run(page, "max(e2e_queue_depth)");
      await graph(page, /^max\(e2e_queue_depth\)\. 1 line/).waitFor(WAIT);
      await page.goBack();
      await graph(page, /^sum\(e2e_queue_depth\)\. 1 line/).waitFor(WAIT);
      await expect.poll(() => editor(page).textContent(), WAIT).toBe("sum(e2e_queue_depth)");
      expect(desk.errors.splice(0)).toEqual([]);
    },
    LONG,
  );

  test(
    "an empty page teaches how to send metrics, and has examples to begin with",
    async () => {
      const { page } = desk;
      await go(page, "/dashboard/explore");
      await page.getByRole("button", { name: "Send metrics of your own" }).click(WAIT);
      await page.getByText("remote_write", { exact: true }).click();
      await page.getByText(`url: ${product.url}/api/v1/write`).waitFor(WAIT);
      await page.getByRole("button", { name: "Copy write example" }).waitFor(WAIT);
      await expectAccessible(page);
      await page.getByRole("button", { name: "up", exact: true }).click();
      await graph(page, /^up\. \d+ lines?/).waitFor(WAIT);
      expect(desk.errors.splice(0)).toEqual([]);
    },
    LONG,
  );

  test(
    "completion knows the metrics, and Tab takes one",
    async () => {
      const { page } = desk;
      await go(page, "/dashboard/explore");
      await editor(page).click(WAIT);
      await page.keyboard.type("e2e_queue");
      const option = page.getByRole("option", { name: /e2e_queue_depth/ });
      await option.waitFor(WAIT);
      // While the list is being renewed Tab does nothing; a person would press it again, too.
      const taken = async () => {
        if (await option.isVisible()) await page.keyboard.press("Tab");
        return editor(page).textContent();
      };
      await expect.poll(taken, WAIT).toBe("e2e_queue_depth");
      await page.keyboard.press("Enter");
      await graph(page, /^e2e_queue_depth\. 1 line/).waitFor(WAIT);
      expect(desk.errors.splice(0)).toEqual([]);
    },
    LONG,
  );

  test(
    "what is wrong is underlined where it is, and said below",
    async () => {
      const { page } = desk;
      await go(page, address({ e: "up" }));
      await run(page, "sum(up) byy (job)");
      await page.getByRole("alert").filter({ hasText: "parse error" }).waitFor(WAIT);
      const mark = page.locator(".cm-lintRange-error");
      await expect.poll(() => mark.textContent(), WAIT).toBe("byy");
      await expectAccessible(page);
      await run(page, "sum(up)");
      await graph(page, /^sum\(up\)\. 1 line/).waitFor(WAIT);
      expect(await mark.count()).toBe(0);
      // The refusal is an answer of 400, which the browser notes as an error.
      expect(desk.errors.splice(0).every((error) => error.includes("400"))).toBe(true);
    },
    LONG,
  );

  test(
    "several queries are added, hidden, moved and named, and survive a reload",
    async () => {
      const { page } = desk;
      await go(page, address({ e: "e2e_queue_depth" }));
      await graph(page, /^e2e_queue_depth\. 1 line/).waitFor(WAIT);
      await page.getByRole("button", { name: "Add a query" }).click();
      await run(page, "max(e2e_queue_depth)", "B");
      await graph(page, /^e2e_queue_depth; max\(e2e_queue_depth\)\. 2 lines/).waitFor(WAIT);
      await page.getByRole("button", { name: "Show A" }).click();
      await graph(page, /^max\(e2e_queue_depth\)\. 1 line/).waitFor(WAIT);
      await page.getByRole("button", { name: "More, for B" }).click();
      await page.getByRole("menuitem", { name: "Move up" }).click();
      await page.getByRole("button", { name: "More, for B" }).click();
      await page.getByRole("menuitem", { name: "Name and legend" }).click();
      const dialog = page.getByRole("dialog", { name: "Query B" });
      await dialog.getByLabel("Name").fill("deepest");
      await dialog.getByLabel("Legend").fill("the deepest queue");
      await dialog.getByRole("button", { name: "Save" }).click();
      await page.reload();
      await graph(page, /1 line.*the deepest queue: last/).waitFor(WAIT);
      const names = page.getByRole("region", { name: "Queries" }).getByRole("listitem");
      await expect.poll(() => names.count(), WAIT).toBe(2);
      expect(await names.nth(0).getAttribute("aria-label")).toBe("Query deepest");
      expect(await names.nth(1).getAttribute("aria-label")).toBe("Query A");
      expect(desk.errors.splice(0)).toEqual([]);
    },
    LONG,
  );

  test(
    "the table shows values, filters and sorts them",
    async () => {
      const { page } = desk;
      await go(page, address({ e: '{__name__=~"e2e_.+"}' }));
      await page.getByRole("tab", { name: "Table" }).click(WAIT);
      const rows = page.getByRole("table", { name: "Values" }).getByRole("row");
      await expect.poll(() => rows.count(), WAIT).toBe(3);
      expect(page.url()).toContain("v=table");
      await page.getByLabel("Filter the rows").fill("queue");
      await expect.poll(() => rows.count(), WAIT).toBe(2);
      await page.getByRole("button", { name: "metric", exact: true }).click();
      expect(
        await page.getByRole("columnheader", { name: "metric" }).getAttribute("aria-sort"),
      ).toBe("ascending");
      await expectAccessible(page);
      expect(desk.errors.splice(0)).toEqual([]);
    },
    LONG,
  );

  test(
    "the plan of an expression is a tree with its cost",
    async () => {
      const { page } = desk;
      await go(page, address({ v: "explain", e: "sum(rate(e2e_requests_total[1m])) * 60" }));
      const plan = page.getByRole("table", { name: "Plan of A" });
      await plan.getByText("sum(rate(e2e_requests_total[1m]))", { exact: true }).waitFor(WAIT);
      await plan.getByText("rate(e2e_requests_total[1m])", { exact: true }).waitFor(WAIT);
      await expectAccessible(page);
      await page.getByRole("tab", { name: "Explain" }).press("ArrowRight");
      await page
        .getByLabel("Answer to A")
        .getByText(/"resultType":"matrix"/)
        .waitFor(WAIT);
      expect(desk.errors.splice(0)).toEqual([]);
    },
    LONG,
  );

  test(
    "the browser asks the usual question about a metric, and narrows it by a label",
    async () => {
      const { page } = desk;
      await go(page, "/dashboard/explore");
      await page.getByLabel("Find a metric").pressSequentially("e2e_requests");
      await page.getByRole("button", { name: /^e2e_requests_total/ }).click(WAIT);
      await graph(page, /^rate\(e2e_requests_total\[5m\]\)\. 1 line/).waitFor(WAIT);
      await page.getByRole("button", { name: /^Labels of e2e_requests_total/ }).click();
      await page.getByRole("button", { name: /^Only kind all 1 series/ }).click(WAIT);
      await graph(page, /^rate\(e2e_requests_total\{kind="all"\}\[5m\]\)\. 1 line/).waitFor(WAIT);
      await expectAccessible(page);
      await page.getByRole("link", { name: "Cardinality" }).click();
      await page.getByRole("heading", { level: 1, name: "Cardinality" }).waitFor(WAIT);
      await page
        .getByRole("link", { name: /^fleetlight_/ })
        .first()
        .waitFor(WAIT);
      // The server is new: all that it has came within the hour.
      await page.getByText(/^series, \+\d.* in all$/).waitFor(WAIT);
      await expectAccessible(page);
      expect(desk.errors.splice(0)).toEqual([]);
    },
    LONG,
  );

  test(
    "a drag zooms, a double click goes back, and time is chosen by hand",
    async () => {
      const { page } = desk;
      await go(page, address({ e: "e2e_queue_depth", range: "5m" }));
      const picture = graph(page, /^e2e_queue_depth\. 1 line/);
      await picture.waitFor(WAIT);
      const box = await picture.boundingBox();
      if (box === null) throw new Error("the graph is nowhere");
      const middle = box.y + box.height / 2;
      await page.mouse.move(box.x + box.width * 0.5, middle);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * 0.8, middle, { steps: 5 });
      await page.mouse.up();
      await page.waitForURL(/from=\d+&to=\d+/, WAIT);
      await page.mouse.dblclick(box.x + box.width * 0.5, middle);
      await page.waitForURL((url) => !url.search.includes("from="), WAIT);
      await page.getByRole("button", { name: /^Time range/ }).click();
      await page.getByRole("button", { name: "6h", exact: true }).click();
      await page.waitForURL(/range=6h/, WAIT);
      await page.getByRole("button", { name: "Pause" }).click();
      await page.waitForURL(/live=false/, WAIT);
      expect(desk.errors.splice(0)).toEqual([]);
    },
    LONG,
  );

  test(
    "a bookmark from before there were expressions still works",
    async () => {
      const { page } = desk;
      await go(page, '/dashboard/explore?metric=e2e_requests_total&where=kind%3D"all"&range=5m');
      await graph(page, /^rate\(e2e_requests_total\{kind="all"\}\[5m\]\)\. 1 line/).waitFor(WAIT);
      await go(page, "/dashboard/explore?metric=e2e_queue_depth&view=raw");
      await graph(page, /^e2e_queue_depth\. 1 line/).waitFor(WAIT);
      await page.getByRole("button", { name: "More, for A" }).click();
      await page.getByRole("menuitem", { name: "Alert on this" }).click();
      await page.getByRole("heading", { level: 1, name: "Create a rule" }).waitFor(WAIT);
      expect(desk.errors.splice(0)).toEqual([]);
    },
    LONG,
  );

  test(
    "it fits a phone, in light, with every view",
    async () => {
      const { page, errors } = await openPage(browser, { ...PHONE, colorScheme: "light" });
      for (const view of [undefined, "table", "explain"]) {
        const queries = ["e2e_queue_depth", "rate(e2e_requests_total[1m])"];
        await go(page, address({ e: queries, ...(view !== undefined && { v: view }) }));
        await page
          .getByText(/1 (series|row), /)
          .first()
          .waitFor(WAIT);
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
      }
      await page.getByRole("button", { name: "Browse metrics" }).click();
      await page.getByRole("dialog", { name: "Metrics" }).getByLabel("Find a metric").waitFor(WAIT);
      await expectAccessible(page);
      expect(errors).toEqual([]);
      await page.context().close();
    },
    LONG,
  );

  test(
    "when the server goes away what was drawn stays, and the page says so",
    async () => {
      const { page } = desk;
      await go(page, address({ e: "e2e_queue_depth", range: "5m" }));
      await graph(page, /^e2e_queue_depth\. 1 line/).waitFor(WAIT);
      await product.stop();
      await page.getByText("The answer could not be loaded").waitFor({ timeout: 40_000 });
      expect(await graph(page, /^e2e_queue_depth\. 1 line/).count()).toBe(1);
    },
    LONG,
  );
});
