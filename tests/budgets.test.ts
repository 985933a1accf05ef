import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { Budget, Checkpoint } from "@fleetlight/contract";
import { afterAll, beforeAll, expect, test } from "vitest";

import { startProduct, type Product } from "./support/product.ts";

let dataDir: string;
let product: Product;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "fleetlight-budgets-"));
});
afterAll(async () => {
  await product?.stop();
  await rm(dataDir, { recursive: true, force: true });
});

let ids = 1;
const text = (key: string, value: string) => ({ key, value: { stringValue: value } });

/** Calls of models of 10 tokens each; resolves when the server has them. */
async function send(calls: number): Promise<void> {
  const spans = Array.from({ length: calls }, () => ({
    traceId: (ids++).toString(16).padStart(32, "a"),
    spanId: (ids++).toString(16).padStart(16, "b"),
    name: "chat",
    startTimeUnixNano: `${Date.now() - 2000}000000`,
    endTimeUnixNano: `${Date.now() - 1000}000000`,
    attributes: [
      text("gen_ai.operation.name", "chat"),
      text("gen_ai.agent.name", "writer"),
      { key: "gen_ai.usage.input_tokens", value: { intValue: "10" } },
    ],
  }));
  const answer = await fetch(`${product.url}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      resourceSpans: [
        {
          resource: { attributes: [text("service.name", "fleet")] },
          scopeSpans: [{ scope: { name: "test" }, spans }],
        },
      ],
    }),
  });
  expect(answer.status).toBe(200);
}

async function spent(): Promise<number> {
  const answer = await fetch(`${product.url}/api/v1/budgets/writers`);
  const { spending } = (await answer.json()) as Budget;
  return spending[0]?.tokens ?? 0;
}

/** Waits until so much is spent, and a little longer: it must not become more. */
async function staysAt(tokens: number): Promise<void> {
  await expect.poll(spent, { timeout: 20_000 }).toBe(tokens);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(await spent()).toBe(tokens);
}

test("kill -9 loses no spending, and nothing counts twice", async () => {
  product = await startProduct({ dataDir });
  await fetch(`${product.url}/api/v1/budgets`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ id: "writers", name: "w", per: "agent", unit: "tokens", limit: 5000 }),
  });
  await send(100);
  await staysAt(1000);
  for (let round = 1; round <= 2; round++) {
    // Durable, and neither counted nor written down yet.
    await send(100);
    await product.kill();
    product = await startProduct({ dataDir });
    await staysAt(1000 + round * 1000);
  }
  await send(200);
  await staysAt(5000);
  const answer = await fetch(`${product.url}/api/v1/checkpoint?agent=writer`);
  expect((await answer.json()) as Checkpoint).toMatchObject({ continue: false });
}, 120_000);
