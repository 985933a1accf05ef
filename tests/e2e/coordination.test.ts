import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { findPeer } from "../peer.ts";
import type { Product } from "../support/product.ts";
import { CHROMIUM, expectAccessible, expectNoSidewaysScroll, openPage } from "./browser.ts";
import { DESK, PHONE, openStage, type Stage } from "./stage.ts";

const WAIT = { timeout: 20_000 };
const LONG = 120_000;
const DEADLOCK = "1".repeat(32);

const program = findPeer("coordination and budgets in a real browser", ...CHROMIUM);

const text = (key: string, value: string) => ({ key, value: { stringValue: value } });
let ids = 1;

interface Sent {
  traceId: string;
  name: string;
  ended?: boolean;
  secondsAgo?: number;
  attributes: Record<string, string | number>;
}

const span = ({ traceId, name, ended = true, secondsAgo = 10, attributes }: Sent) => ({
  traceId,
  spanId: (ids++).toString(16).padStart(16, "e"),
  name,
  kind: 1,
  startTimeUnixNano: `${Date.now() - secondsAgo * 1000}000000`,
  endTimeUnixNano: ended ? `${Date.now() - secondsAgo * 1000 + 900}000000` : "0",
  attributes: Object.entries(attributes).map(([key, value]) =>
    typeof value === "string" ? text(key, value) : { key, value: { intValue: String(value) } },
  ),
});

const waits = (agent: string, peer: string) =>
  span({
    traceId: DEADLOCK,
    name: `wait for ${peer}`,
    ended: false,
    attributes: {
      "fleetlight.operation": "wait",
      "fleetlight.agent": agent,
      "fleetlight.peer": peer,
    },
  });

const searches = (traceId: string) =>
  Array.from({ length: 6 }, (_, at) =>
    span({
      traceId,
      name: "execute_tool search",
      secondsAgo: 30 - at * 3,
      attributes: {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "search",
        "gen_ai.agent.name": "researcher",
        "gen_ai.tool.call.arguments": '{"q":"the same"}',
      },
    }),
  );

const chat = (agent: string, tokens: number) =>
  span({
    traceId: (ids++).toString(16).padStart(32, "c"),
    name: "chat",
    attributes: {
      "gen_ai.operation.name": "chat",
      "gen_ai.agent.name": agent,
      "gen_ai.request.model": "nobody-knows-it",
      "gen_ai.usage.input_tokens": tokens,
    },
  });

describe.skipIf(program === undefined)("coordination and budgets in a real browser", () => {
  let stage: Stage | undefined;
  let product: Product;
  let browser: Browser;
  let page: Page;
  let errors: string[];

  const send = async (...spans: unknown[]) => {
    const answer = await fetch(`${product.url}/v1/traces`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        resourceSpans: [
          {
            resource: { attributes: [text("service.name", "e2e-fleet")] },
            scopeSpans: [{ scope: { name: "e2e" }, spans }],
          },
        ],
      }),
    });
    expect(answer.status).toBe(200);
  };

  beforeAll(async () => {
    stage = await openStage("coordination", program ?? "");
    ({ product, browser, page, errors } = stage);
  }, LONG);

  afterAll(() => stage?.close());

  test(
    "a deadlock shows up by itself while it lasts, with what shows it beside the list",
    async () => {
      await page.goto(`${product.url}/dashboard/coordination`);
      await page.getByText("The agents get along").waitFor(WAIT);
      await expectAccessible(page);
      await send(
        waits("planner", "coder"),
        waits("coder", "reviewer"),
        waits("reviewer", "planner"),
        ...searches("2".repeat(32)),
      );
      const deadlock = page.getByRole("link", { name: /^Deadlock: / });
      await deadlock.waitFor(WAIT);
      await page.getByRole("link", { name: /researcher has called search 6 times/ }).waitFor(WAIT);
      await page.getByRole("img", { name: /2 findings began: 1 deadlocks, 1 loops/ }).waitFor(WAIT);
      await expectAccessible(page);
      await deadlock.click(WAIT);
      const beside = page.getByRole("region", { name: "Deadlock", exact: true });
      await beside.getByRole("link", { name: "planner" }).first().waitFor(WAIT);
      expect(await beside.getByRole("listitem").count()).toBe(3);
      await expectAccessible(page);
      await page.reload();
      await beside.getByRole("link", { name: "planner" }).first().waitFor(WAIT);
      await beside.getByRole("link", { name: "Close the finding" }).click(WAIT);
      await page.getByRole("button", { name: /^Loop/ }).click(WAIT);
      await deadlock.waitFor({ ...WAIT, state: "detached" });
      expect(new URL(page.url()).search).toContain("kind=loop");
      expect(errors).toEqual([]);
    },
    LONG,
  );

  test(
    "a budget is made, is spent, and tells of itself",
    async () => {
      await page.goto(`${product.url}/dashboard/coordination/budgets`);
      await page.getByText("There is no budget yet").waitFor(WAIT);
      await expectAccessible(page);
      await page.getByRole("button", { name: "New budget" }).click(WAIT);
      const dialog = page.getByRole("dialog", { name: "New budget" });
      await dialog.getByRole("button", { name: "Make it" }).click(WAIT);
      await dialog.getByText("Give it a name").waitFor(WAIT);
      await dialog.getByRole("textbox", { name: "Name", exact: true }).fill("Tokens of agents");
      await dialog.getByText("Tokens", { exact: true }).click(WAIT);
      await dialog.getByRole("textbox", { name: "Limit" }).fill("1000");
      await dialog.getByRole("textbox", { name: "Your name" }).fill("ann");
      await dialog.getByRole("textbox", { name: "Reason" }).fill("they talk too much");
      await expectAccessible(page);
      await dialog.getByRole("button", { name: "Make it" }).click(WAIT);
      await page.getByText("1,000 tokens a day for each agent").waitFor(WAIT);
      await send(chat("writer", 850), chat("reader", 120), chat("talker", 1500));
      await page.getByText("85% nearly spent").waitFor(WAIT);
      await page.getByText("150% spent").waitFor(WAIT);
      await expectAccessible(page);
      await fetch(`${product.url}/api/v1/checkpoint?agent=talker`);
      await page.getByRole("link", { name: "Tokens of agents" }).click(WAIT);
      const beside = page.getByRole("region", { name: "Tokens of agents", exact: true });
      await beside.getByText("ann made it: they talk too much").waitFor(WAIT);
      await beside.getByText("talker was told to stop").waitFor(WAIT);
      await expectAccessible(page);
      expect(errors).toEqual([]);
    },
    LONG,
  );

  test(
    "an agent is stopped with a reason, and let go on",
    async () => {
      await page.goto(`${product.url}/dashboard/coordination/budgets`);
      await page.getByRole("button", { name: "Stop something" }).click(WAIT);
      const dialog = page.getByRole("dialog", { name: "Stop something" });
      await dialog.getByRole("textbox", { name: "Name or id" }).fill("writer");
      await dialog.getByRole("button", { name: "Stop it" }).click(WAIT);
      await dialog.getByText("Say why; it is told to the agent").waitFor(WAIT);
      await dialog.getByRole("textbox", { name: "Reason" }).fill("it invents things");
      await expectAccessible(page);
      await dialog.getByRole("button", { name: "Stop it" }).click(WAIT);
      await page.getByText("it invents things").waitFor(WAIT);
      const asked = async () =>
        (
          (await (await fetch(`${product.url}/api/v1/checkpoint?agent=writer`)).json()) as {
            continue: boolean;
          }
        ).continue;
      expect(await asked()).toBe(false);
      await page.getByRole("button", { name: "Let it go on" }).click(WAIT);
      await page.getByText("The agent may go on.").waitFor(WAIT);
      expect(await asked()).toBe(true);
      expect(errors).toEqual([]);
    },
    LONG,
  );

  test(
    "a phone shows the same without sideways scrolling",
    async () => {
      const phone = await openPage(browser, { ...PHONE, colorScheme: "light" });
      await phone.page.goto(`${product.url}/dashboard/coordination`);
      const deadlock = phone.page.getByRole("link", { name: /^Deadlock: / });
      await deadlock.waitFor(WAIT);
      await expectNoSidewaysScroll(phone.page);
      await expectAccessible(phone.page);
      await deadlock.click(WAIT);
      await phone.page.getByRole("heading", { level: 1, name: "Deadlock" }).waitFor(WAIT);
      await expectNoSidewaysScroll(phone.page);
      await expectAccessible(phone.page);
      await phone.page.goto(`${product.url}/dashboard/coordination/budgets`);
      await phone.page.getByText("150% spent").waitFor(WAIT);
      await expectNoSidewaysScroll(phone.page);
      await expectAccessible(phone.page);
      await phone.page.setViewportSize(DESK.viewport);
      await phone.page.goto(`${product.url}/dashboard/coordination`);
      await deadlock.waitFor(WAIT);
      await expectAccessible(phone.page);
      expect(phone.errors).toEqual([]);
    },
    LONG,
  );
});
