import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
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
  type Watched,
} from "./browser.ts";

const DESK = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

const PAGES: [string, string][] = [
  ["/dashboard/alerts", "Alerts"],
  ["/dashboard/alerts?view=groups", "Alerts"],
  ["/dashboard/alerts/silences", "Silences"],
  ["/dashboard/alerts/silences/new?match=service%3Dsearch", "Silence alerts"],
  ["/dashboard/alerts/maintenance", "Maintenance"],
  ["/dashboard/alerts/maintenance/new", "Plan maintenance"],
  ["/dashboard/alerts/rules", "Alert rules"],
  ["/dashboard/alerts/rules/errors", "Errors are many"],
  ["/dashboard/alerts/routing?labels=severity%3Dcritical", "Routing"],
  ["/dashboard/alerts/incidents", "Incidents"],
  ["/dashboard/alerts/on-call", "On call"],
  ["/dashboard/alerts/on-call?view=policies", "On call"],
  ["/dashboard/alerts/on-call?view=people", "On call"],
  ["/dashboard/alerts/history", "Alert history"],
  ["/dashboard/alerts/insights", "Insights"],
];

const routes = (hook: string): string => `
route:
  receiver: ops
  group_by: [alertname]
  group_wait: 1s
  group_interval: 1s
  routes:
    - matchers: [severity="critical"]
      receiver: pager
receivers:
  - name: ops
    webhook_configs: [{ url: "${hook}/ops" }]
  - name: pager
    webhook_configs: [{ url: "${hook}/pager" }, { url: "http://127.0.0.1:1/nobody" }]
`;

const program = findPeer("alerting in a real browser", ...CHROMIUM);

describe.skipIf(program === undefined)("alerting in a real browser", () => {
  let dir: string;
  let hook: Server;
  let product: Product;
  let browser: Browser;
  let desk: Watched;
  const told: string[] = [];

  const send = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(product.url + path, {
      method,
      headers: { "content-type": "application/json" },
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    expect(answer.ok, `${method} ${path}: ${answer.status}`).toBe(true);
    const text = await answer.text();
    return text === "" ? undefined : JSON.parse(text);
  };
  const push = (ratios: Record<string, number>) =>
    Promise.all(
      Object.entries(ratios).map(([service, ratio]) =>
        fetch(`${product.url}/metrics/job/${service}`, {
          method: "POST",
          body: `# TYPE e2e_error_ratio gauge\ne2e_error_ratio{service="${service}"} ${ratio}\n`,
        }),
      ),
    );
  const list = async <T>(path: string, name: string): Promise<T[]> =>
    ((await send("GET", path)) as Record<string, T[]>)[name] ?? [];
  const go = async (page: Page, path: string, heading: string) => {
    await page.goto(product.url + path);
    await page.getByRole("heading", { name: heading, exact: true }).first().waitFor();
  };
  const rowOf = (page: Page, service: string) =>
    page.getByRole("list", { name: "Alerts" }).getByRole("listitem").filter({ hasText: service });

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), "fleetlight-alerts-"));
    hook = createServer((request, response) => {
      told.push(request.url ?? "");
      request.resume();
      response.end("ok");
    });
    await new Promise<void>((resolve) => hook.listen(0, "127.0.0.1", resolve));
    const { port } = hook.address() as AddressInfo;
    await writeFile(join(dir, "routes.yml"), routes(`http://127.0.0.1:${port}`));
    await writeFile(
      join(dir, "fleetlight.yaml"),
      `alerting:\n  alertmanager_config: ${join(dir, "routes.yml")}\n`,
    );
    [product, browser] = await Promise.all([
      startProduct({
        dataDir: join(dir, "data"),
        args: ["--config", join(dir, "fleetlight.yaml")],
      }),
      launch(program ?? ""),
    ]);
    await send("POST", "/api/v1/alerts/rules", {
      id: "errors",
      name: "Errors are many",
      metric: "e2e_error_ratio",
      condition: ">",
      threshold: 0.05,
      severity: "critical",
      labels: { team: "core" },
      annotations: { summary: "{{ $labels.service }} fails" },
    });
    desk = await openPage(browser, { ...DESK, colorScheme: "dark" });
    await desk.page.addInitScript(() => {
      localStorage.setItem("fleetlight-author", JSON.stringify("Ada"));
    });
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await product?.stop();
    hook?.closeAllConnections();
    hook?.close();
    await rm(dir, { recursive: true, force: true });
  });

  test("the empty list teaches, and an alert appears in it without a reload", async () => {
    const { page } = desk;
    await go(page, "/dashboard/alerts", "Alerts");
    await page.getByText("Nothing is firing").waitFor();
    await expectAccessible(page);
    await push({ search: 0.2, billing: 0.3, checkout: 0.01 });
    await rowOf(page, "search").getByText("Firing").waitFor({ timeout: 20_000 });
    await rowOf(page, "billing").getByText("pager").waitFor({ timeout: 20_000 });
    await expect.poll(() => rowOf(page, "checkout").count()).toBe(0);
    await expectAccessible(page);
    expect(desk.errors.splice(0)).toEqual([]);
  }, 60_000);

  test("an alert is acknowledged by keyboard, and released by undoing it", async () => {
    const { page } = desk;
    await go(page, "/dashboard/alerts?q=service%3Dsearch", "Alerts");
    const row = rowOf(page, "search");
    await row.waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("a");
    await row.getByText("Acknowledged").waitFor();
    await page.getByText("1 alert acknowledged.").waitFor();
    const held = await list<{ by: string; labels: object }>(
      "/api/v1/alerts/acknowledgements",
      "acknowledgements",
    );
    expect(held).toHaveLength(1);
    expect(held[0]).toMatchObject({ by: "Ada", labels: { service: "search" } });
    await page.getByRole("button", { name: "Undo" }).click();
    await row.getByText("Firing").waitFor();
    await expect
      .poll(() => list("/api/v1/alerts/acknowledgements", "acknowledgements"))
      .toEqual([]);
    expect(desk.errors.splice(0)).toEqual([]);
  }, 40_000);

  test("several are selected and acknowledged together", async () => {
    const { page } = desk;
    await go(page, "/dashboard/alerts", "Alerts");
    await rowOf(page, "billing").waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await page.keyboard.press("j");
    await page.keyboard.press("x");
    await page.getByText("2 alerts selected").waitFor();
    await expectAccessible(page);
    await page.getByRole("button", { name: "Acknowledge", exact: true }).click();
    await page.getByText("2 alerts acknowledged.").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await rowOf(page, "billing").getByText("Firing").waitFor();
    expect(desk.errors.splice(0)).toEqual([]);
  }, 40_000);

  test("the filter completes matchers, and the address has it", async () => {
    const { page } = desk;
    await go(page, "/dashboard/alerts", "Alerts");
    const box = page.getByRole("combobox", { name: "Filter alerts" });
    await rowOf(page, "billing").waitFor();
    await box.fill("serv");
    await page.getByRole("option", { name: /^service=/ }).click();
    await page.getByRole("option", { name: /billing/ }).click();
    await expect.poll(() => page.url()).toContain("billing");
    await expect.poll(() => rowOf(page, "search").count()).toBe(0);
    await rowOf(page, "billing").waitFor();
    await page.reload();
    await rowOf(page, "billing").waitFor();
    await box.fill("nothing like it");
    await page.getByRole("button", { name: /^Show all/ }).click();
    await rowOf(page, "search").waitFor();
    await page.getByRole("checkbox", { name: /^billing/ }).check();
    await expect.poll(() => rowOf(page, "search").count()).toBe(0);
    expect(desk.errors.splice(0)).toEqual([]);
  }, 40_000);

  test("one alert stands beside the list, with its graph, its way and its deliveries", async () => {
    const { page } = desk;
    await go(page, "/dashboard/alerts", "Alerts");
    await rowOf(page, "billing").getByRole("link", { name: "Errors are many" }).click();
    await page.getByRole("heading", { level: 1, name: "Errors are many" }).waitFor();
    await page.getByText("billing fails").first().waitFor();
    await page.getByRole("img", { name: /with the threshold > 5%.*1 line/ }).waitFor();
    const way = page.getByRole("list", { name: "Routes that this alert takes" });
    await way.getByText('severity="critical"').waitFor();
    await way.getByText("tells here").waitFor();
    await page
      .getByText(/firing to pager\/webhook\[0\]/)
      .first()
      .waitFor({ timeout: 20_000 });
    expect(told).toContain("/pager");
    await rowOf(page, "search").waitFor();
    await expectAccessible(page);
    await page.keyboard.press("Escape");
    await page.getByRole("heading", { level: 1, name: "Alerts" }).waitFor();
    expect(desk.errors.splice(0)).toEqual([]);
  }, 60_000);

  test("an alert is silenced from the list, seen among the silences, and ended with a way back", async () => {
    const { page } = desk;
    await go(page, "/dashboard/alerts?q=service%3Dsearch", "Alerts");
    await rowOf(page, "search").waitFor();
    await page.keyboard.press("j");
    await page.keyboard.press("s");
    const dialog = page.getByRole("dialog", { name: "Silence" });
    await dialog.getByText("Matches 1 alert now.").waitFor();
    await expectAccessible(page);
    await dialog.getByRole("button", { name: "Silence", exact: true }).click();
    await dialog.getByText("Say why: the next on call will ask").waitFor();
    await dialog.getByLabel("Why").fill("Its index is built anew");
    await dialog.getByRole("button", { name: "Silence", exact: true }).click();
    await rowOf(page, "search").getByText("Silenced").waitFor({ timeout: 20_000 });
    const made = (await send("GET", "/api/v2/silences")) as { status: { state: string } }[];
    expect(made.map(({ status }) => status.state)).toEqual(["active"]);

    await go(page, "/dashboard/alerts/silences", "Silences");
    const item = page.getByRole("listitem").filter({ hasText: "Its index is built anew" });
    await item.getByText("1 alert now").waitFor();
    await item.getByRole("button", { name: "End now" }).click();
    await page.getByText("Nothing is silenced").waitFor();
    await page.getByRole("button", { name: "Undo" }).click();
    await item.waitFor({ timeout: 20_000 });
    await item.getByRole("button", { name: "End now" }).click();
    await page.getByText("Nothing is silenced").waitFor();
    expect(desk.errors.splice(0)).toEqual([]);
  }, 60_000);

  test("a rule is tried on stored data before it is made", async () => {
    const { page } = desk;
    await go(page, "/dashboard/alerts/rules/new", "Create a rule");
    await page.getByPlaceholder("probe_duration_seconds").fill("e2e_error_ratio");
    await page.getByLabel("Threshold").fill("0.1");
    await page.getByText("1 hour", { exact: true }).click();
    await page.getByText(/Would have fired \d+ times in the last 1 hour/).waitFor({
      timeout: 30_000,
    });
    await page.getByRole("list", { name: "When it would have fired" }).waitFor();
    await expectAccessible(page);
    await page.getByText("PromQL", { exact: true }).click();
    await page.getByRole("textbox", { name: "Expression" }).fill("max(e2e_error_ratio) > 2");
    await page.getByText("Would not have fired in the last 1 hour").waitFor({ timeout: 30_000 });
    await page.getByPlaceholder("Checks are slow").fill("Far too many");
    await page.getByRole("button", { name: "Create the rule" }).click();
    await page.getByRole("link", { name: "Far too many" }).waitFor();
    expect(desk.errors.splice(0)).toEqual([]);
  }, 90_000);

  test("the tester lights the way of labels, and a receiver is sent a test", async () => {
    const { page } = desk;
    await go(page, "/dashboard/alerts/routing", "Routing");
    await page
      .getByRole("combobox", { name: "Labels of an alert to test" })
      .fill("severity=critical");
    await page.getByText("Tells pager.").waitFor();
    const lit = page
      .getByRole("list", { name: "Route tree" })
      .getByRole("listitem")
      .filter({ hasText: "tells here" });
    expect(await lit.count()).toBe(1);
    await lit.getByText("→ pager").waitFor();
    await page.getByRole("button", { name: "Send test to pager" }).click();
    await page.getByText("The sample was taken with 200.").waitFor();
    await page.getByText(/The sample was not taken: connection refused/).waitFor();
    await page.getByRole("button", { name: "Preview ops" }).click();
    await page
      .getByRole("dialog", { name: "What ops is sent" })
      .getByText(/TestAlert/)
      .waitFor();
    await expectAccessible(page);
    expect(desk.errors.splice(0)).toEqual([]);
  }, 60_000);

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
    120_000,
  );

  test.each(["dark", "light"] as const)(
    "every page fits a phone, %s",
    async (scheme) => {
      const { page, errors } = await openPage(browser, { ...PHONE, colorScheme: scheme });
      for (const [path, heading] of PAGES) {
        await go(page, path, heading);
        await expectNoSidewaysScroll(page);
        await expectAccessible(page);
      }
      expect(errors).toEqual([]);
      await page.context().close();
    },
    120_000,
  );

  test("on a phone an alert is acknowledged with a thumb", async () => {
    const { page, errors } = await openPage(browser, PHONE);
    await go(page, "/dashboard/alerts?q=service%3Dbilling", "Alerts");
    const button = page.getByRole("button", { name: "Acknowledge Errors are many" });
    const box = await button.boundingBox();
    expect(box?.height).toBeGreaterThanOrEqual(44);
    await button.tap();
    await page.getByText(/is on it$/).waitFor();
    await page.getByRole("button", { name: /is on it: release Errors are many$/ }).tap();
    await button.waitFor();
    expect(errors).toEqual([]);
    await page.context().close();
  }, 40_000);

  test("10,000 alerts of another system are listed, filtered and grouped", async () => {
    const { page } = desk;
    const endsAt = new Date(Date.now() + 3_600_000).toISOString();
    for (let from = 0; from < 10_000; from += 1000) {
      const alerts = Array.from({ length: 1000 }, (_, at) => ({
        labels: {
          alertname: `Many${(from + at) % 100}`,
          severity: "warning",
          instance: `host-${from + at}`,
        },
        annotations: { summary: `host ${from + at} is slow` },
        endsAt,
      }));
      await send("POST", "/api/v2/alerts", alerts);
    }
    await go(page, "/dashboard/alerts", "Alerts");
    await page.getByText(/^10,?00\d firing/).waitFor({ timeout: 30_000 });
    const rows = page.getByRole("list", { name: "Alerts" }).getByRole("listitem");
    expect(await rows.count()).toBeLessThan(100);
    await page.getByRole("combobox", { name: "Filter alerts" }).fill("instance=host-7777");
    await page.getByText("host 7777 is slow").waitFor();
    await expect.poll(() => rows.count()).toBe(1);
    await go(page, "/dashboard/alerts?view=groups&q=Many42", "Alerts");
    await page.getByRole("button", { name: /^Group Many42, 100 alerts to ops/ }).waitFor({
      timeout: 30_000,
    });
    expect(desk.errors.splice(0)).toEqual([]);
  }, 120_000);
});
