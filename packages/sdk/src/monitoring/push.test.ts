import { afterEach, describe, expect, it } from "vitest";

import { startCollector } from "../fixture.ts";
import { createMonitoring } from "./index.ts";
import { groupUrl } from "./push.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

describe("pushed metrics", () => {
  it.each([
    ["shop", "one", "/metrics/job/shop/instance/one"],
    ["my shop", "a:b", "/metrics/job/my%20shop/instance/a%3Ab"],
    ["a/b", "one", "/metrics/job@base64/YS9i/instance/one"],
    ["shop", "", "/metrics/job/shop/instance@base64/="],
    ["ä/ö", "one", "/metrics/job@base64/w6Qvw7Y/instance/one"],
  ])("of %j at %j go to a group of their own", (job, instance, path) => {
    expect(groupUrl("", job, instance)).toBe(path);
  });

  it("go out again and again, with the token and the tenant, and end with the process", async () => {
    const server = await startCollector();
    const fleet = createMonitoring({
      url: server.url,
      token: "secret",
      tenant: "blue",
      service: { name: "shop", id: "shop-1" },
      register: false,
      pushIntervalMs: 20,
    });
    stops.push(server.stop, () => fleet.shutdown());
    fleet.registry.counter({ name: "orders_total", help: "Orders." }).inc(2);
    await expect.poll(() => fleet.stats().metrics.pushed).toBeGreaterThanOrEqual(2);
    const [first] = server.requests;
    expect(first).toMatchObject({ method: "PUT", path: "/metrics/job/shop/instance/shop-1" });
    expect(first?.headers).toMatchObject({
      authorization: "Bearer secret",
      "x-scope-orgid": "blue",
    });
    await fleet.shutdown();
    expect(server.requests.at(-1)?.method).toBe("DELETE");
    expect(server.requests.at(-2)?.body).toContain("agent_lightning_orders_total 2");
  });

  it("that are refused are counted", async () => {
    const server = await startCollector((_, response) => {
      response.writeHead(429).end();
      return true;
    });
    const fleet = createMonitoring({
      url: server.url,
      service: "shop",
      register: false,
      pushIntervalMs: 20,
    });
    stops.push(server.stop, () => fleet.shutdown({ timeoutMs: 100 }));
    await expect.poll(() => fleet.stats().metrics.pushesFailed).toBeGreaterThan(0);
  });
});
