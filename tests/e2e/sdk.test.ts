import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createMonitoring } from "@fleetlight/sdk";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { buildSdk } from "../../scripts/build-sdk.ts";
import { findPeer } from "../peer.ts";
import { CHROMIUM } from "./browser.ts";
import { openStage, type Stage } from "./stage.ts";

const LONG = 90_000;

/** As a text: the test's own tools would turn its import into one of theirs. */
const QUESTIONS = `(async () => {
  const { createFleetlightClient, FleetlightError } = await import("/sdk/browser.js");
  const client = createFleetlightClient({ url: location.origin });
  const nowhere = createFleetlightClient({ url: "http://127.0.0.1:1" });
  const codeOf = (error) => (error instanceof FleetlightError ? error.code : String(error));
  const { traces } = await client.traces({ agent: "writer" });
  return {
    version: (await client.health()).version,
    names: traces.map(({ name }) => name),
    missing: await client.trace("f".repeat(32)).catch(codeOf),
    silent: await nowhere.health().catch(codeOf),
  };
})()`;

const program = findPeer("the SDK's client in a real browser", ...CHROMIUM);

describe.skipIf(program === undefined)("the SDK's client in a real browser", () => {
  const directory = mkdtempSync(join(tmpdir(), "fleetlight-sdk-browser-"));
  let stage: Stage | undefined;

  beforeAll(async () => {
    await buildSdk(directory);
    stage = await openStage("sdk", program ?? "");
  }, LONG);

  afterAll(async () => {
    await stage?.close();
    rmSync(directory, { recursive: true, force: true });
  });

  test(
    "asks the server, and tells refusals and silence apart",
    async () => {
      const { page, product } = stage as Stage;
      const fleet = createMonitoring({ url: product.url, service: "crew", register: false });
      fleet.traceTask({ agent: "writer", type: "draft" }, () => {});
      expect(await fleet.shutdown()).toBe(true);
      // The package as it is published, below an address of the server.
      await page.route("**/sdk/*.js", (route) => {
        const name = new URL(route.request().url()).pathname.split("/").at(-1) ?? "";
        const body = readFileSync(join(directory, name), "utf8");
        return route.fulfill({ body, contentType: "text/javascript" });
      });
      await page.goto(`${product.url}/dashboard`);
      const found = await page.evaluate(QUESTIONS);
      expect(found).toMatchObject({
        version: /^\d/,
        names: ["task draft"],
        missing: "not_found",
        silent: "unreachable",
      });
    },
    LONG,
  );
});
