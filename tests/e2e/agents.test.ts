import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { findPeer } from "../peer.ts";
import type { Product } from "../support/product.ts";
import { sendAgentSpans } from "./agent-spans.ts";
import { CHROMIUM, expectAccessible, expectNoSidewaysScroll, openPage } from "./browser.ts";
import { PHONE, openStage, type Stage } from "./stage.ts";

const WAIT = { timeout: 15_000 };
const LONG = 90_000;
const HOURS = 20;

const program = findPeer("the pages of agents in a real browser", ...CHROMIUM);

describe.skipIf(program === undefined)("the pages of agents in a real browser", () => {
  let stage: Stage | undefined;
  let product: Product;
  let browser: Browser;
  let page: Page;
  let errors: string[];

  beforeAll(async () => {
    stage = await openStage("agents", program ?? "");
    ({ product, browser, page, errors } = stage);
  }, LONG);

  afterAll(() => stage?.close());

  const row = (name: string) => page.getByRole("row").filter({ hasText: name });

  test(
    "agents show up by themselves, where it said how to tell of a task",
    async () => {
      await page.goto(`${product.url}/dashboard/agents`);
      await page.getByText("No agent was heard of yet").waitFor(WAIT);
      await expectAccessible(page);
      await sendAgentSpans(product.url, HOURS);
      await row("researcher").waitFor(WAIT);
      await row("writer").getByText("Working").waitFor(WAIT);
      await row("flaky").getByText("Failing").waitFor(WAIT);
      expect(await page.getByRole("row").count()).toBe(7);
      await expectAccessible(page);
    },
    LONG,
  );

  test(
    "they are sorted and filtered, and the address says how",
    async () => {
      await page.getByRole("button", { name: "Success" }).click();
      await page.waitForURL(/sort=success/);
      await page.getByRole("button", { name: /Failing/ }).click();
      await page.waitForURL(/status=failing/);
      await expect.poll(() => page.getByRole("row").count(), WAIT).toBe(2);
      await page.getByRole("textbox", { name: "Filter by name" }).fill("nobody");
      await page.getByText("No agent matches").waitFor(WAIT);
      await page.getByRole("button", { name: "Show all" }).click();
      await row("reviewer").waitFor(WAIT);
      expect(page.url()).toMatch(/agents$/);
    },
    LONG,
  );

  test(
    "one agent has its figures, its course, and its runs",
    async () => {
      await row("writer").getByRole("link", { name: "writer" }).click();
      await page.getByRole("heading", { name: "writer", level: 1 }).waitFor(WAIT);
      await page.getByText("Completed per hour").waitFor(WAIT);
      await page
        .getByRole("region", { name: "How long tasks took" })
        .getByRole("listitem")
        .first()
        .waitFor(WAIT);
      await page.getByRole("region", { name: "When tasks end" }).getByRole("table").waitFor(WAIT);
      await page.getByRole("link", { name: "task of writer" }).first().waitFor(WAIT);
      await expectAccessible(page);
      await page.getByText("7 d").click();
      await page.waitForURL(/hours=168/);
      await page.getByText("compared with the 7 d before").waitFor(WAIT);
      expect(await page.getByRole("region", { name: "Alerts of this agent" }).count()).toBe(0);
    },
    LONG,
  );

  test(
    "a conversation reads like one, over all its runs, and a text is never markup",
    async () => {
      await page.goto(`${product.url}/dashboard/conversations`);
      await page.getByRole("link", { name: /Where is my parcel/ }).click();
      await page.getByRole("heading", { name: /Where is my parcel/ }).waitFor(WAIT);
      const said = page.getByRole("list", { name: "What was said" }).getByRole("listitem");
      await said.first().waitFor(WAIT);
      const texts = await said.allInnerTexts();
      expect(texts[0]).toContain("Where is my parcel?");
      expect(texts[2]).toContain("used track_parcel");
      expect(texts[3]).toContain("<b>this morning</b>");
      expect(texts.at(-1)).toContain("which failed");
      await expectAccessible(page);
      await page.getByRole("link", { name: "concierge" }).click();
      await page.getByRole("heading", { name: "concierge", level: 1 }).waitFor(WAIT);
      await page.getByRole("region", { name: "Tools" }).getByText("track_parcel").waitFor(WAIT);
    },
    LONG,
  );

  test(
    "workflows have their figures and lead to their runs",
    async () => {
      await page.goto(`${product.url}/dashboard/agents`);
      await page.getByRole("link", { name: "Workflows", exact: true }).click(WAIT);
      await row("report-1").getByText("%").first().waitFor(WAIT);
      await expectAccessible(page);
      await page.getByRole("link", { name: "report-1" }).click();
      await page.waitForURL(/\/runs\?q=workflow/);
      await page.goto(`${product.url}/dashboard/workflows?q=nobody`);
      await page.getByText("No workflow matches").waitFor(WAIT);
      expect(errors).toEqual([]);
    },
    LONG,
  );

  test(
    "an agent is found by the search over everything",
    async () => {
      await page.goto(`${product.url}/dashboard`);
      await page.getByRole("heading", { level: 1 }).waitFor(WAIT);
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox", { name: /^Search pages/ }).fill("resear");
      await page.getByRole("option", { name: /researcher.*Agent/ }).waitFor(WAIT);
      await page.keyboard.press("Enter");
      await page.waitForURL(/\/agents\/researcher$/);
      expect(errors).toEqual([]);
    },
    LONG,
  );

  test(
    "all of it fits a phone",
    async () => {
      const phone = await openPage(browser, { ...PHONE, colorScheme: "light" });
      for (const [path, wait] of [
        ["/dashboard/agents", "researcher"],
        ["/dashboard/agents/writer", "How long tasks took"],
        ["/dashboard/workflows", "report-1"],
        ["/dashboard/conversations", "Where is my parcel"],
        ["/dashboard/conversations/support-4711", "Let me look"],
      ] as const) {
        await phone.page.goto(product.url + path);
        await phone.page.getByText(wait).first().waitFor(WAIT);
        await expectNoSidewaysScroll(phone.page);
        await expectAccessible(phone.page);
      }
      expect(phone.errors).toEqual([]);
      await phone.page.context().close();
    },
    LONG,
  );

  test("nothing went wrong in the pages", () => {
    expect(errors).toEqual([]);
  });
});
