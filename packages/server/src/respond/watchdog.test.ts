import { ConfigSchema, type ConfigInput } from "#config";
import { createOutbound } from "#lib";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it, vi } from "vitest";

import { createBench, logger } from "./fixture.ts";
import { Watchdog } from "./watchdog.ts";

let closing: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closing.toReversed()) await close();
  closing = [];
});

async function start(watchdog: NonNullable<ConfigInput["alerting"]>["watchdog"]) {
  const parse = (next: typeof watchdog) => ConfigSchema.parse({ alerting: { watchdog: next } });
  let config = parse(watchdog);
  let isBroken = false;
  const bench = await createBench({ path: ":memory:", config });
  const outbound = createOutbound({ allowLinkLocal: false, allowAddresses: [] });
  const dog = new Watchdog({
    config: () => config,
    pipeline: bench.alertmanager,
    ping: () => (isBroken ? Promise.reject(new Error("no store")) : Promise.resolve()),
    outbound,
    now: Date.now,
    logger,
  });
  dog.start();
  await bench.alerts.start();
  closing.push(
    () => bench.close(),
    () => outbound.close(),
    () => dog.stop(),
  );
  return {
    bench,
    configure: (next: typeof watchdog) => void (config = parse(next)),
    breakStore: () => void (isBroken = true),
  };
}

it("fires always while it is wanted", async () => {
  const { bench, configure } = await start({ enabled: true, labels: { team: "ops" } });
  const labels = async () =>
    (await bench.alertmanager.alerts("default")).map(({ alert }) => alert.labels);
  expect(await labels()).toEqual([{ alertname: "Watchdog", severity: "none", team: "ops" }]);
  configure({ enabled: false });
  await vi.waitFor(async () => expect(await labels()).toEqual([]), { timeout: 10_000 });
});

it("asks the URL while the pipeline is in order, and not when it is not", async () => {
  let beats = 0;
  const server = createServer((_, response) => {
    beats++;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => server.close());
  closing.push(() => server.closeAllConnections());
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/beat`;
  const { bench, breakStore } = await start({ heartbeat_url: url, interval: "1s" });
  await vi.waitFor(() => expect(beats).toBeGreaterThan(1), { timeout: 20_000 });
  breakStore();
  await vi.waitFor(
    () => expect(bench.registry.expose()).toMatch(/heartbeats_total{outcome="failed"} [1-9]/),
    { timeout: 20_000 },
  );
});
