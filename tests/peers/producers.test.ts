import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { createFleetlightClient } from "@fleetlight/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startProduct, type Product } from "../support/product.ts";

/** Frameworks of agents with offline models; they are large, and installed apart from all else. */
const PRODUCERS = fileURLToPath(new URL("producers", import.meta.url));

const installed = existsSync(join(PRODUCERS, "node_modules/ai"));
if (!installed) {
  const missing = "live producers: run `npm install --prefix tests/peers/producers` first";
  if (process.env["REQUIRE_PEERS"] === "1") throw new Error(missing);
  console.warn(`SKIPPED ${missing}`);
}

describe.skipIf(!installed)("live producers, through our SDK's tracer provider", () => {
  const dataDir = mkdtempSync(join(tmpdir(), "fleetlight-producers-"));
  let product: Product;

  beforeAll(async () => {
    product = await startProduct({ dataDir, timeoutMs: 90_000 });
  });
  afterAll(async () => {
    await product?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** Runs a producer; what the server makes of its trace. */
  async function produce(name: string) {
    const child = spawn(process.execPath, [join(PRODUCERS, `${name}.mjs`)], {
      // Some of them trace nothing when they see that a test runs.
      env: { ...process.env, NODE_ENV: "production", FLEETLIGHT_URL: product.url },
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const code = await new Promise((resolve) => child.once("close", resolve));
    expect(code, output).toBe(0);
    const traceId = output.trim().split("\n").at(-1) ?? "";
    const trace = await createFleetlightClient({ url: product.url }).trace(traceId);
    return {
      workflow: trace.workflow,
      agents: trace.agents,
      edges: trace.edges.map(({ from, to, kind }) => `${from} ${kind} ${to}`),
      tools: trace.tools.map(({ agent, tool }) => `${agent}: ${tool}`),
      usage: trace.usage.map(
        ({ agent, model, calls, input_tokens, output_tokens }) =>
          `${agent} ${model} ${calls}x ${input_tokens}/${output_tokens}`,
      ),
      ended: trace.ended,
    };
  }

  it.each([
    {
      name: "openai-agents",
      agents: ["triage", "weather_agent"],
      edges: ["triage handoff weather_agent"],
      tools: ["weather_agent: get_weather"],
      usage: ["triage mock 1x 100/10", "weather_agent mock 2x 200/20"],
    },
    {
      name: "langgraph",
      agents: ["supervisor", "researcher", "writer"],
      edges: ["supervisor handoff researcher", "researcher handoff writer"],
      tools: ["researcher: web_search"],
      usage: ["researcher  1x 50/5", "writer  1x 50/5"],
    },
    {
      name: "vercel-ai",
      agents: ["researcher"],
      edges: [],
      tools: ["researcher: web_search"],
      usage: ["researcher mock-small 2x 160/16"],
    },
    {
      name: "openai",
      agents: ["greeter"],
      edges: [],
      tools: [],
      usage: ["greeter gpt-mock-2026 1x 30/3"],
    },
  ])("$name: agents, edges, tools, models and tokens", async ({ name, ...wanted }) => {
    expect(await produce(name)).toEqual({ workflow: name, ended: true, ...wanted });
  });
});
