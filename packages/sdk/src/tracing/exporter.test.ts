import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { startCollector } from "../fixture.ts";
import type { Collector } from "../fixture.ts";
import { askBy } from "../http/ask.ts";
import type { Ask } from "../http/ask.ts";
import { askBySockets } from "../http/sockets.ts";
import { ROOT, withSpan } from "./context.ts";
import { Tracing } from "./tracing.ts";
import type { TracingOptions } from "./tracing.ts";
import { createTransport } from "./transport.ts";
import type { SendSpans } from "./transport.ts";

let ask: Ask;
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});

async function collector(...route: Parameters<typeof startCollector>): Promise<Collector> {
  const one = await startCollector(...route);
  stops.push(one.stop);
  return one;
}

function tracingTo(url: string, options: Partial<TracingOptions> = {}, timeoutMs = 2000): Tracing {
  const nowMs = Date.now;
  const send = createTransport({ url: `${url}/v1/traces`, headers: {}, timeoutMs, ask, nowMs });
  const tracing = new Tracing({
    send,
    resource: { "service.name": "t" },
    nowMs,
    flushIntervalMs: 20,
    random: () => 0,
    ...options,
  });
  stops.push(async () => tracing.exporter.stop());
  return tracing;
}

const codeOf = (letter: string): number => letter.charCodeAt(0);
const spanOfWork = (tracing: Tracing, name = "work") => tracing.start(name, {}, ROOT);

describe.each<[string, Ask]>([
  ["sockets of its own", askBySockets({ background: true })],
  ["the host's fetch", askBy(fetch)],
])("the exporter, through %s", (_way, way) => {
  beforeEach(() => {
    ask = way;
  });

  it("sends what has ended, with parents, as OTLP has it", async () => {
    const server = await collector();
    const tracing = tracingTo(server.url);
    const parent = tracing.start(
      "parent",
      { kind: 2, attributes: { a: 1, b: 1.5, c: true } },
      ROOT,
    );
    const child = tracing.start("child", {}, withSpan(ROOT, parent));
    child.addEvent("said", { text: 'quote " and \n line' });
    child.setStatus({ code: 2, message: "bad" });
    child.end();
    parent.end();
    expect(await tracing.exporter.flush(2000)).toBe(true);
    const [first, second] = ["parent", "child"].map((name) => server.named(name));
    expect(first).toMatchObject({
      kind: 3,
      attributes: { a: 1, b: 1.5, c: true },
      scope: "@fleetlight/sdk",
    });
    expect(first?.resource).toEqual({ "service.name": "t" });
    expect(second).toMatchObject({
      traceId: first?.traceId,
      parentSpanId: first?.spanId,
      status: { code: 2, message: "bad" },
      events: [{ name: "said", attributes: { text: 'quote " and \n line' } }],
    });
    expect(second?.endTimeUnixNano).toBeGreaterThanOrEqual(second?.startTimeUnixNano ?? 0n);
  });

  it("tells of a span that goes on, gives signs of life, and tells of its end", async () => {
    const server = await collector();
    const tracing = tracingTo(server.url, { heartbeatIntervalMs: 60 });
    const span = spanOfWork(tracing);
    await expect.poll(() => server.received.length).toBeGreaterThanOrEqual(3);
    expect(server.ended()).toHaveLength(0);
    span.end();
    await expect.poll(() => server.ended().length).toBe(1);
    expect(new Set(server.received.map(({ spanId }) => spanId)).size).toBe(1);
    expect(tracing.stats().open).toBe(0);
  });

  it("tells nothing of the beginning of what ends at once", async () => {
    const server = await collector();
    const tracing = tracingTo(server.url);
    for (let index = 0; index < 100; index++) spanOfWork(tracing).end();
    await tracing.exporter.flush(2000);
    expect(server.received).toHaveLength(100);
    expect(tracing.stats()).toMatchObject({ exported: 100, announced: 0, queued: 0 });
  });

  it.each([
    { status: 429, headers: { "retry-after": "0" } },
    { status: 503, headers: { "retry-after": new Date(0).toUTCString() } },
    { status: 502, headers: {} },
  ])("tries again after $status, and loses nothing", async ({ status, headers }) => {
    let refusals = 2;
    const server = await collector((_, response) => {
      if (refusals-- <= 0) return false;
      response.writeHead(status, headers).end();
      return true;
    });
    const tracing = tracingTo(server.url);
    spanOfWork(tracing).end();
    await expect.poll(() => server.ended().length).toBe(1);
    await expect.poll(() => tracing.stats().exported).toBe(1);
    expect(tracing.stats().retries).toBe(2);
  });

  it("waits as long as Retry-After says", async () => {
    const at: number[] = [];
    const server = await collector((_, response) => {
      at.push(performance.now());
      if (at.length > 1) return false;
      response.writeHead(429, { "retry-after": "1" }).end();
      return true;
    });
    const tracing = tracingTo(server.url);
    spanOfWork(tracing).end();
    await expect.poll(() => server.ended().length).toBe(1);
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(950);
  });

  it("does not try again what was refused for good, and counts it", async () => {
    const server = await collector((_, response) => {
      response.writeHead(400).end();
      return true;
    });
    const tracing = tracingTo(server.url);
    spanOfWork(tracing).end();
    expect(await tracing.exporter.flush(2000)).toBe(true);
    expect(server.requests).toHaveLength(1);
    expect(tracing.stats().dropped).toMatchObject({ refused: 1, expired: 0 });
  });

  it.each([
    [
      "protobuf",
      Buffer.from([0x0a, 0x09, 0x08, 0x01, 0x12, 0x05, ..."stale".split("").map(codeOf)]),
    ],
    ["JSON", '{"partialSuccess":{"rejectedSpans":"1","errorMessage":"too old"}}'],
  ])("counts what a partial success in %s leaves out", async (_, answer) => {
    const server = await collector((_asked, response) => {
      response.end(answer);
      return true;
    });
    const tracing = tracingTo(server.url);
    spanOfWork(tracing).end();
    spanOfWork(tracing).end();
    await tracing.exporter.flush(2000);
    expect(tracing.stats()).toMatchObject({ exported: 1, dropped: { refused: 1 } });
  });

  it("sends the same again while other spans end", async () => {
    const bodies: string[] = [];
    const server = await collector(({ body }, response) => {
      bodies.push(body);
      if (bodies.length > 2) return false;
      response.writeHead(503).end();
      return true;
    });
    const tracing = tracingTo(server.url, { maxBatchSpans: 5 });
    for (let index = 0; index < 5; index++) spanOfWork(tracing, `first ${index}`).end();
    for (let end = 1; end <= 3; end++) {
      await expect.poll(() => bodies.length).toBeGreaterThanOrEqual(end);
      for (let index = 0; index < 7; index++) spanOfWork(tracing, `later ${end}`).end();
    }
    expect(await tracing.exporter.flush(5000)).toBe(true);
    expect(bodies[1]).toBe(bodies[0]);
    expect(bodies[2]).toBe(bodies[0]);
    expect(server.ended().map(({ name }) => name.slice(0, 5))).toEqual([
      ...Array.from({ length: 5 }, () => "first"),
      ...Array.from({ length: 21 }, () => "later"),
    ]);
  });

  it("holds no more bytes than its limit while the server is away", () => {
    const tracing = tracingTo("http://127.0.0.1:1", { maxQueuedBytes: 1_000_000 });
    for (let index = 0; index < 100; index++) {
      const span = spanOfWork(tracing);
      span.setAttribute("gen_ai.input.messages", "x".repeat(50_000));
      span.end();
    }
    const { queued, dropped } = tracing.stats();
    expect(queued).toBe(20);
    expect(dropped.queue_full).toBe(80);
  });

  it("loses a span that cannot be read, and nothing else", async () => {
    const server = await collector();
    const tracing = tracingTo(server.url);
    const broken = spanOfWork(tracing, "broken");
    Object.defineProperty(broken, "links", {
      get() {
        throw new Error("no");
      },
    });
    broken.end();
    spanOfWork(tracing).end();
    await tracing.exporter.flush(2000);
    expect(server.ended().map(({ name }) => name)).toEqual(["work"]);
    expect(tracing.stats().dropped.unreadable).toBe(1);
  });

  it("tells of spans that go on in the order of their beginnings, whichever end first", async () => {
    const server = await collector();
    const tracing = tracingTo(server.url, { maxOpenSpans: 4 });
    const spans = Array.from({ length: 6 }, (_, index) => spanOfWork(tracing, `work ${index}`));
    for (const index of [1, 0, 5]) spans[index]?.end();
    expect(tracing.stats().open).toBe(2);
    await tracing.exporter.flush(2000);
    const open = server.received.filter(({ endTimeUnixNano }) => endTimeUnixNano === 0n);
    expect(open.map(({ name }) => name)).toEqual(["work 2", "work 3"]);
    for (const span of spans) span.end();
    await tracing.exporter.flush(2000);
    expect(server.ended()).toHaveLength(6);
    expect(tracing.stats().open).toBe(0);
  });

  it("holds no more than its limit while the server is away, and delivers that when it is back", async () => {
    const server = await collector();
    let away = true;
    const send = createTransport({
      url: `${server.url}/v1/traces`,
      headers: {},
      timeoutMs: 1000,
      ask: (question) => (away ? Promise.reject(new Error("away")) : ask(question)),
      nowMs: Date.now,
    });
    const tracing = tracingTo(server.url, { send, maxQueuedSpans: 50, maxBatchSpans: 10 });
    for (let index = 0; index < 200; index++) spanOfWork(tracing, `work ${index}`).end();
    expect(tracing.stats().queued).toBe(50);
    expect(tracing.stats().dropped.queue_full).toBe(150);
    expect(await tracing.exporter.flush(100)).toBe(false);
    away = false;
    expect(await tracing.exporter.flush(5000)).toBe(true);
    expect(server.ended().map(({ name }) => name)).toEqual(
      Array.from({ length: 50 }, (_, index) => `work ${index}`),
    );
  });

  it("gives up on a batch after its time, and goes on with the next", async () => {
    let nowMs = 1_000_000_000;
    const send = vi.fn<SendSpans>(() => Promise.resolve({ outcome: "failed", waitMs: 0 }));
    const tracing = tracingTo("http://127.0.0.1:1", {
      send,
      nowMs: () => nowMs,
      maxRetryMs: 60_000,
    });
    spanOfWork(tracing).end();
    await expect.poll(() => send.mock.calls.length).toBeGreaterThan(0);
    nowMs += 60_001;
    await expect.poll(() => tracing.stats().dropped.expired).toBe(1);
    expect(tracing.stats().queued).toBe(0);
  });

  it("comes back from a server that takes requests and never answers", async () => {
    let hanging = true;
    const server = await collector(() => hanging);
    const tracing = tracingTo(server.url, {}, 100);
    spanOfWork(tracing).end();
    await expect.poll(() => server.requests.length).toBeGreaterThan(0);
    hanging = false;
    await expect.poll(() => server.ended().length).toBe(1);
  });

  it("does not take an endless answer for one", async () => {
    const server = await collector((_, response) => {
      response.end("x".repeat(200_000));
      return true;
    });
    const tracing = tracingTo(server.url);
    spanOfWork(tracing).end();
    expect(await tracing.exporter.flush(2000)).toBe(true);
    expect(tracing.stats().exported).toBe(1);
  });

  it("sends large spans in several requests", async () => {
    const server = await collector();
    const tracing = tracingTo(server.url);
    for (let index = 0; index < 40; index++) {
      const span = spanOfWork(tracing);
      span.setAttribute("gen_ai.input.messages", "x".repeat(100_000));
      span.end();
    }
    expect(await tracing.exporter.flush(5000)).toBe(true);
    expect(server.ended()).toHaveLength(40);
    const sizes = server.requests.map(({ body }) => body.length);
    expect(Math.max(...sizes)).toBeLessThan(1_200_000);
  });

  it("takes a handful of what could break a request", async () => {
    const server = await collector();
    const tracing = tracingTo(server.url);
    const span = spanOfWork(tracing, "odd \uD800 name");
    span.setAttributes({
      infinite: Infinity,
      large: 2 ** 60,
      list: ["a", 1, null],
      nothing: undefined,
      __proto__: "p",
    });
    span.setAttribute("object", { not: "allowed" } as never);
    for (let index = 0; index < 300; index++) span.setAttribute(`n${index}`, index);
    span.recordException("thrown text");
    span.end();
    span.end();
    await tracing.exporter.flush(2000);
    const [sent] = server.ended();
    expect(server.ended()).toHaveLength(1);
    expect(sent?.attributes).toMatchObject({ infinite: "Infinity", large: 2 ** 60, n0: 0 });
    expect(Object.keys(sent?.attributes ?? {})).toHaveLength(128);
    expect(tracing.stats().cut.attributes).toBeGreaterThan(100);
  });

  it("records only the share of traces that is wanted, whole", async () => {
    const server = await collector();
    const tracing = tracingTo(server.url, { sampleRatio: 0 });
    const parent = spanOfWork(tracing);
    const child = tracing.start("child", {}, withSpan(ROOT, parent));
    expect(parent.isRecording()).toBe(false);
    expect(child.spanContext().traceId).toBe(parent.spanContext().traceId);
    child.end();
    parent.end();
    await tracing.exporter.flush(500);
    expect(server.requests).toHaveLength(0);
  });
});
