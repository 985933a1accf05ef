import { describe, expect, it } from "vitest";

import { spansOf } from "../fixture-otlp.ts";
import { resourcePart, SpanBatch } from "./batch.ts";
import { idOf } from "./ids.ts";
import type { Attributes, RecordedSpan } from "./span.ts";

const RESOURCE = { "service.name": "crew", "process.pid": 7 };

const span = (more: Partial<RecordedSpan> = {}): RecordedSpan => ({
  trace: idOf("0123456789abcdef0123456789ABCDEF"),
  own: idOf("00000000000000ff"),
  parent: null,
  traceState: "",
  scope: "a",
  name: "work",
  kind: 0,
  startMs: 1_780_315_200_000.25,
  endMs: 1_780_315_200_001.5,
  attributes: {},
  events: [],
  links: [],
  statusCode: 0,
  statusMessage: "",
  toldMs: 0,
  isListed: false,
  older: null,
  newer: null,
  ...more,
});

function sent(...spans: RecordedSpan[]) {
  const batch = new SpanBatch(resourcePart(RESOURCE));
  for (const one of spans) batch.add(one);
  return spansOf(Buffer.from(batch.finish()));
}

const attributesThat = (attributes: Attributes) => sent(span({ attributes }))[0]?.attributes;

describe("a batch of spans", () => {
  it("has ids, times to the nanosecond and the resource as they are", () => {
    expect(sent(span({ parent: idOf("a0b1c2d3e4f50617"), traceState: "a=1", kind: 4 }))).toEqual([
      {
        traceId: "0123456789abcdef0123456789abcdef",
        spanId: "00000000000000ff",
        parentSpanId: "a0b1c2d3e4f50617",
        traceState: "a=1",
        name: "work",
        kind: 5,
        startTimeUnixNano: 1_780_315_200_000_250_000n,
        endTimeUnixNano: 1_780_315_200_001_500_000n,
        attributes: {},
        events: [],
        links: [],
        status: { code: 0, message: "" },
        resource: RESOURCE,
        scope: "a",
      },
    ]);
  });

  it.each([0, 1, 2 ** 31, 4_294_967_295.5, 1_780_315_200_123.75, 4_102_444_799_999])(
    "knows %d ms since 1970 to the nanosecond",
    (ms) => {
      const [one] = sent(span({ startMs: ms }));
      const fraction = Math.floor((ms - Math.floor(ms)) * 1e6);
      expect(one?.startTimeUnixNano).toBe(BigInt(Math.floor(ms)) * 1_000_000n + BigInt(fraction));
    },
  );

  it.each([
    0,
    1,
    127,
    128,
    16_383,
    16_384,
    2 ** 31,
    2 ** 32,
    2 ** 35 + 1,
    Number.MAX_SAFE_INTEGER,
    -1,
    -128,
    -(2 ** 32),
    -(2 ** 32) - 1,
    -Number.MAX_SAFE_INTEGER,
    0.5,
    -1.25e-300,
    2 ** 60,
  ])("carries the number %d", (number) => {
    expect(attributesThat({ number })).toEqual({ number });
  });

  it.each([0, 1, 47, 48, 49, 127, 128, 129, 16_380, 16_384, 65_536])(
    "carries texts of %d characters, of whichever alphabet",
    (length) => {
      const attributes = {
        latin: "x".repeat(length),
        greek: "π".repeat(length),
        late: `${"x".repeat(Math.max(0, length - 1))}€`.slice(0, length),
        wide: "🜁".repeat(length >> 1),
      };
      expect(attributesThat(attributes)).toEqual(attributes);
    },
  );

  it("cuts texts that are too long, and mends half characters", () => {
    expect(attributesThat({ long: "x".repeat(70_000), "odd \uD800": "a\uDC00" })).toEqual({
      long: "x".repeat(65_536),
      "odd \uFFFD": "a\uFFFD",
    });
  });

  it("carries lists, and leaves out what is no value", () => {
    const given = {
      list: ["a", 1, true, null],
      empty: [],
      nothing: undefined,
      object: { not: "allowed" },
      infinite: -Infinity,
    } as never;
    expect(attributesThat(given)).toEqual({
      list: ["a", 1, true, undefined],
      empty: [],
      object: undefined,
      infinite: "-Infinity",
    });
  });

  it("leaves out an attribute that throws when it is read", () => {
    const attributes = {
      before: 1,
      get broken(): string {
        throw new Error("no");
      },
      after: 2,
    };
    expect(attributesThat(attributes)).toEqual({ before: 1, after: 2 });
  });

  it("ends lists that hold themselves", () => {
    const list: unknown[] = [];
    list.push(list, "end");
    expect(attributesThat({ list } as never)).toBeDefined();
  });

  it("carries events, links and status", () => {
    const context = { traceId: "ab".repeat(16), spanId: "cd".repeat(8), traceFlags: 1 };
    const event = {
      name: "said",
      timeMs: 1_780_315_200_001,
      attributes: { text: "y".repeat(300) },
    };
    const [one] = sent(
      span({
        events: [event, { ...event, name: "again" }],
        links: [{ context, attributes: { why: "batch" } }, { context }],
        statusCode: 2,
        statusMessage: "bad",
      }),
    );
    const timeUnixNano = 1_780_315_200_001_000_000n;
    expect(one?.events).toEqual([
      { name: "said", timeUnixNano, attributes: event.attributes },
      { name: "again", timeUnixNano, attributes: event.attributes },
    ]);
    const link = { traceId: context.traceId, spanId: context.spanId };
    expect(one?.links).toEqual([
      { ...link, attributes: { why: "batch" } },
      { ...link, attributes: {} },
    ]);
    expect(one?.status).toEqual({ code: 2, message: "bad" });
  });

  it("keeps the order of spans whose libraries take turns", () => {
    const spans = Array.from({ length: 300 }, (_, index) =>
      span({ name: `work ${index}`, scope: index % 3 === 0 ? "a" : `library ${index % 2}` }),
    );
    expect(sent(...spans).map(({ name, scope }) => ({ name, scope }))).toEqual(
      spans.map(({ name, scope }) => ({ name, scope })),
    );
  });

  it("loses nothing but the span that cannot be read", () => {
    const broken = span({ scope: "b", name: "broken" });
    Object.defineProperty(broken, "events", {
      get() {
        throw new Error("no");
      },
    });
    const batch = new SpanBatch(resourcePart(RESOURCE));
    batch.add(span({ name: "before" }));
    expect(() => batch.add(broken)).toThrow("no");
    batch.add(span({ scope: "b", name: "after" }));
    const names = spansOf(Buffer.from(batch.finish())).map(({ name }) => name);
    expect(names).toEqual(["before", "after"]);
    expect(batch.ended).toBe(2);
  });

  it("is used again, and has nothing of what was in it", () => {
    const batch = new SpanBatch(resourcePart(RESOURCE));
    batch.add(span({ attributes: { long: "x".repeat(60_000) } }));
    batch.finish();
    batch.clear();
    expect(batch.isEmpty).toBe(true);
    batch.add(span({ name: "second", endMs: 0 }));
    expect(spansOf(Buffer.from(batch.finish()))).toMatchObject([
      { name: "second", endTimeUnixNano: 0n, resource: RESOURCE },
    ]);
    expect([batch.ended, batch.announced]).toEqual([0, 1]);
  });
});
