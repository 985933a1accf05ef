import { execFileSync, spawnSync } from "node:child_process";
import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";

import { PLANS } from "../scenarios.ts";
import type { ScenarioPlan } from "../scenarios.ts";
import { startFleet } from "./index.ts";
import type { Fleet } from "./index.ts";
import { MAX_QUEUE } from "./services/coordination.ts";

let fleet: Fleet | null = null;
afterEach(async () => {
  await fleet?.stop();
  fleet = null;
});

const busy: ScenarioPlan = { load: { ...PLANS.calm.load, baseRate: 8, peakRate: 8 }, outage: null };

async function start(plan: ScenarioPlan, heard: string[] = []): Promise<Fleet> {
  fleet = await startFleet({ plan, ports: "free", onMessage: (text) => heard.push(text) });
  return fleet;
}

function url(id: string): string {
  const found = fleet?.services.find((service) => service.id === id);
  if (found === undefined) throw new Error(`no service ${id}`);
  return found.url;
}

async function post(id: string, path: string, body: unknown): Promise<[number, unknown]> {
  const answer = await fetch(url(id) + path, { method: "POST", body: JSON.stringify(body) });
  return [answer.status, await answer.json()];
}

/** What promtool finds wrong with an exposition; it throws when promtool does. */
const lint = (text: string) =>
  execFileSync("promtool", ["check", "metrics"], { input: text }).toString();

/** Sum of all series of one metric. */
async function read(id: string, metric: string): Promise<number> {
  const text = await (await fetch(`${url(id)}/metrics`)).text();
  const values = [
    ...text.matchAll(new RegExp(`^agent_lightning_${metric}(?:\\{.*\\})? (\\S+)$`, "gm")),
  ];
  if (values.length === 0) return 0;
  return values.reduce((sum, [, value]) => sum + Number(value), 0);
}

describe("fleet", () => {
  const promtool = spawnSync("promtool", ["--version"]).status === 0;
  const required = process.env["REQUIRE_PEERS"] === "1";
  if (!promtool && !required)
    console.warn("promtool is not installed: the fleet's metrics are not linted");

  it("answers /health and valid /metrics on twelve ports", async () => {
    await start(busy);
    await vi.waitFor(
      async () =>
        expect(await read("workflow-engine", "workflow_executions_total")).toBeGreaterThan(3),
      30_000,
    );
    const urls = new Set<string>();
    const linted: string[] = [];
    for (const service of fleet?.services ?? []) {
      urls.add(service.url);
      const health = await fetch(`${service.url}/health`);
      expect([health.status, await health.json()]).toMatchObject([200, { status: "healthy" }]);
      const text = await (await fetch(`${service.url}/metrics`)).text();
      expect(text).toContain(
        'agent_lightning_requests_total{method="GET",endpoint="/health",status="200"}',
      );
      expect(text).toContain("agent_lightning_uptime_seconds ");
      expect(text).toContain("process_resident_memory_bytes ");
      if (promtool || required) linted.push(lint(text));
    }
    expect(urls.size).toBe(12);
    expect(linted.join("")).toBe("");
  });

  it("leads workflows through all its services", async () => {
    await start(busy);
    const counters: [string, string][] = [
      ["workflow-engine", "workflow_executions_total"],
      ["agent-coordinator", "agent_tasks_total"],
      ["agent-designer", "agent_designs_total"],
      ["ai-model-service", "model_inferences_total"],
      ["langchain-integration", "chains_total"],
      ["knowledge-manager", "knowledge_searches_total"],
      ["memory-manager", "memory_lookups_total"],
      ["performance-metrics", "performance_observations_total"],
      ["websocket-service", "websocket_messages_total"],
      ["event-replay-debugger", "replay_events_received_total"],
      ["monitoring-dashboard", "dashboard_events_total"],
      ["rl-orchestrator", "rl_training_steps_total"],
    ];
    await vi.waitFor(
      async () => {
        const still: string[] = [];
        for (const [id, metric] of counters) {
          if ((await read(id, metric)) === 0) still.push(metric);
        }
        expect(still).toEqual([]);
      },
      { timeout: 30_000, interval: 200 },
    );
    expect(await read("workflow-engine", "workflow_errors_total")).toBe(0);
    expect(await read("ai-model-service", "model_accuracy_ratio")).toBeGreaterThan(0.5);
    // A workflow can be replayed once its last event arrived, which the counters above do not tell.
    await vi.waitFor(
      async () =>
        expect(await post("event-replay-debugger", "/replay", {})).toMatchObject([
          200,
          { outcome: "match" },
        ]),
      { timeout: 30_000, interval: 200 },
    );
  });

  it("trains for real: the loss falls", async () => {
    await start({ ...PLANS.calm });
    const before = await read("rl-orchestrator", "rl_loss");
    await vi.waitFor(
      async () => expect(await read("rl-orchestrator", "rl_loss")).toBeLessThan(before * 0.8),
      {
        timeout: 30_000,
        interval: 300,
      },
    );
  });

  it("breaks one service after the other, each in its own way, and mends it", async () => {
    const heard: string[] = [];
    await start({ ...busy, outage: { firstMs: 300, lastsMs: 3000, everyMs: 4000 } }, heard);
    await vi.waitFor(() => expect(heard.length).toBeGreaterThanOrEqual(1), 15_000);
    const sick = await fetch(`${url("memory-manager")}/health`);
    expect([sick.status, await sick.json()]).toMatchObject([
      503,
      { status: "unhealthy", error: expect.stringContaining("index is locked") as string },
    ]);
    expect((await post("memory-manager", "/recall", { query: "x" }))[0]).toBe(503);
    expect((await fetch(`${url("memory-manager")}/metrics`)).status).toBe(200);
    await vi.waitFor(() => expect(heard.length).toBeGreaterThanOrEqual(2), 15_000);
    expect((await fetch(`${url("memory-manager")}/health`)).status).toBe(200);
    expect(await read("workflow-engine", "workflow_errors_total")).toBeGreaterThan(0);

    await vi.waitFor(() => expect(heard.length).toBeGreaterThanOrEqual(3), 15_000);
    await expect(fetch(`${url("ai-model-service")}/health`)).rejects.toThrow("fetch failed");
    await vi.waitFor(() => expect(heard.length).toBeGreaterThanOrEqual(4), 15_000);
    expect((await fetch(`${url("ai-model-service")}/health`)).status).toBe(200);
    expect(heard.slice(0, 4).map((line) => line.split(" ", 2).join(" "))).toEqual([
      "memory-manager breaks",
      "memory-manager works",
      "ai-model-service breaks",
      "ai-model-service works",
    ]);
  });

  it("queues what its agents cannot do, and sheds what the queue cannot hold", async () => {
    await start({ load: { ...PLANS.calm.load, baseRate: 120, peakRate: 120 }, outage: null });
    await vi.waitFor(
      async () => expect(await read("agent-coordinator", "tasks_shed_total")).toBeGreaterThan(0),
      {
        timeout: 30_000,
        interval: 100,
      },
    );
    expect(await read("agent-coordinator", "queue_depth")).toBeLessThanOrEqual(MAX_QUEUE);
    expect(await read("agent-coordinator", "queue_depth")).toBeGreaterThan(MAX_QUEUE / 2);
    expect(await read("workflow-engine", "workflow_errors_total")).toBe(0);
  });

  it("takes another port when the catalogue's is taken", async () => {
    const squatter = createServer();
    await new Promise<void>((resolve) => {
      squatter.once("error", () => resolve());
      squatter.listen(8005, "127.0.0.1", resolve);
    });
    const heard: string[] = [];
    fleet = await startFleet({
      plan: PLANS.calm,
      ports: "catalogue",
      onMessage: (text) => heard.push(text),
    });
    expect(heard.join()).toContain("port 8005 is taken: memory-manager is at http://127.0.0.1:");
    expect((await fetch(`${url("memory-manager")}/health`)).status).toBe(200);
    squatter.close();
  });

  it("leaves nothing behind when it stops", async () => {
    await start(busy);
    await sleep(300);
    const urls = fleet?.services.map((service) => service.url) ?? [];
    await fleet?.stop();
    for (const one of urls) await expect(fetch(one)).rejects.toThrow("fetch failed");
  });
});

describe("services refuse bad input", () => {
  const cases: [string, string, unknown, number][] = [
    ["agent-coordinator", "/tasks", { kind: "dance" }, 400],
    ["agent-coordinator", "/tasks", {}, 400],
    ["ai-model-service", "/classify", { text: 7 }, 400],
    ["ai-model-service", "/classify", [], 400],
    ["ai-model-service", "/classify", { text: "x".repeat(5000) }, 400],
    ["memory-manager", "/remember", { id: "a", text: "x".repeat(300_000) }, 413],
    ["langchain-integration", "/chain", { expression: "1 +" }, 422],
    ["performance-metrics", "/observations", { seconds: "fast", kind: "a" }, 400],
    ["agent-designer", "/feedback", { agent_id: "nobody", success: true }, 404],
    ["memory-manager", "/nothing-here", {}, 404],
  ];
  it("with the status that says whose fault it is", async () => {
    await start(PLANS.calm);
    for (const [id, path, body, status] of cases) {
      // The coordinator passes on what its agents' services refuse as a bad gateway.
      const expected = id === "agent-coordinator" && "kind" in (body as object) ? 502 : status;
      const [found] = await post(id, path, body);
      expect([id, path, found]).toEqual([id, path, expected]);
    }
    expect(await read("memory-manager", "memory_errors_total")).toBe(0);
    await post("memory-manager", "/recall", {});
    expect(await read("memory-manager", "memory_errors_total")).toBe(1);
  });
});

describe("websocket-service", () => {
  it("carries what is published to those who subscribed, and answers pings", async () => {
    await start(PLANS.calm);
    const socket = new WebSocket(`${url("websocket-service").replace("http", "ws")}/ws`);
    const seen: { action?: string; type?: string }[] = [];
    socket.on("message", (raw: Buffer) => seen.push(JSON.parse(raw.toString()) as object));
    await new Promise((resolve) => socket.once("open", resolve));
    socket.send(JSON.stringify({ action: "subscribe", channel: "mine" }));
    socket.send("not json");
    socket.send(JSON.stringify({ action: "ping" }));
    await vi.waitFor(() => expect(seen.at(0)?.action).toBe("pong"), 15_000);
    expect(await post("websocket-service", "/publish", { type: "a", channel: "other" })).toEqual([
      200,
      { delivered: 0 },
    ]);
    expect(await post("websocket-service", "/publish", { type: "b", channel: "mine" })).toEqual([
      200,
      { delivered: 1 },
    ]);
    await vi.waitFor(() => expect(seen.at(1)?.type).toBe("b"), 15_000);
    expect(await read("websocket-service", "websocket_errors_total")).toBe(1);
    socket.terminate();
  });
});
