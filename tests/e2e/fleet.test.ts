import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { findPeer } from "../peer.ts";
import type { Product } from "../support/product.ts";
import { CHROMIUM, expectAccessible, expectNoSidewaysScroll, openPage } from "./browser.ts";
import { PHONE, openStage, type Stage } from "./stage.ts";

const WAIT = { timeout: 20_000 };
const LONG = 90_000;

const program = findPeer("the page of the fleet in a real browser", ...CHROMIUM);

const text = (key: string, value: string) => ({ key, value: { stringValue: value } });

/** A lead that asks a writer, who calls a model and a tool that fails. */
function spans() {
  const endMs = Date.now() - 1000;
  const span = (id: number, parent: number, name: string, more: object[], status = 0) => ({
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: id.toString(16).padStart(16, "0"),
    ...(parent > 0 && { parentSpanId: parent.toString(16).padStart(16, "0") }),
    name,
    kind: 1,
    startTimeUnixNano: `${endMs - 2000}000000`,
    endTimeUnixNano: `${endMs}000000`,
    status: { code: status },
    attributes: more,
  });
  const does = (operation: string) => text("gen_ai.operation.name", operation);
  return [
    span(1, 0, "lead", [does("invoke_agent"), text("gen_ai.agent.name", "lead")]),
    span(2, 1, "writer", [does("invoke_agent"), text("gen_ai.agent.name", "<b>writer</b>")]),
    span(3, 2, "chat", [does("chat"), text("gen_ai.request.model", "small")]),
    span(4, 2, "look", [does("execute_tool"), text("gen_ai.tool.name", "look")], 2),
  ];
}

describe.skipIf(program === undefined)("the page of the fleet in a real browser", () => {
  let stage: Stage | undefined;
  let product: Product;
  let browser: Browser;
  let page: Page;
  let errors: string[];

  beforeAll(async () => {
    stage = await openStage("fleet", program ?? "");
    ({ product, browser, page, errors } = stage);
  }, LONG);

  afterAll(() => stage?.close());

  test(
    "agents show up by themselves, where it said how to send spans",
    async () => {
      await page.goto(`${product.url}/dashboard/fleet`);
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
      await page.getByRole("button", { name: /^Agent lead healthy/ }).waitFor(WAIT);
      await page.getByRole("button", { name: /^Tool look unhealthy/ }).waitFor(WAIT);
      // Text of spans is shown as it is, never taken for markup.
      await page.getByRole("button", { name: /^Agent <b>writer<\/b>/ }).waitFor(WAIT);
      await expectAccessible(page);
    },
    LONG,
  );

  test(
    "a node opens by keyboard and leads to its neighbours and its runs; the address says it all",
    async () => {
      await page.getByRole("button", { name: /^Agent lead/ }).focus();
      await page.keyboard.press("Enter");
      const details = page.getByRole("region", { name: "Agent lead" });
      await details.getByRole("link", { name: "asks <b>writer</b>" }).waitFor(WAIT);
      expect(await details.getByRole("link", { name: "Runs" }).getAttribute("href")).toContain(
        encodeURIComponent("agent:lead"),
      );
      await expectAccessible(page);
      await details.getByRole("link", { name: "asks <b>writer</b>" }).click(WAIT);
      await page.getByRole("region", { name: "lead asks <b>writer</b>" }).waitFor(WAIT);
      await page.reload();
      await page.getByRole("region", { name: "lead asks <b>writer</b>" }).waitFor(WAIT);
      await page.getByRole("button", { name: "Compare" }).click(WAIT);
      await page.getByRole("region", { name: "Against the time before" }).waitFor(WAIT);
      await expectAccessible(page);
      await page.keyboard.press("Escape");
      expect(errors.filter((error) => !error.includes("favicon"))).toEqual([]);
    },
    LONG,
  );

  test(
    "a moment is replayed, and names and kinds are filtered",
    async () => {
      await page.goto(`${product.url}/dashboard/fleet`);
      await page.getByRole("button", { name: /^Agent lead healthy/ }).waitFor(WAIT);
      const slider = page.getByRole("slider", { name: "Moment that is shown" });
      await slider.focus();
      await page.keyboard.press("Home");
      await page.getByRole("button", { name: /^Agent lead idle/ }).waitFor(WAIT);
      expect(page.url()).toContain("at=");
      await page.keyboard.press("End");
      await page.getByRole("button", { name: /^Agent lead healthy/ }).waitFor(WAIT);
      await page.getByRole("button", { name: "Tool 1" }).click(WAIT);
      await page.getByRole("button", { name: /^Tool look/ }).waitFor({ ...WAIT, state: "hidden" });
      await page.getByRole("textbox", { name: "Find in the fleet" }).fill("nobody");
      await page.getByText("Nobody matches").waitFor(WAIT);
    },
    LONG,
  );

  test(
    "a phone gets the list first, and needs no sideways scrolling",
    async () => {
      const phone = await openPage(browser, { ...PHONE, colorScheme: "light" });
      await phone.page.goto(`${product.url}/dashboard/fleet`);
      const between = phone.page.getByRole("table", { name: "Who reaches whom" });
      await between.getByRole("link", { name: "lead asks <b>writer</b>" }).waitFor(WAIT);
      await expectNoSidewaysScroll(phone.page);
      await expectAccessible(phone.page);
      await phone.page.getByText("Graph", { exact: true }).click(WAIT);
      await phone.page.getByRole("button", { name: /^Agent lead/ }).waitFor(WAIT);
      await expectNoSidewaysScroll(phone.page);
      expect(phone.errors.filter((error) => !error.includes("favicon"))).toEqual([]);
    },
    LONG,
  );
});
