import { afterEach, describe, expect, it } from "vitest";

import { startCollector } from "../fixture.ts";
import type { Collector } from "../fixture.ts";
import { createMonitoring } from "./index.ts";
import type { Monitoring, MonitoringOptions } from "./index.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

async function start(
  options: Partial<MonitoringOptions> = {},
  ...route: Parameters<typeof startCollector>
): Promise<{ server: Collector; fleet: Monitoring }> {
  const server = await startCollector(...route);
  stops.push(server.stop);
  const fleet = createMonitoring({
    url: server.url,
    service: "crew",
    register: false,
    tracing: { flushIntervalMs: 20 },
    ...options,
  });
  stops.push(() => fleet.shutdown({ timeoutMs: 200 }));
  return { server, fleet };
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

describe("workflows", () => {
  it("are one trace with all that happens in them", async () => {
    const { server, fleet } = await start();
    const workflow = fleet.startWorkflow({
      id: "w1",
      type: "research",
      agents: ["planner", "writer"],
    });
    await workflow.run(async () => {
      await pause(1);
      await fleet.traceAgentOperation("planner", "plan", async () => {
        await fleet.traceAgentOperation("planner", "think", () => pause(1));
        await fleet.traceAgentOperation("writer", "draft", () => pause(1));
      });
    });
    expect(workflow.complete()).toBe(true);
    expect(fleet.completeWorkflow("w1")).toBe(false);
    await fleet.flush();
    const [root, plan, think, draft] = ["workflow research", "plan", "think", "draft"].map((name) =>
      server.named(name),
    );
    expect(root?.attributes).toEqual({
      "fleetlight.operation": "workflow",
      "fleetlight.workflow.id": "w1",
      "fleetlight.workflow.type": "research",
      "fleetlight.workflow.agents": ["planner", "writer"],
      "fleetlight.success": true,
    });
    expect(root).toMatchObject({ traceId: workflow.traceId });
    expect(plan).toMatchObject({ traceId: workflow.traceId, parentSpanId: root?.spanId });
    expect(plan?.attributes).toEqual({
      "gen_ai.operation.name": "invoke_agent",
      "gen_ai.agent.name": "planner",
      "fleetlight.agent": "planner",
      "fleetlight.workflow.id": "w1",
    });
    // What an agent does within its own work is a step; another agent is called.
    expect(think?.attributes).toMatchObject({ "fleetlight.operation": "agent_operation" });
    expect(draft?.attributes).toMatchObject({ "gen_ai.agent.name": "writer" });
    expect(draft?.parentSpanId).toBe(plan?.spanId);
  });

  it("take in work from elsewhere by their id, until they are complete", async () => {
    const { server, fleet } = await start();
    const { traceId } = fleet.startWorkflow({ id: "w1" });
    expect(fleet.startWorkflow({ id: "w1" }).traceId).toBe(traceId);
    fleet.recordAgentTask({
      agent: "writer",
      task: "t1",
      type: "write",
      workflow: "w1",
      durationSeconds: 2,
      quality: 1.5,
    });
    fleet.completeWorkflow("w1", { success: false, error: new RangeError("too much") });
    fleet.recordAgentTask({ agent: "writer", task: "t2", workflow: "w1", durationSeconds: 1 });
    await fleet.flush();
    const task = server.ended().find(({ attributes }) => attributes["fleetlight.task.id"] === "t1");
    expect(task).toMatchObject({ traceId, name: "task write" });
    expect(task?.attributes).toMatchObject({ "fleetlight.success": true, "fleetlight.quality": 1 });
    const lasted = Number(task?.endTimeUnixNano) - Number(task?.startTimeUnixNano);
    expect(lasted / 1e9).toBeCloseTo(2, 3);
    expect(server.named("workflow")).toMatchObject({ status: { code: 2, message: "too much" } });
    expect(server.named("workflow").attributes["error.type"]).toBe("RangeError");
    const late = server.ended().find(({ attributes }) => attributes["fleetlight.task.id"] === "t2");
    expect(late?.traceId).not.toBe(traceId);
  });
});

describe("tasks, conflicts, messages and waits", () => {
  it("say what they are", async () => {
    const { server, fleet } = await start();
    fleet.startTask({ id: "t1", agent: "writer", type: "draft", conversation: "c1", user: "ann" });
    expect(fleet.completeTask("t1", { quality: 0.7 })).toBe(true);
    fleet.startConflict({ id: "k1", type: "file", agents: ["writer", "editor"] });
    fleet.resolveConflict("k1", { method: "voting", rounds: 3 });
    fleet.recordConflictResolution({ agents: ["a", "b"], durationSeconds: 5, success: false });
    fleet.traceCommunication({ from: "writer", to: "editor", type: "ask", sizeBytes: 10 });
    await fleet.traceAgentOperation("editor", "review", () =>
      fleet.waitFor("writer", () => pause(2)),
    );
    await fleet.flush();
    expect(server.named("task draft").attributes).toEqual({
      "fleetlight.operation": "task",
      "fleetlight.agent": "writer",
      "fleetlight.task.id": "t1",
      "fleetlight.task.type": "draft",
      "gen_ai.conversation.id": "c1",
      "fleetlight.user": "ann",
      "fleetlight.quality": 0.7,
      "fleetlight.success": true,
    });
    expect(server.named("conflict file").attributes).toEqual({
      "fleetlight.operation": "conflict",
      "fleetlight.conflict.id": "k1",
      "fleetlight.conflict.type": "file",
      "fleetlight.conflict.agents": ["writer", "editor"],
      "fleetlight.conflict.method": "voting",
      "fleetlight.conflict.rounds": 3,
      "fleetlight.success": true,
    });
    expect(server.named("conflict")).toMatchObject({ status: { code: 2 } });
    expect(server.named("message ask")).toMatchObject({
      kind: 4,
      attributes: {
        "fleetlight.agent": "writer",
        "fleetlight.peer": "editor",
        "fleetlight.message.size": 10,
      },
    });
    expect(server.named("wait").attributes).toEqual({
      "fleetlight.operation": "wait",
      "fleetlight.agent": "editor",
      "fleetlight.peer": "writer",
    });
  });

  it("carry usage, resources, claims, conversation and user", async () => {
    const { server, fleet } = await start();
    fleet.traceAgentOperation(
      "writer",
      "draft",
      (operation) => {
        operation
          .usage({ model: "m", inputTokens: 5, outputTokens: 2, costUsd: 0.01 })
          .writes("report.md")
          .claims("price", "10")
          .event("noted", { how: "well" });
        fleet.traceAgentOperation("writer", "inner", () => {});
      },
      { conversation: "c1", user: "ann", attributes: { mine: "yes" } },
    );
    await fleet.flush();
    expect(server.named("draft").attributes).toMatchObject({
      "gen_ai.request.model": "m",
      "gen_ai.usage.input_tokens": 5,
      "fleetlight.cost.usd": 0.01,
      "fleetlight.resource": "report.md",
      "fleetlight.resource.access": "write",
      "fleetlight.claim.subject": "price",
      mine: "yes",
    });
    expect(server.named("inner").attributes).toMatchObject({
      "gen_ai.conversation.id": "c1",
      "fleetlight.user": "ann",
    });
  });

  it("go on over messages and MCP in one trace", async () => {
    const { server, fleet } = await start();
    const carried = fleet.traceCommunication({ from: "a", to: "b" }, (operation) =>
      operation.inject({ _meta: {} }._meta as Record<string, string>),
    );
    fleet.withBaggage({ tenant: "blue" }, () => fleet.inject(carried));
    fleet.continueFrom(carried, () => {
      expect(fleet.baggage()).toEqual({ tenant: "blue" });
      fleet.traceAgentOperation("b", "answer", () => {});
    });
    await fleet.flush();
    expect(server.named("answer")).toMatchObject({
      traceId: server.named("message").traceId,
      parentSpanId: server.named("message").spanId,
    });
  });
});

describe("the host", () => {
  it("gets the answers and errors of its functions as they are, and each runs once", async () => {
    const { server, fleet } = await start();
    let runs = 0;
    const failure = new TypeError("mine");
    expect(fleet.traceAgentOperation("a", "sync", () => ++runs)).toBe(1);
    expect(() =>
      fleet.traceTask({ agent: "a" }, () => {
        throw failure;
      }),
    ).toThrow(failure);
    await expect(fleet.waitFor("b", () => Promise.reject(failure))).rejects.toBe(failure);
    await fleet.flush();
    expect(server.named("task")).toMatchObject({ status: { code: 2, message: "mine" } });
    expect(server.named("task").attributes).toMatchObject({
      "error.type": "TypeError",
      "fleetlight.success": false,
    });
    expect(server.named("wait").events?.[0]?.name).toBe("exception");
  });

  it.each([
    ["undefined", undefined],
    ["null", null],
    ["a number", 7],
    [
      "an object that throws",
      {
        toString: () => {
          throw new Error("no");
        },
      },
    ],
    ["a very long text", "x".repeat(1_000_000)],
  ])("is not harmed by %s where a text belongs", async (_, odd) => {
    const { fleet } = await start();
    const wrong = odd as never;
    let ran = 0;
    fleet.traceAgentOperation(wrong, wrong, () => ran++);
    fleet.traceTask(wrong, () => ran++);
    fleet.traceCommunication(wrong, () => ran++);
    fleet.waitFor(wrong, () => ran++);
    fleet.startWorkflow(wrong).run(() => ran++);
    fleet.startTask(wrong).run(() => ran++);
    fleet.startConflict(wrong).run(() => ran++);
    fleet.completeWorkflow(wrong, {});
    fleet.resolveConflict(wrong, {});
    fleet.recordAgentTask(wrong);
    fleet.recordConflictResolution(wrong);
    fleet.continueFrom(wrong, () => ran++);
    fleet.withBaggage(wrong, () => ran++);
    fleet.startAgentOperation(wrong, wrong).quality(wrong).reads(wrong).usage({}).end();
    expect(ran).toBe(9);
    expect(await fleet.flush()).toBe(true);
  });

  it("does not wait for a server that is not there", async () => {
    const errors: string[] = [];
    const fleet = createMonitoring({
      url: "http://127.0.0.1:1",
      service: "crew",
      onError: ({ message }) => errors.push(message),
    });
    stops.push(() => fleet.shutdown({ timeoutMs: 50 }));
    for (let index = 0; index < 10_000; index++) fleet.traceAgentOperation("a", "work", () => {});
    expect(fleet.stats().spans.dropped.queue_full).toBe(10_000 - 8192);
    expect(await fleet.checkpoint()).toMatchObject({ continue: true, asked: false });
    expect(await fleet.heartbeat()).toBe(false);
    expect(await fleet.getDashboard()).toMatchObject({ systemHealth: "unknown", overview: null });
    expect(await fleet.getAgentPerformance("a")).toBeNull();
    expect(errors.join()).toContain("cannot reach");
    const health = await fleet.getSystemHealth();
    expect(health).toMatchObject({ status: "unhealthy", server: { reachable: false } });
    expect(health.recommendations.map(({ message }) => message).join()).toMatch(/lost/);
    expect(await fleet.flush({ timeoutMs: 100 })).toBe(false);
    expect(await fleet.shutdown({ timeoutMs: 100 })).toBe(false);
  });

  it("is told when the server refuses its spans", async () => {
    const errors: string[] = [];
    const { fleet } = await start(
      { onError: ({ message }) => errors.push(message) },
      (_, response) => {
        response.writeHead(401).end();
        return true;
      },
    );
    fleet.traceAgentOperation("a", "work", () => {});
    await fleet.flush();
    expect(errors).toEqual(["the server refused spans: 401"]);
    expect(fleet.stats().spans.dropped.refused).toBe(1);
  });

  it("defines and records metrics by name", async () => {
    const { fleet } = await start();
    fleet.metrics.define({ name: "ideas_total", type: "counter", description: "Ideas." });
    fleet.metrics.record("ideas_total", 2);
    expect(fleet.registry.expose()).toContain("agent_lightning_ideas_total 2");
  });

  it("records nothing when it is not enabled", async () => {
    const { server, fleet } = await start({ enabled: false, pushIntervalMs: 10 });
    expect(fleet.traceAgentOperation("a", "work", () => 3)).toBe(3);
    fleet.startWorkflow({ id: "w" }).complete();
    expect(await fleet.checkpoint()).toMatchObject({ continue: true });
    await fleet.flush();
    expect(server.requests).toEqual([]);
  });
});
