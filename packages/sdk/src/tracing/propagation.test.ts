import { context, propagation, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { describe, expect, it } from "vitest";

import { ROOT, spanOf, withRemote } from "./context.ts";
import { baggageOf, extract, inject, withBaggage } from "./propagation.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";
const PARENT = `00-${TRACE}-${SPAN}-01`;

describe("W3C's headers", () => {
  it("go out and come in as they were", () => {
    const headers: Record<string, string> = {};
    const from = extract({ traceparent: PARENT, tracestate: "a=1,b=2" });
    inject(withBaggage(from, { tenant: "blue", note: "ä, b;c=d" }), headers);
    expect(headers["traceparent"]).toBe(PARENT);
    expect(headers["tracestate"]).toBe("a=1,b=2");
    const back = extract(headers);
    expect(baggageOf(back)).toEqual({ tenant: "blue", note: "ä, b;c=d" });
    expect(spanOf(back)?.spanContext()).toMatchObject({
      traceId: TRACE,
      spanId: SPAN,
      traceFlags: 1,
    });
  });

  it.each([
    ["a version that does not exist", `ff-${TRACE}-${SPAN}-01`],
    ["no trace", `00-${"0".repeat(32)}-${SPAN}-01`],
    ["no span", `00-${TRACE}-${"0".repeat(16)}-01`],
    ["capitals", PARENT.toUpperCase()],
    ["more than version 00 has", `${PARENT}-more`],
    ["a short id", `00-${TRACE.slice(1)}-${SPAN}-01`],
    ["nothing", ""],
  ])("with %s bring no trace", (_, traceparent) => {
    expect(extract({ traceparent })).toBe(ROOT);
  });

  it("of later versions are read as far as they are known", () => {
    const later = extract({ traceparent: `01-${TRACE}-${SPAN}-01-more` });
    expect(spanOf(later)?.spanContext().traceId).toBe(TRACE);
  });

  it.each([
    ["a Headers", new Headers({ traceparent: PARENT })],
    ["a Map", new Map([["traceparent", PARENT]])],
    ["names with capitals", { TraceParent: PARENT }],
    ["bytes, as brokers have them", { traceparent: new TextEncoder().encode(PARENT) }],
  ])("are read from %s", (_, carrier) => {
    expect(spanOf(extract(carrier as never))?.spanContext().spanId).toBe(SPAN);
  });

  it("twice in one request count as none", () => {
    expect(extract({ traceparent: [PARENT, PARENT] })).toBe(ROOT);
  });

  it("leave out what is malformed or too long", () => {
    const context = extract({
      traceparent: PARENT,
      tracestate: `UPPER=1,ok=1,${"long=".padEnd(300, "x")}`,
      baggage: `good=1,bad key=2,=3,%=4,broken=%zz,${"x".repeat(9000)}=1`,
    });
    expect(spanOf(context)?.spanContext().traceState?.serialize()).toBe("ok=1");
    expect(baggageOf(context)).toEqual({ good: "1", "%": "4" });
  });

  it("are understood by OpenTelemetry's API, and its contexts by us", () => {
    const ours = withBaggage(withRemote(ROOT, { traceId: TRACE, spanId: SPAN, traceFlags: 1 }), {
      key: "value",
    });
    expect(trace.getSpanContext(ours)?.spanId).toBe(SPAN);
    expect(propagation.getBaggage(ours)?.getEntry("key")?.value).toBe("value");
    const theirs = trace.setSpanContext(ROOT_CONTEXT, {
      traceId: TRACE,
      spanId: SPAN,
      traceFlags: 1,
    });
    const headers: Record<string, string> = {};
    inject(theirs, headers);
    expect(headers).toEqual({ traceparent: PARENT });
    expect(context.active()).toBe(ROOT_CONTEXT);
  });
});
