import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, expect, it } from "vitest";

import { exportOf, manySpans } from "../packages/server/src/collect/spans/fixture.ts";
import { jaegerBatch } from "../packages/server/src/collect/spans/jaeger-fixture.ts";
import { startProduct } from "./support/product.ts";

const ROUNDS = 3;
const SENDERS = 3;
const SPANS = 5;

let dataDir = "";
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "fleetlight-span-durability-"));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

/** One trace per request: over OTLP, or as Jaeger's clients send it. */
function requestOf(sender: number, trace: bigint) {
  if (sender % 2 === 0) {
    const traceId = trace.toString(16).padStart(32, "0");
    return {
      path: "/v1/traces",
      type: "application/x-protobuf",
      body: exportOf(manySpans(SPANS, { traceId })),
    };
  }
  const spans = Array.from({ length: SPANS }, (_, id) => ({
    trace: [0n, trace] as const,
    id: BigInt(id + 1),
  }));
  return { path: "/api/traces", type: "application/x-thrift", body: jaegerBatch(spans) };
}

/** Sends one request after the other until the server is gone; notes each that was acknowledged. */
async function send(url: string, sender: number, acknowledged: bigint[]): Promise<void> {
  for (;;) {
    const trace = BigInt(acknowledged.length * SENDERS + sender + 1) * 2n ** 40n + BigInt(sender);
    const { path, type, body } = requestOf(sender, trace);
    const answer = await fetch(url + path, {
      method: "POST",
      headers: { "content-type": type },
      body: new Uint8Array(body),
    }).catch(() => undefined);
    if (answer === undefined || !answer.ok) return;
    acknowledged.push(trace);
  }
}

async function checkAll(url: string, acknowledged: readonly bigint[], round: number) {
  for (const trace of acknowledged) {
    const id = trace.toString(16).padStart(32, "0");
    const answer = await fetch(`${url}/api/v1/traces/${id}`);
    expect(answer.status, `trace ${id} after kill ${round}`).toBe(200);
    const { all_spans: spans } = (await answer.json()) as { all_spans: unknown[] };
    expect(spans, `trace ${id} after kill ${round}`).toHaveLength(SPANS);
  }
}

it.each([
  ["at once", {}],
  [
    "after a decision about their trace",
    {
      FLEETLIGHT_TRACES__SAMPLING__ENABLED: "true",
      FLEETLIGHT_TRACES__SAMPLING__WAIT: "1s",
      FLEETLIGHT_TRACES__SAMPLING__SHARE: "1",
    },
  ],
])(
  `keeps every acknowledged span once over ${ROUNDS} kills, where spans are stored %s`,
  async (way, sampling) => {
    const acknowledged: bigint[][] = Array.from({ length: SENDERS }, () => []);
    const count = () => acknowledged.reduce((sum, own) => sum + own.length, 0);
    const env = {
      FLEETLIGHT_STORAGE__FLUSH_INTERVAL: "200ms",
      FLEETLIGHT_LOGGING__LEVEL: "warn",
      FLEETLIGHT_HOST__ENABLED: "false",
      ...sampling,
    };
    const place = join(dataDir, way.replaceAll(" ", "-"));
    for (let round = 0; round <= ROUNDS; round++) {
      const server = await startProduct({ dataDir: place, env, timeoutMs: 60_000 });
      await checkAll(server.url, acknowledged.flat(), round);
      if (round === ROUNDS) {
        await server.stop();
        break;
      }
      const before = count();
      const senders = acknowledged.map((own, sender) => send(server.url, sender, own));
      while (count() < before + 15 + round * 10)
        await new Promise((resolve) => setTimeout(resolve, 5));
      await server.kill();
      await Promise.all(senders);
    }
    expect(count()).toBeGreaterThan(ROUNDS * 15);
  },
  240_000,
);
