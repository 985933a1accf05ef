import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { findPeer } from "../peer.ts";
import type { Product } from "../support/product.ts";
import { CHROMIUM, expectAccessible, expectNoSidewaysScroll, openPage } from "./browser.ts";
import { PHONE, openStage, type Stage } from "./stage.ts";

const WAIT = { timeout: 15_000 };
const LONG = 90_000;
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const EVIL = "<img src=x onerror=\"document.title='owned'\"> '); DROP TABLE logs; -- \u001b[31mred";

const program = findPeer("the page of logs in a real browser", ...CHROMIUM);

describe.skipIf(program === undefined)("the page of logs in a real browser", () => {
  let stage: Stage | undefined;
  let product: Product;
  let browser: Browser;
  let page: Page;
  let errors: string[];

  const send = async (...lines: object[]) => {
    const answer = await fetch(`${product.url}/api/v1/logs`, {
      method: "POST",
      body: lines.map((line) => JSON.stringify(line)).join("\n"),
    });
    expect(answer.status).toBe(200);
  };
  const ago = (seconds: number) => Date.now() - seconds * 1000;

  beforeAll(async () => {
    stage = await openStage("logs", program ?? "");
    ({ product, browser, page, errors } = stage);
  }, LONG);

  afterAll(() => stage?.close());

  test(
    "the first line shows up by itself, where it said how to send one",
    async () => {
      await page.goto(`${product.url}/dashboard/logs`);
      await page.getByText("Waiting for the first line").waitFor(WAIT);
      await expectAccessible(page);
      await send(
        ...Array.from({ length: 400 }, (_, i) => ({
          time: ago(1500 - i * 3),
          level: i % 40 === 0 ? "warn" : "info",
          service: i % 3 === 0 ? "desk" : "shop",
          msg: `request ${i} answered in ${i % 90} ms`,
        })),
        {
          time: ago(60),
          level: "error",
          service: "desk",
          msg: "connection to peer refused",
          trace_id: TRACE,
          span_id: "b7ad6b7169203331",
          zone: "a",
        },
        { time: ago(50), level: "info", service: "shop", msg: EVIL },
      );
      await page.getByRole("link", { name: /connection to peer refused/ }).waitFor(WAIT);
      await page.getByRole("img", { name: /^402 lines between/ }).waitFor(WAIT);
      expect(await page.getByRole("link", { name: /answered in/ }).count()).toBeLessThan(100);
      await expectAccessible(page);
    },
    LONG,
  );

  test(
    "one line beside the list: its text as it is, its run, and the lines around it",
    async () => {
      await page.getByRole("link", { name: /DROP TABLE logs/ }).click(WAIT);
      const text = page.getByLabel("Text of the line");
      await text.waitFor(WAIT);
      expect(await text.textContent()).toBe(EVIL.replace("\u001b[31m", ""));
      expect(await page.title()).toBe("Line of shop · Fleetlight");
      await page
        .getByRole("link", { name: /connection to peer refused/ })
        .first()
        .click(WAIT);
      const panel = page.getByRole("region", { name: "Line of desk" });
      await panel.getByRole("link", { name: "Open its run" }).waitFor(WAIT);
      expect(
        await panel.getByRole("link", { name: "Open its run" }).getAttribute("href"),
      ).toContain(`/dashboard/runs/${TRACE}?span=b7ad6b7169203331`);
      await panel.getByText("Lines around this one").waitFor(WAIT);
      await panel.getByText(/request 399 answered/).waitFor(WAIT);
      await expectAccessible(page);
      await page.reload();
      await panel.getByText("Lines around this one").waitFor(WAIT);
      await panel.getByRole("link", { name: "Only lines with zone a" }).click(WAIT);
      await page.getByText("1 line.", { exact: true }).waitFor(WAIT);
      await page.getByRole("link", { name: "Close the line" }).click(WAIT);
    },
    LONG,
  );

  test(
    "filters, levels and a brushed range stand in the address",
    async () => {
      await page.goto(`${product.url}/dashboard/logs`);
      const box = page.getByRole("combobox", { name: "Filter log lines" });
      await box.fill("serv");
      await page.getByRole("option", { name: /^service:/ }).click(WAIT);
      await page.getByRole("option", { name: /desk/ }).click(WAIT);
      await page.getByText("135 lines.", { exact: true }).waitFor(WAIT);
      await page.getByRole("button", { name: /^error\+/ }).click(WAIT);
      await page.getByText("1 line.", { exact: true }).waitFor(WAIT);
      expect(page.url()).toContain("level=error");
      await page.getByRole("button", { name: /^error\+/ }).click(WAIT);
      await box.fill("zone=");
      await page.getByRole("option", { name: /^zone=a/ }).click(WAIT);
      await page.getByText("1 line.", { exact: true }).waitFor(WAIT);
      await box.fill('"peer refused"');
      await page.getByText("1 line.", { exact: true }).waitFor(WAIT);
      await box.fill("nothing-has-this");
      await page.getByText("No line matches").waitFor(WAIT);
      await box.fill("");
      const picture = page.getByRole("img", { name: /lines between/ });
      await picture.waitFor(WAIT);
      const at = await picture.boundingBox();
      if (at === null) throw new Error("the histogram has no place");
      await page.mouse.move(at.x + at.width * 0.55, at.y + 20);
      await page.mouse.down();
      await page.mouse.move(at.x + at.width * 0.75, at.y + 20, { steps: 4 });
      await page.mouse.up();
      await page.getByRole("button", { name: "Whole range" }).waitFor(WAIT);
      expect(page.url()).toMatch(/from=\d+&to=\d+/);
      await page.getByRole("button", { name: "Whole range" }).click(WAIT);
    },
    LONG,
  );

  test(
    "lines that look alike stand together, and lead to themselves",
    async () => {
      await page.getByText("Patterns", { exact: true }).click(WAIT);
      const pattern = page.getByRole("link", { name: "request <num> answered in <num> ms" });
      await pattern.waitFor(WAIT);
      await expectAccessible(page);
      await pattern.click(WAIT);
      expect(decodeURIComponent(page.url())).toContain("answered+in");
      await page.getByText("400 lines.", { exact: true }).waitFor(WAIT);
    },
    LONG,
  );

  test(
    "a live tail shows lines as they come; while it is paused they wait",
    async () => {
      await page.goto(`${product.url}/dashboard/logs`);
      await page.getByRole("button", { name: "Live tail" }).click(WAIT);
      await page.getByText("Live.", { exact: true }).waitFor(WAIT);
      await send({ level: "info", service: "desk", msg: "hello tail" });
      await page.getByRole("link", { name: /hello tail/ }).waitFor(WAIT);
      await page.getByRole("button", { name: "Pause" }).click(WAIT);
      await send({ service: "desk", msg: "second" }, { service: "desk", msg: "third" });
      await page.getByRole("button", { name: "2 new lines" }).click(WAIT);
      await page.getByRole("link", { name: /third/ }).waitFor(WAIT);
      await expectAccessible(page);
      expect(errors).toEqual([]);
    },
    LONG,
  );

  test(
    "a phone needs no sideways scrolling",
    async () => {
      const phone = await openPage(browser, { ...PHONE, colorScheme: "light" });
      await phone.page.goto(`${product.url}/dashboard/logs`);
      await phone.page.getByRole("link", { name: /third/ }).waitFor(WAIT);
      await expectNoSidewaysScroll(phone.page);
      await expectAccessible(phone.page);
      await phone.page.getByRole("link", { name: /third/ }).click(WAIT);
      await phone.page.getByLabel("Text of the line").waitFor(WAIT);
      await expectNoSidewaysScroll(phone.page);
      await phone.page.goto(`${product.url}/dashboard/logs?view=patterns`);
      await phone.page.getByRole("link", { name: /request <num>/ }).waitFor(WAIT);
      await expectNoSidewaysScroll(phone.page);
      expect(phone.errors).toEqual([]);
    },
    LONG,
  );
});
