import { setTimeout as sleep } from "node:timers/promises";

import { describe, expect, it, vi } from "vitest";

import { PLANS } from "../scenarios.ts";
import { startFleet } from "./fleet.ts";
import { agentWork, Tracer } from "./tracer.ts";

interface Sent {
  service: string;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  status: { code: number };
  attributes: { key: string; value: Record<string, unknown> }[];
}

/** Spans as a server gets them. */
function receiver() {
  const spans: Sent[] = [];
  const send = async (body: string) => {
    const { resourceSpans } = JSON.parse(body);
    for (const { resource, scopeSpans } of resourceSpans)
      for (const span of scopeSpans[0].spans)
        spans.push({ service: resource.attributes[0].value.stringValue, ...span });
  };
  return { spans, send };
}

describe("the tracer", () => {
  it("nests what goes on, across services, and says what failed", async () => {
    const { spans, send } = receiver();
    const tracer = new Tracer(send);
    const failing = () => {
      throw new TypeError("no");
    };
    await tracer.begin(agentWork("a", "lead"), async () => {
      await tracer.run({ service: "a", name: "child" }, () => sleep(1));
      const header = tracer.headers()["traceparent"];
      await tracer.serve(header, { service: "b", name: "served" }, failing).catch(() => {});
    });
    await tracer.stop();
    const [child, served, lead] = spans;
    expect(spans.map(({ service, name }) => [service, name])).toEqual(
      [
        ["a", "child"],
        ["a", "invoke_agent lead"],
        ["b", "served"],
      ].toSorted((a, b) => (a[0] ?? "").localeCompare(b[0] ?? "")),
    );
    const byName = new Map([child, served, lead].map((span) => [span?.name, span]));
    const root = byName.get("invoke_agent lead");
    expect(root?.parentSpanId).toBeUndefined();
    expect(byName.get("child")?.parentSpanId).toBe(root?.spanId);
    expect(byName.get("served")).toMatchObject({
      traceId: root?.traceId,
      parentSpanId: root?.spanId,
      status: { code: 2, message: "no" },
    });
  });

  it("makes nothing outside of a trace, without a receiver, or of too many traces at once", async () => {
    const { spans, send } = receiver();
    const tracer = new Tracer(send);
    expect(await tracer.run({ service: "a", name: "alone" }, () => 7)).toBe(7);
    expect(await tracer.serve("nonsense", { service: "a", name: "served" }, () => 8)).toBe(8);
    expect(await new Tracer().begin(agentWork("a", "lead"), async () => 9)).toBe(9);
    for (let i = 0; i < 20; i++) await tracer.begin(agentWork("a", "lead"), async () => {});
    await tracer.stop();
    expect(spans).toHaveLength(5);
  });

  it("loses what cannot be sent, and goes on", async () => {
    const tracer = new Tracer(() => Promise.reject(new Error("away")));
    await tracer.begin(agentWork("a", "lead"), async () => {});
    await expect(tracer.flush()).resolves.toBeUndefined();
    await tracer.stop();
  });
});

it("the fleet tells of its agents, their tools and models, and who asked whom", async () => {
  const { spans, send } = receiver();
  const load = { ...PLANS.calm.load, baseRate: 8, peakRate: 8 };
  const fleet = await startFleet({
    plan: { load, outage: null },
    ports: "free",
    onMessage: () => {},
    sendSpans: send,
  });
  try {
    const names = () => new Set(spans.map(({ name }) => name));
    await vi.waitFor(
      () => {
        expect(names()).toContain("invoke_agent workflow-lead");
        expect(names()).toContain("chat softmax-classifier");
        expect(names()).toContain("execute_tool recall");
        expect([...names()].some((name) => name.startsWith("invoke_agent classify-"))).toBe(true);
      },
      { timeout: 15_000, interval: 100 },
    );
    // Parents end, and are sent, after their children.
    await vi.waitFor(
      () => {
        const chat = spans.find(({ name }) => name === "chat softmax-classifier");
        const trace = new Map(
          spans
            .filter(({ traceId }) => traceId === chat?.traceId)
            .map((span) => [span.spanId, span]),
        );
        const above = new Set<string>();
        for (let span = chat; span !== undefined; span = trace.get(span.parentSpanId ?? ""))
          above.add(span.service);
        expect([...above]).toEqual(["ai-model-service", "agent-coordinator", "workflow-engine"]);
      },
      { timeout: 10_000, interval: 100 },
    );
  } finally {
    await fleet.stop();
  }
}, 30_000);
