import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { findPeer } from "../peer.ts";
import { startProduct, type Product } from "../support/product.ts";
import { CHROMIUM, expectAccessible, launch, openPage } from "./browser.ts";

const TOKEN = "a-token-of-the-browser-test";
const program = findPeer("a protected console in a real browser", ...CHROMIUM);

describe.skipIf(program === undefined)("a protected console in a real browser", () => {
  let folder: string;
  let product: Product;
  let browser: Browser;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "fleetlight-e2e-"));
    const config = join(folder, "fleetlight.json");
    const tokens = [{ name: "e2e", token: TOKEN, scopes: ["read", "write"] }];
    await writeFile(config, JSON.stringify({ auth: { tokens } }));
    [product, browser] = await Promise.all([
      startProduct({ dataDir: join(folder, "data"), args: ["--config", config] }),
      launch(program ?? ""),
    ]);
  }, 60_000);

  afterAll(async () => {
    await browser?.close();
    await product?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  test("asks for a token, says when it is wrong, goes live with the right one and keeps it", async () => {
    const { page } = await openPage(browser, { viewport: { width: 1440, height: 900 } });
    await page.goto(`${product.url}/dashboard`);
    const dialog = page.getByRole("dialog", { name: "This Fleetlight asks for an access token" });
    await dialog.getByLabel("Access token").fill("something else");
    await dialog.getByRole("button", { name: "Go on" }).click();
    await dialog.getByText("This token was not accepted").waitFor();
    await expectAccessible(page);

    await dialog.getByLabel("Access token").fill(TOKEN);
    await dialog.getByRole("button", { name: "Go on" }).click();
    await page.getByText("Live", { exact: true }).waitFor();
    await page.getByText("No service is registered yet").waitFor();
    expect(await dialog.count()).toBe(0);

    await page.reload();
    await page.getByText("Live", { exact: true }).waitFor();
    expect(await dialog.count()).toBe(0);
    expect(page.url()).not.toContain(TOKEN);
  });
});
