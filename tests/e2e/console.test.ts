import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

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

/** Checks and scrapes often, so that a test sees in seconds what takes minutes at night. */
const QUICK = {
  FLEETLIGHT_SCRAPE__INTERVAL: "1s",
  FLEETLIGHT_SCRAPE__TIMEOUT: "1s",
  FLEETLIGHT_MONITORING__REFRESH_INTERVAL: "1s",
};
const DESK = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const PAGES: [string, string][] = [
  ["/dashboard", "Overview"],
  ["/dashboard/services", "Services"],
  ["/dashboard/services/e2e-service", "E2E service"],
  ["/dashboard/alerts", "Alerts"],
  ["/dashboard/alerts/history", "Alert history"],
  ["/dashboard/alerts/rules", "Alert rules"],
  ["/dashboard/alerts/rules/new", "Create a rule"],
  ["/dashboard/explore", "Metrics"],
  ["/dashboard/explore?metric=e2e_requests_total&range=5m", "Metrics"],
  ["/dashboard/explore/cardinality", "Cardinality"],
];

const program = findPeer("the console in a real browser", ...CHROMIUM);

describe.skipIf(program === undefined)("the console in a real browser", () => {
  let dataDir: string;
  let product: Product;
  let service: BreakableService;
  let browser: Browser;
  let desk: Watched;

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "fleetlight-e2e-"));
    service = await startService();
    [product, browser] = await Promise.all([
      startProduct({ dataDir, env: QUICK }),
      launch(program ?? ""),
    ]);
    desk = await openPage(browser, { ...DESK, colorScheme: "dark" });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await product?.stop();
    await service?.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const go = async (page: Page, path: string, heading: string) => {
    await page.goto(product.url + path);
    await page.getByRole("heading", { level: 1, name: heading }).waitFor();
  };

  test("the root leads to the overview, which is live and teaches how to begin", async () => {
    const { page } = desk;
    await page.goto(product.url);
    await page.waitForURL("**/dashboard");
    await page.getByText("No service is registered yet").waitFor();
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByText(`curl -X POST ${product.url}/api/v1/services/register`).waitFor();
    await page.getByText("Nothing is firing").waitFor();
    expect(await page.title()).toBe("Overview · Fleetlight");
    await expectAccessible(page);
    expect(desk.errors.splice(0)).toEqual([]);
  });

  test("a bad address is refused beside its field, a good one is registered and becomes healthy", async () => {
    const { page } = desk;
    await go(page, "/dashboard/services", "Services");
    await page.getByRole("button", { name: "Register a service" }).click();
    const dialog = page.getByRole("dialog", { name: "Register a service" });
    await dialog.getByLabel("Name").fill("E2E service");
    await dialog.getByLabel("Address").fill("ftp://127.0.0.1/");
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Register" }).click();
    await dialog.getByText("an http:// or https:// URL").waitFor();
    // The refusal is an answer of 400, which the browser notes as an error.
    expect(desk.errors.splice(0).every((error) => error.includes("400"))).toBe(true);

    await dialog.getByLabel("Address").fill(service.url);
    await dialog.getByLabel("Check interval, seconds").fill("0.5");
    await dialog.getByRole("button", { name: "Register" }).click();
    await page.waitForURL("**/dashboard/services/e2e-service");
    await page.getByRole("heading", { level: 1, name: "E2E service" }).waitFor();
    await page.getByText("Healthy", { exact: true }).first().waitFor();
    await page.getByRole("link", { name: /^e2e_requests_total/ }).waitFor();
    await page.getByRole("img", { name: /Check latency of E2E service.*1 line/ }).waitFor();
    expect(desk.errors.splice(0)).toEqual([]);
  }, 40_000);

  test("the list is filtered by its box and by state, and the address says so", async () => {
    const { page } = desk;
    await go(page, "/dashboard/services", "Services");
    const row = page.getByRole("row", { name: /E2E service/ });
    await row.waitFor();
    await page.getByLabel("Filter by name, id, type, address or label").fill("nothing like it");
    await page.getByText("No service matches these filters").waitFor();
    expect(page.url()).toContain("q=nothing");
    await page.getByRole("button", { name: "Show all 1" }).click();
    await page.getByRole("button", { name: /^Healthy/ }).click();
    expect(page.url()).toContain("state=healthy");
    await row.waitFor();
    await page.reload();
    await row.waitFor();
    expect(desk.errors.splice(0)).toEqual([]);
  });

  test("a failing service turns unhealthy and fires an alert without a reload, and recovers", async () => {
    const { page } = desk;
    await go(page, "/dashboard", "Overview");
    await page
      .getByRole("link", { name: /E2E service/ })
      .first()
      .waitFor();
    service.answer(503);
    await page.getByText("1 service unhealthy, 1 alert firing.").waitFor({ timeout: 20_000 });
    await page
      .getByRole("link", { name: /1 firing/ })
      .first()
      .click();
    await page.getByRole("link", { name: "Service down" }).click();
    await page.getByRole("heading", { level: 1, name: "Service down" }).waitFor();
    const panel = page.getByRole("region", { name: "Service down" });
    await panel.getByText("Firing", { exact: true }).waitFor();
    await page.getByRole("img", { name: /with the threshold == 0.*1 line/ }).waitFor();
    await expectAccessible(page);
    service.answer(200);
    await panel.getByText("Resolved", { exact: true }).first().waitFor({ timeout: 20_000 });
    await go(page, "/dashboard/alerts/history", "Alert history");
    await page.getByRole("link", { name: "Service down" }).first().waitFor();
    expect(desk.errors.splice(0)).toEqual([]);
  }, 60_000);

  test("a rule is made beside its preview, fires, and is switched off", async () => {
    const { page } = desk;
    await go(page, "/dashboard/alerts/rules/new", "Create a rule");
    const metric = page.getByPlaceholder("probe_duration_seconds");
    await metric.fill("e2e_queue");
    await page.getByRole("option", { name: "e2e_queue_depth" }).click();
    await page.getByLabel("Threshold").fill("5");
    await page.getByPlaceholder("Checks are slow").fill("Queue is deep");
    await page.getByText("1 hour", { exact: true }).click();
    await page.getByText(/Would have fired .*, over 1 series/).waitFor({ timeout: 20_000 });
    await expectAccessible(page);
    await page.getByRole("button", { name: "Create the rule" }).click();
    await page.waitForURL("**/dashboard/alerts/rules");
    await page.getByRole("link", { name: "Queue is deep" }).waitFor();
    const rule = page.getByRole("listitem").filter({ hasText: "Queue is deep" });
    await rule.getByText("Firing").waitFor({ timeout: 20_000 });
    await rule.getByRole("switch").press("Space");
    await rule.getByText("off").waitFor({ timeout: 20_000 });
    expect(desk.errors.splice(0)).toEqual([]);
  }, 60_000);

  test("a metric is found and drawn live, and what is seen is in the address", async () => {
    const { page } = desk;
    await go(page, "/dashboard/explore", "Metrics");
    await page.getByLabel("Find a metric").fill("e2e_queue");
    await page.getByRole("button", { name: /^e2e_queue_depth/ }).click();
    await page.getByRole("img", { name: /^e2e_queue_depth\. 1 line/ }).waitFor();
    expect(page.url()).toContain("e=e2e_queue_depth");
    await page.getByRole("button", { name: /^Time range/ }).click();
    await page.getByRole("button", { name: "5m", exact: true }).click();
    await page.waitForURL(/range=5m/);
    const title = () => page.getByRole("img", { name: /1 line/ }).getAttribute("aria-label");
    const before = await title();
    await expect.poll(title, { timeout: 15_000 }).not.toBe(before);
    await page.reload();
    await page.getByRole("img", { name: /^e2e_queue_depth\. 1 line/ }).waitFor();
    expect(desk.errors.splice(0)).toEqual([]);
  }, 60_000);

  test("the search opens by keyboard and leads to a service", async () => {
    const { page } = desk;
    await go(page, "/dashboard", "Overview");
    await page.keyboard.press("Control+k");
    await page.getByRole("combobox").fill("e2e");
    await page.getByRole("option", { name: /E2E service/ }).waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "E2E service" }).waitFor();
    expect(desk.errors.splice(0)).toEqual([]);
  });

  test("the theme follows the system until somebody chooses, and is remembered", async () => {
    const { page } = desk;
    const scheme = () => page.locator("html").getAttribute("data-mantine-color-scheme");
    await go(page, "/dashboard", "Overview");
    expect(await scheme()).toBe("dark");
    await page.emulateMedia({ colorScheme: "light" });
    await expect.poll(scheme).toBe("light");
    await page.getByRole("button", { name: /^Theme/ }).click();
    await page.getByRole("menuitem", { name: "Dark" }).click();
    await expect.poll(scheme).toBe("dark");
    await page.reload();
    expect(await scheme()).toBe("dark");
    await page.getByRole("button", { name: /^Theme/ }).click();
    await page.getByRole("menuitem", { name: "As the system" }).click();
    await page.emulateMedia({ colorScheme: "dark" });
    expect(desk.errors.splice(0)).toEqual([]);
  });

  test.each(["dark", "light"] as const)(
    "every page is accessible at a desk, %s",
    async (scheme) => {
      const { page, errors } = await openPage(browser, { ...DESK, colorScheme: scheme });
      for (const [path, heading] of PAGES) {
        await go(page, path, heading);
        await page.getByText("Live", { exact: true }).waitFor();
        await expectAccessible(page);
      }
      expect(errors).toEqual([]);
      await page.context().close();
    },
    90_000,
  );

  test.each(["dark", "light"] as const)(
    "every page fits a phone, %s",
    async (scheme) => {
      const { page, errors } = await openPage(browser, { ...PHONE, colorScheme: scheme });
      for (const [path, heading] of PAGES) {
        await go(page, path, heading);
        await page.getByRole("navigation", { name: "Sections" }).getByText("More").waitFor();
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
      }
      expect(errors).toEqual([]);
      await page.context().close();
    },
    90_000,
  );

  test("on a phone the sections that the bar has no room for are behind one", async () => {
    const { page, errors } = await openPage(browser, { ...PHONE, colorScheme: "light" });
    await go(page, "/dashboard", "Overview");
    const sections = page.getByRole("navigation", { name: "Sections" });
    expect(await sections.getByRole("link").count()).toBe(4);
    await sections.getByRole("button", { name: "More" }).click();
    await sections.getByRole("link", { name: "Metrics" }).waitFor();
    await expectAccessible(page);
    await sections.getByRole("link", { name: "Logs" }).click();
    await page.getByRole("heading", { level: 1, name: "Logs" }).waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
  }, 60_000);

  test("an address that leads nowhere says so, and a service that is gone too", async () => {
    const { page } = desk;
    await go(page, "/dashboard/nowhere", "Nothing here");
    await go(page, "/dashboard/services/gone", "gone");
    await page.getByText("The service gone could not be loaded").waitFor();
    expect(desk.errors.splice(0).every((error) => error.includes("404"))).toBe(true);
  });

  test("a service is removed only after a question", async () => {
    const { page } = desk;
    await go(page, "/dashboard/services/e2e-service", "E2E service");
    await page.getByRole("button", { name: "Remove" }).click();
    const dialog = page.getByRole("dialog", { name: "Remove E2E service?" });
    await dialog.getByRole("button", { name: "Keep it" }).click();
    await dialog.waitFor({ state: "hidden" });
    await page.getByRole("button", { name: "Remove" }).click();
    await dialog.getByRole("button", { name: "Remove the service" }).click();
    await page.getByText("No service is registered yet").waitFor();
    // What was still being asked about the service is answered with 404.
    expect(desk.errors.splice(0).filter((error) => !error.includes("404"))).toEqual([]);
  });

  test("when the server goes away the console says since when", async () => {
    const { page } = desk;
    await go(page, "/dashboard", "Overview");
    await page.getByText("Live", { exact: true }).waitFor();
    await product.stop();
    const notice = page.getByText(/Reconnecting since \d\d:\d\d:\d\d/);
    await expect.poll(() => notice.count(), { timeout: 15_000 }).toBe(1);
  }, 30_000);
});
