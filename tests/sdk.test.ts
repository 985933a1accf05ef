import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createMonitoring, type Monitoring } from "@fleetlight/sdk";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { startProduct, type Product } from "./support/product.ts";

const dataDir = mkdtempSync(join(tmpdir(), "fleetlight-sdk-e2e-"));
let product: Product;
let fleet: Monitoring;

beforeAll(async () => {
  product = await startProduct({ dataDir, timeoutMs: 90_000 });
  fleet = createMonitoring({
    url: product.url,
    service: { name: "Crew", id: "crew", type: "agent" },
    pushIntervalMs: 60_000,
    tracing: { flushIntervalMs: 100, heartbeatIntervalMs: 500 },
  });
});
afterAll(async () => {
  await fleet?.shutdown();
  await product?.stop();
  rmSync(dataDir, { recursive: true, force: true });
});

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("the SDK with a real server", () => {
  it("finds that everything works, from here to the store and back", async () => {
    const validation = await fleet.validateIntegration({ timeoutMs: 15_000 });
    expect(validation.checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(validation.ok).toBe(true);
  });

  it("says what is wrong, and what to do about it", async () => {
    const lost = createMonitoring({ url: "http://127.0.0.1:1", service: "lost", register: false });
    const { ok, checks } = await lost.validateIntegration();
    await lost.shutdown({ timeoutMs: 10 });
    expect(ok).toBe(false);
    expect(checks[0]).toMatchObject({ name: "server", ok: false, remedy: /url/ });
    expect(checks.slice(1).every(({ skipped }) => skipped)).toBe(true);
  });

  it("shows a run while it goes on, and as a whole when it is over", async () => {
    const workflow = fleet.startWorkflow({
      id: "w-1",
      type: "research",
      agents: ["planner", "writer"],
    });
    await workflow.run(async () => {
      await fleet.traceAgentOperation("planner", "plan", async (plan) => {
        plan.usage({ model: "gpt-4o", inputTokens: 100, outputTokens: 20, costUsd: 0.5 });
        await fleet.traceTask({ id: "t-1", agent: "writer", type: "draft" }, (task) => {
          task.quality(0.9);
          return pause(20);
        });
        await fleet.waitFor("writer", () => pause(20));
        fleet.traceCommunication({ from: "planner", to: "writer", type: "thanks", sizeBytes: 5 });
      });
    });
    await expect
      .poll(async () => (await fleet.client.trace(workflow.traceId).catch(() => null))?.ended)
      .toBe(false);
    workflow.complete();
    await fleet.flush();
    const trace = await fleet.client.trace(workflow.traceId);
    expect(trace).toMatchObject({
      workflow: "w-1",
      service: "Crew",
      ended: true,
      agents: ["planner", "writer"],
      input_tokens: 100,
      output_tokens: 20,
      cost_usd: 0.5,
    });
    expect(trace.edges).toEqual(
      expect.arrayContaining([
        { from: "planner", to: "writer", kind: "delegation" },
        { from: "planner", to: "writer", kind: "wait" },
        { from: "planner", to: "writer", kind: "message" },
      ]),
    );
    const found = await fleet.client.traces({ agent: "writer", workflow: "w-1" });
    expect(found.traces.map(({ trace_id }) => trace_id)).toEqual([workflow.traceId]);
  });

  it("tells how an agent fares, alone and in the fleet", async () => {
    await expect
      .poll(async () => (await fleet.getAgentPerformance("writer"))?.current)
      .toMatchObject({ counted: "tasks", tasks_completed: 1, success_rate: 1, quality: 0.9 });
    const { agentStatus, errors, activeConflicts } = await fleet.getDashboard();
    expect(errors).toEqual([]);
    expect(Object.keys(agentStatus)).toEqual(expect.arrayContaining(["planner", "writer"]));
    expect(activeConflicts).toBe(0);
  });

  it("sees a conflict begin and end", async () => {
    fleet.startConflict({ id: "k-1", type: "file", agents: ["planner", "writer"] });
    await expect.poll(async () => (await fleet.getDashboard()).activeConflicts).toBe(1);
    expect((await fleet.getDashboard()).systemHealth).toBe("conflicts_active");
    fleet.resolveConflict("k-1", { method: "voting", rounds: 2 });
    await expect.poll(async () => (await fleet.getDashboard()).activeConflicts).toBe(0);
  });

  it("is known as a service, by its heartbeats", async () => {
    await expect.poll(() => fleet.stats().registered).toBe(true);
    expect(await fleet.heartbeat()).toBe(true);
    expect(await fleet.client.service("crew")).toMatchObject({ name: "Crew", type: "agent" });
  });

  it("pushes what nobody can scrape", async () => {
    fleet.registry.counter({ name: "plans_total", help: "Plans made." }).inc(3);
    expect(await fleet.flush()).toBe(true);
    await expect
      .poll(async () => (await fleet.client.query("agent_lightning_plans_total"))[0]?.value[1])
      .toBe("3");
  });

  it("tells how the fleet is, with nothing to recommend when all is well", async () => {
    const health = await fleet.getSystemHealth();
    expect(health.recommendations.filter(({ severity }) => severity === "critical")).toEqual([]);
    expect(health.server).toMatchObject({ reachable: true });
    const dashboard = await fleet.getDashboard();
    expect(dashboard.overview?.server.version).toMatch(/^\d/);
  });

  it("stops an agent whose budget is spent, and only that one", async () => {
    const headers = { "content-type": "application/json" };
    const answer = await fetch(`${product.url}/api/v1/stops`, {
      method: "POST",
      headers,
      body: JSON.stringify({ kind: "agent", subject: "spender", reason: "enough for today" }),
    });
    expect(answer.status).toBeLessThan(300);
    await expect(
      fleet.traceAgentOperation("spender", "loop", () => fleet.checkpoint({}, { cacheMs: 0 })),
    ).rejects.toMatchObject({ name: "BudgetExceeded", message: /enough for today/ });
    expect(
      await fleet.checkpoint({ agent: "spender" }, { onStop: "return", cacheMs: 0 }),
    ).toMatchObject({ continue: false, asked: true });
    expect(await fleet.checkpoint({ agent: "other" })).toMatchObject({
      continue: true,
      asked: true,
    });
  });
});
