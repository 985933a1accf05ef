import { context, propagation, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import { afterEach, describe, expect, it } from "vitest";

import { startCollector } from "../fixture.ts";
import { createMonitoring } from "../monitoring/index.ts";
import type { Monitoring } from "../monitoring/index.ts";

const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
  trace.disable();
  context.disable();
  propagation.disable();
});

async function start() {
  const server = await startCollector();
  const fleet: Monitoring = createMonitoring({
    url: server.url,
    service: "crew",
    register: false,
    tracing: { flushIntervalMs: 20 },
  });
  stops.push(server.stop, () => fleet.shutdown({ timeoutMs: 100 }));
  return { server, fleet };
}

describe("a host with a tracer provider of its own", () => {
  it("gets all spans, also when it registers late, in its own contexts", async () => {
    const { server, fleet } = await start();
    const memory = new InMemorySpanExporter();
    const provider = new TracerProvider({
      spanProcessors: [new SimpleSpanProcessor({ exporter: memory })],
    });
    trace.setGlobalTracerProvider(provider);
    context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
    await trace.getTracer("host").startActiveSpan("request", async (request) => {
      await fleet.traceAgentOperation("writer", "draft", async () => {
        await Promise.resolve();
        trace.getTracer("host").startSpan("inner").end();
      });
      request.end();
    });
    const spans = memory.getFinishedSpans();
    const [inner, draft, request] = spans;
    expect(spans.map(({ name }) => name)).toEqual(["inner", "draft", "request"]);
    expect(draft?.parentSpanContext?.spanId).toBe(request?.spanContext().spanId);
    expect(inner?.parentSpanContext?.spanId).toBe(draft?.spanContext().spanId);
    expect(draft?.attributes).toMatchObject({ "gen_ai.agent.name": "writer" });
    await fleet.flush();
    expect(server.received).toEqual([]);
    expect(fleet.stats().spans.hosted).toBe(true);
  });

  it("can send them to Fleetlight by our processor, from their start on", async () => {
    const { server, fleet } = await start();
    trace.setGlobalTracerProvider(new TracerProvider({ spanProcessors: [fleet.spanProcessor()] }));
    const span = trace.getTracer("host").startSpan("work", { kind: 2, attributes: { a: 1 } });
    await expect.poll(() => server.received.length).toBe(1);
    expect(server.ended()).toEqual([]);
    span.addEvent("e", { b: "c" });
    span.setStatus({ code: 2, message: "bad" });
    span.end();
    await fleet.flush();
    expect(server.ended()).toHaveLength(1);
    expect(server.named("work")).toMatchObject({
      kind: 3,
      scope: "host",
      attributes: { a: 1 },
      status: { code: 2, message: "bad" },
      events: [{ name: "e" }],
    });
  });

  it("has contexts of ours while it registers none itself", async () => {
    const { fleet } = await start();
    const memory = new InMemorySpanExporter();
    const provider = new TracerProvider({
      spanProcessors: [new SimpleSpanProcessor({ exporter: memory })],
    });
    trace.setGlobalTracerProvider(provider);
    await fleet.traceAgentOperation("a", "outer", () =>
      fleet.traceAgentOperation("b", "inner", async () => {}),
    );
    const [inner, outer] = memory.getFinishedSpans();
    expect(inner?.parentSpanContext?.spanId).toBe(outer?.spanContext().spanId);
  });
});

describe("a host without one", () => {
  it("can take ours, so that spans of instrumentations come along", async () => {
    const { server, fleet } = await start();
    expect(fleet.shareTracing({ trace, context, propagation })).toBe(true);
    const headers: Record<string, string> = {};
    await fleet.traceAgentOperation("writer", "draft", async () => {
      await Promise.resolve();
      trace.getTracer("instrumentation").startActiveSpan("chat", (span) => {
        propagation.inject(context.active(), headers);
        span.end();
      });
    });
    await fleet.flush();
    const chat = server.named("chat");
    expect(chat).toMatchObject({
      scope: "instrumentation",
      traceId: server.named("draft").traceId,
      parentSpanId: server.named("draft").spanId,
    });
    expect(headers["traceparent"]).toBe(`00-${chat.traceId}-${chat.spanId}-01`);
    const remote = propagation.extract(context.active(), headers);
    expect(trace.getSpanContext(remote)?.spanId).toBe(chat.spanId);
    expect(fleet.stats().spans.hosted).toBe(false);
  });

  it("is told when there is another one already", async () => {
    const { fleet } = await start();
    trace.setGlobalTracerProvider(new TracerProvider({}));
    expect(fleet.shareTracing({ trace, context, propagation })).toBe(false);
  });
});
