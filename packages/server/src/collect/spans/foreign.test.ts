import { describe, expect, it } from "vitest";

import { readSpansJaeger } from "./read-jaeger.ts";
import { jaegerBatch, type JaegerSpan } from "./jaeger-fixture.ts";
import { readSpansZipkin } from "./read-zipkin.ts";

const START_US = 1_780_000_000_000_001;

describe("Jaeger's batches", () => {
  const read = (span: JaegerSpan) => [
    ...readSpansJaeger(jaegerBatch([span], "billing", [["hostname", "box-1"]])),
  ];

  it("become spans, with ids of full length", () => {
    const [one] = read({
      trace: [0n, 0xabcn],
      id: 0xfn,
      parent: 2n,
      name: "GET /",
      startUs: START_US,
      durationUs: 2500,
      tags: [
        ["span.kind", "server"],
        ["error", true],
        ["otel.status_description", "gone"],
        ["otel.library.name", "http"],
        ["http.status_code", 503n],
        ["ratio", 0.5],
        ["raw", Buffer.from("ab")],
      ],
      logs: [
        {
          timeUs: START_US + 5,
          fields: [
            ["event", "retry"],
            ["attempt", 2n],
          ],
        },
      ],
    });
    expect(one).toMatchObject({ scope: "http", lost: 0 });
    expect(one?.resource.get("service.name")).toBe("billing");
    expect(one?.resource.get("host.name")).toBe("box-1");
    expect(one?.span).toMatchObject({
      traceId: "0".repeat(29) + "abc",
      spanId: "000000000000000f",
      parentSpanId: "0000000000000002",
      name: "GET /",
      kind: 2,
      startNs: BigInt(START_US) * 1000n,
      endNs: BigInt(START_US + 2500) * 1000n,
      status: 2,
      statusMessage: "gone",
    });
    expect(Object.fromEntries(one?.span?.attributes ?? [])).toEqual({
      error: true,
      "http.status_code": 503,
      ratio: 0.5,
      raw: "YWI=",
    });
    expect(one?.span?.events).toMatchObject([
      {
        name: "retry",
        timeNs: BigInt(START_US + 5) * 1000n,
        attributes: new Map([["attempt", 2]]),
      },
    ]);
  });

  it("name a parent by reference, and links by all others", () => {
    const trace = [-1n, 7n] as const;
    const [one] = read({
      trace,
      references: [
        { type: 0, trace, span: 3n },
        { type: 1, trace: [0n, 9n], span: 4n },
      ],
    });
    expect(one?.span?.traceId).toBe(`${"f".repeat(16)}${"7".padStart(16, "0")}`);
    expect(one?.span?.parentSpanId).toBe("3".padStart(16, "0"));
    expect(one?.span?.links.map(({ spanId }) => spanId)).toEqual(["4".padStart(16, "0")]);
  });

  it("lose tags beyond the limit, and say how many", () => {
    const tags = Array.from({ length: 1500 }, (_, index) => [`k${index}`, "v"] as const);
    const [one] = read({ tags });
    expect([one?.span?.attributes.size, one?.lost]).toEqual([1024, 476]);
  });

  it.each([
    ["cut off", jaegerBatch([{}]).subarray(0, -20)],
    ["of something else", Buffer.from("<html></html>")],
    ["with spans before their process", jaegerBatch([{}]).subarray(24)],
    ["with more parts than a span has", jaegerBatch([{ tags: Array(40_000).fill(["a", "b"]) }])],
  ])("are refused when they are %s", (_, body) => {
    expect(() => [...readSpansJaeger(body)]).toThrow(expect.objectContaining({ status: 400 }));
  });
});

describe("Zipkin's spans", () => {
  const base = { traceId: "abc", id: "f", timestamp: START_US, duration: 2500 };
  const read = (...spans: object[]) => [...readSpansZipkin(Buffer.from(JSON.stringify(spans)))];

  it("become spans, with ids of full length", () => {
    const [one] = read({
      ...base,
      parentId: "2",
      name: "get",
      kind: "CLIENT",
      localEndpoint: { serviceName: "billing", ipv4: "10.0.0.1", port: 80 },
      remoteEndpoint: { serviceName: "db", ipv6: "::1" },
      annotations: [{ timestamp: START_US + 1, value: "retry" }],
      tags: { error: "it is gone", "otel.scope.name": "http", path: "/" },
    });
    expect(Object.fromEntries(one?.resource ?? [])).toEqual({
      "service.name": "billing",
      "net.host.ip": "10.0.0.1",
      "net.host.port": 80,
    });
    expect(one?.scope).toBe("http");
    expect(one?.span).toMatchObject({
      traceId: "0".repeat(29) + "abc",
      spanId: "000000000000000f",
      parentSpanId: "0000000000000002",
      kind: 3,
      startNs: BigInt(START_US) * 1000n,
      endNs: BigInt(START_US + 2500) * 1000n,
      status: 2,
      statusMessage: "it is gone",
      events: [{ name: "retry", timeNs: BigInt(START_US + 1) * 1000n }],
    });
    expect(Object.fromEntries(one?.span?.attributes ?? [])).toEqual({
      error: "it is gone",
      path: "/",
      "peer.service": "db",
      "net.peer.ip": "::1",
    });
  });

  it("that client and server share are two, the server's below the client's", () => {
    const [client, server] = read(
      { ...base, kind: "CLIENT", localEndpoint: { serviceName: "a" } },
      { ...base, kind: "SERVER", shared: true, localEndpoint: { serviceName: "b" } },
    );
    expect(server?.span?.spanId).not.toBe(client?.span?.spanId);
    expect(server?.span?.parentSpanId).toBe(client?.span?.spanId);
    expect(server?.span?.spanId).toMatch(/^[0-9a-f]{16}$/);
  });

  it.each([
    "{}",
    "[1]",
    "[",
    '[{"traceId":"xyz"}]',
    '[{"traceId":"1","timestamp":-1}]',
    '[{"tags":{"a":1}}]',
  ])("are refused: %s", (body) => {
    expect(() => [...readSpansZipkin(Buffer.from(body))]).toThrow(
      expect.objectContaining({ status: 400 }),
    );
  });
});
