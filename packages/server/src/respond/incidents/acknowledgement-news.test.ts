import { DEFAULT_TENANT } from "#lib";
import { afterEach, beforeEach, expect, it } from "vitest";

import { createIncidentBench, type IncidentBench } from "./fixture.ts";
import { createReceiver, type Receiver } from "./receiver-peer.ts";

const T = DEFAULT_TENANT;
const care = { by: "ann", note: "on it", expiresAtMs: null, kind: "acknowledge" as const };

let receiver: Receiver;
let bench: IncidentBench;
beforeEach(async () => {
  receiver = await createReceiver();
  bench = await createIncidentBench({
    receivers: `
route: { receiver: pager, group_by: [alertname], group_wait: 1d }
receivers:
  - name: pager
    pagerduty_configs: [{ routing_key: key, url: "${receiver.url}/pagerduty" }]
    opsgenie_configs: [{ api_key: key, api_url: "${receiver.url}/opsgenie/" }]
    webhook_configs: [{ url: "${receiver.url}/webhook" }]
`,
  });
});
afterEach(async () => {
  await bench.close();
  await receiver.close();
});

it("tells those who know acknowledgements, once all alerts of a group are acknowledged", async () => {
  const instance = (name: string) => ({ alertname: "Down", severity: "low", instance: name });
  await bench.fire(instance("1"));
  await bench.fire(instance("2"));
  const [incident] = await bench.list();
  const { alerts } = await bench.incidents.get(T, incident?.id ?? "");
  const [first = "", second = ""] = alerts.map(({ fingerprint }) => fingerprint);
  await bench.incidents.acknowledgeAlert(T, first, { ...care, by: "bob" });
  expect(bench.alertmanager.stats()).toMatchObject({ queued: 0 });
  await bench.pass(1000);
  await bench.incidents.acknowledgeAlert(T, second, care);
  const got = await receiver.wait(2);
  const byPath = new Map(got.map(({ path, body }) => [path.split("?")[0] ?? "", body]));
  const pager = byPath.get("/pagerduty") as unknown as Record<string, string>;
  expect(pager).toMatchObject({ event_action: "acknowledge", routing_key: "key" });
  const path = [...byPath.keys()].find((one) => one.startsWith("/opsgenie/"));
  expect(path).toMatch(/\/acknowledge$/);
  expect(byPath.get(path ?? "")).toMatchObject({ user: "ann", note: "on it" });
  expect(byPath.has("/webhook")).toBe(false);
});
