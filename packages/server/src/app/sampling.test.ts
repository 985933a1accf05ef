import { afterAll, beforeAll, expect, it } from "vitest";

import { exportOf } from "../collect/spans/fixture.ts";
import { ask, makeSite, until } from "../serve/fixture.ts";
import { startServer, type RunningServer } from "./index.ts";

const site = makeSite({
  host: { enabled: false },
  traces: { sampling: { enabled: true, wait: "1s", share: 0 } },
});
let server: RunningServer;
beforeAll(async () => {
  server = await startServer(site);
});
afterAll(async () => {
  await server.stop();
  site.remove();
});

const page = async () => (await ask(`${server.url}/metrics`)).text;
const figure = async (name: string): Promise<number> => {
  const line = (await page()).split("\n").find((one) => one.startsWith(`${name} `));
  return Number(line?.split(" ").at(-1) ?? Number.NaN);
};

it("shows a trace until it is dropped, and counts it all the same", async () => {
  const traceId = "5".repeat(32);
  const answer = await ask(`${server.url}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf" },
    body: new Uint8Array(exportOf([{ traceId }], "sampled")),
  });
  expect(answer.status).toBe(200);
  const trace = () => ask(`${server.url}/api/v1/traces/${traceId}`);
  expect((await trace()).status).toBe(200);
  await until(trace, ({ status }) => status === 404, 15_000);
  expect(await figure("fleetlight_sampling_traces_dropped_total")).toBe(1);
  expect(await figure("fleetlight_ingest_spans_total")).toBe(1);
  expect(await figure("fleetlight_live_spans")).toBe(1);
});
