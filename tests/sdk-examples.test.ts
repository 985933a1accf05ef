import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createFleetlightClient } from "@fleetlight/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startProduct, type Product } from "./support/product.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), "fleetlight-examples-"));
let product: Product;

beforeAll(async () => {
  product = await startProduct({ dataDir, timeoutMs: 90_000 });
});
afterAll(async () => {
  await product?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

/** Examples of a page, with the headings that they stand under. */
function examples(page: string, language: string): [title: string, code: string][] {
  const text = readFileSync(join(ROOT, page), "utf8");
  const found = [...text.matchAll(/^## (.+)$|^```(\w+)\n([^]*?)^```$/gm)];
  let title = "";
  return found.flatMap(([, heading, fence, code = ""]) => {
    if (heading !== undefined) title = heading;
    return fence === language ? [[title, code] as [string, string]] : [];
  });
}

/** Runs an example from the root of the repository, where it finds the SDK as a user's program does. */
async function run(command: string, args: readonly string[]) {
  const child = spawn(command, args, {
    cwd: ROOT,
    env: { ...process.env, FLEETLIGHT_URL: product.url },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise((resolve) => child.once("close", resolve));
  return { code, output };
}

const hasPython = spawnSync("python3", ["--version"]).status === 0;

describe("examples of the documents", () => {
  it("are found", () => {
    expect(examples("docs/sdk.md", "ts").length).toBeGreaterThanOrEqual(4);
    expect(examples("docs/other-languages.md", "python")).toHaveLength(1);
  });

  it.each(examples("docs/sdk.md", "ts"))("run: %s", async (_, code) => {
    const { code: exit, output } = await run(process.execPath, [
      "--input-type=module-typescript",
      "-e",
      code,
    ]);
    expect(exit, output).toBe(0);
  });

  it.skipIf(!hasPython)("run in Python, and are seen as they tell", async () => {
    const [[, code = ""] = []] = examples("docs/other-languages.md", "python");
    const { code: exit, output } = await run("python3", ["-c", code]);
    expect(exit, output).toBe(0);
    const client = createFleetlightClient({ url: product.url });
    const trace = await client.trace(output.trim());
    expect(trace).toMatchObject({
      workflow: "python-7",
      service: "python-crew",
      agents: ["writer"],
      ended: true,
      spans: 2,
    });
  });
});
