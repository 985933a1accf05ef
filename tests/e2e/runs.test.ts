import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { findPeer } from "../peer.ts";
import type { Product } from "../support/product.ts";
import { CHROMIUM, expectAccessible, expectNoSidewaysScroll, openPage } from "./browser.ts";
import { PHONE, openStage, type Stage } from "./stage.ts";

const WAIT = { timeout: 15_000 };
const LONG = 90_000;
const TRACE = "0af7651916cd43dd8448eb211c80319c";

const program = findPeer("the pages of runs in a real browser", ...CHROMIUM);

const text = (key: string, value: string) => ({ key, value: { stringValue: value } });

/** A run of two agents, of which one calls a model and a tool that fails. */
function spans() {
  const startMs = Date.now() - 20_000;
  const span = (id: number, parent: number, name: string, more: object[], status = 0) => ({
    traceId: TRACE,
    spanId: id.toString(16).padStart(16, "0"),
    ...(parent > 0 && { parentSpanId: parent.toString(16).padStart(16, "0") }),
    name,
    kind: 1,
    startTimeUnixNano: `${startMs + id * 100}000000`,
    endTimeUnixNano: `${startMs + 5000 - id * 100}000000`,
    status: { code: status },
    attributes: more,
  });
  const does = (operation: string) => text("gen_ai.operation.name", operation);
  return [
    span(1, 0, "invoke_agent lead", [does("invoke_agent"), text("gen_ai.agent.name", "lead")]),
    span(2, 1, "invoke_agent helper", [does("invoke_agent"), text("gen_ai.agent.name", "helper")]),
    span(3, 2, "chat small", [
      does("chat"),
      text("gen_ai.response.model", "small"),
      { key: "gen_ai.usage.input_tokens", value: { intValue: "1200" } },
      text("gen_ai.input.messages", '[{"role":"user","content":"Where does <b>it</b> hurt?"}]'),
    ]),
    span(4, 2, "execute_tool look", [does("execute_tool"), text("gen_ai.tool.name", "look")], 2),
  ];
}

describe.skipIf(program === undefined)("the pages of runs in a real browser", () => {
  let stage: Stage | undefined;
  let product: Product;
  let browser: Browser;
  let page: Page;
  let errors: string[];

  beforeAll(async () => {
    stage = await openStage("runs", program ?? "");
    ({ product, browser, page, errors } = stage);
  }, LONG);

  afterAll(() => stage?.close());

  const send = async (...sent: object[]) => {
    const answer = await fetch(`${product.url}/v1/traces`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({
        resourceSpans: [
          {
            resource: { attributes: [text("service.name", "e2e-fleet")] },
            scopeSpans: [{ scope: { name: "e2e" }, spans: sent }],
          },
        ],
      }),
    });
    expect(answer.status).toBe(200);
  };

  test(
    "a run that is sent shows up by itself, where it said how to send one",
    async () => {
      await page.goto(`${product.url}/dashboard/runs`);
      await page.getByText("OTEL_EXPORTER_OTLP_ENDPOINT").waitFor(WAIT);
      await expectAccessible(page);
      await send(...spans());
      await page.getByRole("link", { name: "invoke_agent lead" }).waitFor(WAIT);
      await page.getByText("e2e-fleet · lead, helper").waitFor(WAIT);
      await expectAccessible(page);
      expect(errors).toEqual([]);
    },
    LONG,
  );

  test(
    "a run opens beside the list, which stays, and on the whole page",
    async () => {
      await page.goto(`${product.url}/dashboard/runs`);
      await page.getByRole("link", { name: "invoke_agent lead" }).waitFor(WAIT);
      await page.keyboard.press("j");
      await page.keyboard.press("Enter");
      const beside = page.getByRole("region", { name: "invoke_agent lead" });
      await beside.getByRole("button", { name: /^chat small/ }).click(WAIT);
      await beside.getByRole("region", { name: "Span chat small" }).waitFor(WAIT);
      await page.getByRole("list", { name: "Runs" }).waitFor(WAIT);
      expect(page.url()).toContain(`run=${TRACE}`);
      await expectAccessible(page);
      await beside.getByRole("link", { name: "Show the run on the whole page" }).click(WAIT);
      await page.waitForURL(`**/dashboard/runs/${TRACE}?span=0000000000000003`, WAIT);
      await page.getByRole("region", { name: "Span chat small" }).waitFor(WAIT);
      expect(errors).toEqual([]);
    },
    LONG,
  );

  test(
    "one run: its spans in time, words found in them, one span, and what was used",
    async () => {
      await page.goto(`${product.url}/dashboard/runs/${TRACE}`);
      await page.getByRole("heading", { level: 1, name: "invoke_agent lead" }).waitFor(WAIT);
      await page.getByRole("button", { name: /^chat small/ }).click(WAIT);
      const span = page.getByRole("region", { name: "Span chat small" });
      await span.getByText(/^1.?200 in, 0 out$/).waitFor(WAIT);
      // Text of spans is shown as it is, never taken for markup.
      await span.getByText("Where does <b>it</b> hurt?").waitFor(WAIT);
      await expectAccessible(page);
      await page.getByRole("textbox", { name: "Find in this run" }).fill("hurt");
      await page.getByRole("status").getByText("1", { exact: true }).waitFor(WAIT);
      await page.keyboard.press("Enter");
      await page.getByText("1 of 1", { exact: true }).waitFor(WAIT);
      await page.getByRole("button", { name: "Clear the search" }).click(WAIT);
      await page.getByRole("button", { name: "Fold all", exact: true }).click(WAIT);
      await page
        .getByRole("button", { name: /^chat small/ })
        .waitFor({ ...WAIT, state: "detached" });
      await page.getByRole("region", { name: "Spans of the run in time" }).press("Home");
      await page.getByRole("region", { name: "Span invoke_agent lead" }).waitFor(WAIT);
      await page.getByText("asked", { exact: true }).first().waitFor(WAIT);
      expect(errors).toEqual([]);
    },
    LONG,
  );

  test.each([
    ["Conversation", "User to lead", "helper used look, which failed"],
    ["Agents", "Who was at work when", "helper"],
    ["Flame graph", "What takes most itself", "chat small"],
    ["Critical path", "What made it last", "Own time by span"],
    ["Logs", "No log line of this run has come", "No log line of this run has come"],
    ["Compare", "Choose another run", "Choose another run"],
  ])(
    "the run as %s keeps its address and can be used by everybody",
    async (tab, first, second) => {
      await page.goto(`${product.url}/dashboard/runs/${TRACE}`);
      await page.getByRole("button", { name: tab, exact: true }).click(WAIT);
      if (tab === "Conversation") await page.getByText("lead asked helper").first().waitFor(WAIT);
      else await page.getByText(first).first().waitFor(WAIT);
      await page.reload();
      await page.getByText(second).first().waitFor(WAIT);
      await expectAccessible(page);
      expect(errors).toEqual([]);
    },
    LONG,
  );

  test(
    "a rectangle of the heat map narrows the list, by keys too",
    async () => {
      await page.goto(`${product.url}/dashboard/runs`);
      const map = page.getByRole("application", { name: /^Heat map/ });
      await map.focus(WAIT);
      for (const key of ["ArrowLeft", "Shift+ArrowUp", "Enter"]) await map.press(key);
      await page.getByText("What differs inside of the rectangle").waitFor(WAIT);
      expect(page.url()).toContain("region=");
      await expectAccessible(page);
      await page.getByRole("button", { name: "Show all again" }).click(WAIT);
      await page.getByRole("link", { name: "invoke_agent lead" }).waitFor(WAIT);
      expect(errors).toEqual([]);
    },
    LONG,
  );

  test(
    "the filter is completed, and facets write into it",
    async () => {
      await page.goto(`${product.url}/dashboard/runs`);
      await page.getByRole("checkbox", { name: /^helper/ }).click(WAIT);
      const box = page.getByRole("combobox", { name: "Filter runs" });
      await expect.poll(() => box.inputValue()).toBe("agent:helper");
      await box.fill("agent:helper too");
      await page.getByRole("option", { name: /^tool:/ }).waitFor(WAIT);
      await box.press("ArrowDown");
      await box.press("Enter");
      await expect.poll(() => box.inputValue()).toBe("agent:helper tool:");
      await page.getByRole("option", { name: /^tool:look/ }).waitFor(WAIT);
      await page.goto(`${product.url}/dashboard/runs/errors`);
      await page.getByRole("heading", { level: 2, name: /in look$/ }).waitFor(WAIT);
      await expectAccessible(page);
      expect(errors).toEqual([]);
    },
    LONG,
  );

  test(
    "filters stand in the address; a phone needs no sideways scrolling",
    async () => {
      const phone = await openPage(browser, { ...PHONE, colorScheme: "light" });
      await phone.page.goto(`${product.url}/dashboard/runs?q=tool:look&errors=true`);
      await phone.page.getByRole("link", { name: "invoke_agent lead" }).waitFor(WAIT);
      await expectNoSidewaysScroll(phone.page);
      await expectAccessible(phone.page);
      await phone.page.getByRole("combobox", { name: "Filter runs" }).fill("agent:nobody");
      await phone.page.getByText("No run matches").waitFor(WAIT);
      await phone.page.goto(`${product.url}/dashboard/runs/${TRACE}`);
      await phone.page.getByRole("heading", { level: 1 }).waitFor(WAIT);
      await phone.page.getByRole("region", { name: "Spans of the run in time" }).waitFor(WAIT);
      await phone.page.getByRole("button", { name: /^chat small/ }).tap(WAIT);
      await phone.page.getByRole("region", { name: "Span chat small" }).waitFor(WAIT);
      await expectNoSidewaysScroll(phone.page);
      await expectAccessible(phone.page);
      await phone.page.goto(`${product.url}/dashboard/runs/${"f".repeat(32)}`);
      await phone.page.getByText("The run could not be loaded").waitFor(WAIT);
      expect(phone.errors.filter((error) => !error.includes("404"))).toEqual([]);
    },
    LONG,
  );

  test(
    "a run that goes on shows its spans as they come",
    async () => {
      const startMs = Date.now() - 1000;
      const span = (id: number, name: string, more: object = {}) => ({
        traceId: "b".repeat(32),
        spanId: id.toString(16).padStart(16, "0"),
        ...(id > 1 && { parentSpanId: "1".padStart(16, "0") }),
        name,
        kind: 1,
        startTimeUnixNano: `${startMs + id}000000`,
        ...more,
      });
      await send(span(1, "workflow"));
      await page.goto(`${product.url}/dashboard/runs/${"b".repeat(32)}`);
      await page.getByText("Live: spans show as they come.").waitFor(WAIT);
      await page.getByRole("button", { name: /^workflow/ }).waitFor(WAIT);
      // Whatever is asked of the server from now on is not answered: only the stream is left.
      await page.route(/\/api\/v1\/traces\/[^?]*(columns|spans=)/, () => {});
      await send(span(2, "first step"));
      await page.getByRole("button", { name: /^first step/ }).waitFor({ timeout: 3000 });
      const end = { endTimeUnixNano: `${startMs + 900}000000`, status: { code: 2 } };
      await send(span(2, "first step", end), span(3, "second step"));
      await page.getByRole("button", { name: /^second step/ }).waitFor({ timeout: 3000 });
      const waterfall = page.getByRole("region", { name: "Spans of the run in time" });
      await waterfall.getByLabel("failed").waitFor({ timeout: 3000 });
      await expectAccessible(page);
      await page.unroute(/\/api\/v1\/traces\/[^?]*(columns|spans=)/);
      expect(errors).toEqual([]);
    },
    LONG,
  );
});
