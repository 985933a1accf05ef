import { EventEmitter, once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Server } from "node:http";

import { afterEach, describe, expect, it } from "vitest";

import { createMetricsCollector } from "./index.ts";

const servers: Server[] = [];

function listen(server: Server): Promise<string> {
  servers.push(server);
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    });
  });
}

afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

describe("metrics collector", () => {
  it("counts requests, and answers with 5xx as errors of the component", () => {
    const collector = createMetricsCollector({ service: "planner", processMetrics: false });
    collector.recordRequest({ method: "get", endpoint: "/a", status: 200, durationSeconds: 0.02 });
    collector.recordRequest({ method: "GET", endpoint: "/a", status: 200, durationSeconds: 0.2 });
    collector.recordRequest({ method: "POST", endpoint: "/b", status: 503 });
    collector.recordRequest({ method: "POST", endpoint: "/b", status: 404 });
    collector.recordError({ errorType: "timeout", component: "store" });
    const text = collector.registry.expose();
    for (const line of [
      'agent_lightning_requests_total{method="GET",endpoint="/a",status="200"} 2',
      'agent_lightning_requests_total{method="POST",endpoint="/b",status="503"} 1',
      'agent_lightning_requests_total{method="POST",endpoint="/b",status="404"} 1',
      'agent_lightning_errors_total{error_type="http_503",component="planner"} 1',
      'agent_lightning_errors_total{error_type="timeout",component="store"} 1',
      'agent_lightning_request_duration_seconds_bucket{method="GET",endpoint="/a",le="0.025"} 1',
      'agent_lightning_request_duration_seconds_count{method="GET",endpoint="/a"} 2',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    expect(text).not.toContain("http_404");
    expect(text).not.toContain("process_");
  });

  it("makes one series of every unknown method and of impossible states", () => {
    const collector = createMetricsCollector({ service: "s", processMetrics: false });
    collector.recordRequest({ method: "FOO", endpoint: "/", status: 200 });
    collector.recordRequest({ method: "BAR", endpoint: "/", status: 200 });
    collector.recordRequest({ method: "GET", endpoint: "/", status: NaN });
    const text = collector.registry.expose();
    expect(text).toContain('{method="OTHER",endpoint="/",status="200"} 2\n');
    expect(text).toContain('{method="GET",endpoint="/",status="unknown"} 1\n');
  });

  it("takes other names, and refuses names that break the conventions", () => {
    const collector = createMetricsCollector({
      service: "s",
      prefix: "shop_",
      names: { requests: "calls_total" },
      processMetrics: false,
    });
    collector.recordRequest({ method: "GET", endpoint: "/", status: 200 });
    expect(collector.registry.expose()).toContain("shop_calls_total{");
    expect(() => createMetricsCollector({ service: "s", names: { requests: "calls" } })).toThrow(
      "must end in _total",
    );
  });

  it("serves its metrics from a plain HTTP server and tracks the requests of others", async () => {
    const collector = createMetricsCollector({ service: "s" });
    const url = await listen(
      createServer((request, response) => {
        if (request.url === "/metrics") return collector.handler(request, response);
        collector.track(request, response, "/work/{id}");
        response.writeHead(request.url === "/work/bad" ? 500 : 200).end("done");
      }),
    );
    for (const path of ["1", "2", "bad"]) await (await fetch(`${url}/work/${path}`)).text();
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const text = await answer.text();
    expect(text).toContain('requests_total{method="GET",endpoint="/work/{id}",status="200"} 2\n');
    expect(text).toContain('errors_total{error_type="http_500",component="s"} 1\n');
    expect(text).toContain("process_resident_memory_bytes ");

    const accept = "application/openmetrics-text;version=1.0.0,text/plain;q=0.5";
    const open = await fetch(`${url}/metrics`, { headers: { accept } });
    expect(open.headers.get("content-type")).toContain("application/openmetrics-text");
    expect((await open.text()).endsWith("# EOF\n")).toBe(true);
    const head = await fetch(`${url}/metrics`, { method: "HEAD" });
    expect(Number(head.headers.get("content-length"))).toBeGreaterThan(1000);
    expect((await fetch(`${url}/metrics`, { method: "POST" })).status).toBe(405);
    collector.stop();
  });

  it("records a client that hangs up as 499", async () => {
    const collector = createMetricsCollector({ service: "s", processMetrics: false });
    const events = new EventEmitter();
    const arrived = once(events, "arrived");
    const closed = once(events, "closed");
    const url = await listen(
      createServer((request, response) => {
        collector.track(request, response, "/slow");
        response.once("close", () => events.emit("closed"));
        events.emit("arrived");
      }),
    );
    const abort = new AbortController();
    const pending = fetch(url, { signal: abort.signal }).catch(() => {});
    await arrived;
    abort.abort();
    await Promise.all([pending, closed]);
    expect(collector.registry.expose()).toContain('endpoint="/slow",status="499"} 1\n');
  });
});
