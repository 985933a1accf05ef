import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Browser } from "playwright-core";

import { startProduct, type Product } from "../support/product.ts";
import { launch, openPage, type Watched } from "./browser.ts";

export const DESK = { viewport: { width: 1440, height: 900 } };
export const PHONE = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

/** The built product on a new directory, and a page of a dark desk beside it. */
export interface Stage extends Watched {
  product: Product;
  browser: Browser;
  close(): Promise<void>;
}

/** @param program the browser's path */
export async function openStage(name: string, program: string): Promise<Stage> {
  const dataDir = await mkdtemp(join(tmpdir(), `fleetlight-e2e-${name}-`));
  const [product, browser] = await Promise.all([startProduct({ dataDir }), launch(program)]);
  return {
    ...(await openPage(browser, { ...DESK, colorScheme: "dark" })),
    product,
    browser,
    close: async () => {
      await browser.close();
      await product.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
