import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { findPeer } from "../peer.ts";
import { startProduct, type Product } from "../support/product.ts";
import { CHROMIUM, expectAccessible, expectNoSidewaysScroll, launch, openPage } from "./browser.ts";

const DESK = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
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
  let dataDir: string;
  let product: Product;
  let browser: Browser;
  let page: Page;
  let errors: string[];

  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), "fleetlight-e2e-runs-"));
    [product, browser] = await Promise.all([startProduct({ dataDir }), launch(program ?? "")]);
    ({ page, errors } = await openPage(browser, { ...DESK, colorScheme: "dark" }));
  }, LONG);

  afterAll(async () => {
    await browser?.close();
    await product?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  test(
    "a run that is sent shows up by itself, where it said how to send one",
    async () => {
      await page.goto(`${product.url}/dashboard/runs`);
      await page.getByText("OTEL_EXPORTER_OTLP_ENDPOINT").waitFor(WAIT);
      await expectAccessible(page);
      const answer = await fetch(`${product.url}/v1/traces`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          resourceSpans: [
            {
              resource: { attributes: [text("service.name", "e2e-fleet")] },
              scopeSpans: [{ scope: { name: "e2e" }, spans: spans() }],
            },
          ],
        }),
      });
      expect(answer.status).toBe(200);
      await page.getByRole("link", { name: "invoke_agent lead" }).waitFor(WAIT);
      await page.getByText("e2e-fleet · lead, helper").waitFor(WAIT);
      await expectAccessible(page);
    },
    LONG,
  );

  test(
    "one run: its spans in time, one span, what was said, and what was used",
    async () => {
      await page.goto(`${product.url}/dashboard/runs`);
      await page.getByRole("link", { name: "invoke_agent lead" }).click(WAIT);
      await page.getByRole("heading", { level: 1, name: "invoke_agent lead" }).waitFor(WAIT);
      await page.getByRole("button", { name: /^chat small/ }).click(WAIT);
      const span = page.getByRole("region", { name: "Span chat small" });
      await span.getByText(/^1.?200 in, 0 out$/).waitFor(WAIT);
      // Text of spans is shown as it is, never taken for markup.
      await span.getByText("Where does <b>it</b> hurt?").waitFor(WAIT);
      await expectAccessible(page);
      await page.getByText("Conversation", { exact: true }).click(WAIT);
      await page.getByLabel("prompt of helper").waitFor(WAIT);
      await page.getByText("asked", { exact: true }).waitFor(WAIT);
      await page.reload();
      await page.getByLabel("prompt of helper").waitFor(WAIT);
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
      await phone.page.getByRole("textbox", { name: "Filter runs" }).fill("agent:nobody");
      await phone.page.getByText("No run matches").waitFor(WAIT);
      await phone.page.goto(`${product.url}/dashboard/runs/${TRACE}`);
      await phone.page.getByRole("heading", { level: 1 }).waitFor(WAIT);
      await phone.page.getByRole("region", { name: "Spans of the run in time" }).waitFor(WAIT);
      await expectNoSidewaysScroll(phone.page);
      await phone.page.goto(`${product.url}/dashboard/runs/${"f".repeat(32)}`);
      await phone.page.getByText("The run could not be loaded").waitFor(WAIT);
      expect(phone.errors.filter((error) => !error.includes("404"))).toEqual([]);
    },
    LONG,
  );
});
