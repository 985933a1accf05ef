import { afterEach, describe, expect, it } from "vitest";

import { quietOptions, TestStores } from "../fixture.ts";
import { spanRecord, spanRow } from "./fixture.ts";
import type { TraceQuery } from "./types.ts";

const DAY_MS = 86_400_000;
const NOW_MS = 1_780_315_260_000;
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const OTHER = "1af7651916cd43dd8448eb211c80319c";

const everything: TraceQuery = { startMs: 0, endMs: NOW_MS, limit: 100 };

const stores = new TestStores(quietOptions(NOW_MS));
const open = (kind: "memory" | "chdb") => stores.open(kind);
afterEach(() => stores.remove());

const full = spanRow({
  parentSpanId: "00f067aa0ba902b7",
  traceState: "a=b",
  statusMessage: "it broke",
  status: 2,
  kind: 3,
  durationNs: 2 ** 40 + 1,
  operation: "chat",
  agent: "lead",
  peer: "helper",
  workflow: "w",
  task: "t",
  conversation: "c",
  user: "u",
  provider: "p",
  model: "m",
  tool: "o",
  toolCallId: "1",
  errorType: "timeout",
  inputTokens: 12,
  outputTokens: 3,
  cachedTokens: 2,
  reasoningTokens: 1,
  costUsd: 0.25,
  attributes: { "http.method": "GET" },
  numbers: { "http.status_code": 200, share: 0.5 },
  resource: { "service.name": "fleet" },
  events: [{ timeNs: "1780315200000000002", name: "exception", attributes: { a: "b" } }],
  links: [{ traceId: OTHER, spanId: "00f067aa0ba902b7", attributes: {} }],
});

describe.each(["memory", "chdb"] as const)("spans in %s", (kind) => {
  it.each([false, true])("come back as they were given (in tables: %s)", async (flushed) => {
    const { spans, flush } = await open(kind);
    await spans.append("default", [{ row: full, content: [] }]);
    if (flushed) await flush();
    expect(await spans.trace("default", TRACE, 10)).toEqual([full]);
    expect(await spans.trace("other", TRACE, 10)).toEqual([]);
    expect(await spans.trace("default", OTHER, 10)).toEqual([]);
  });

  it.each([false, true])("are found by what they are (in tables: %s)", async (flushed) => {
    const { spans, flush } = await open(kind);
    const later = { traceId: OTHER, startNs: "1780315250000000000", agent: "helper" };
    await spans.append("default", [{ row: full, content: [] }, spanRecord(later)]);
    if (flushed) await flush();
    const found = async (query: Partial<TraceQuery>) =>
      (await spans.find("default", { ...everything, ...query })).map(({ traceId }) => traceId);
    expect(await found({})).toEqual([OTHER, TRACE]);
    expect(await found({ limit: 1 })).toEqual([OTHER]);
    expect(await found({ agent: "lead" })).toEqual([TRACE]);
    expect(await found({ agent: "lead", model: "x" })).toEqual([]);
    expect(await found({ errorsOnly: true })).toEqual([TRACE]);
    expect(await found({ minDurationNs: 2 ** 40 })).toEqual([TRACE]);
    expect(await found({ maxDurationNs: 2 ** 40 })).toEqual([OTHER]);
    expect(await found({ attributes: { "http.method": "GET" } })).toEqual([TRACE]);
    expect(await found({ attributes: { "http.status_code": "200" } })).toEqual([TRACE]);
    expect(await found({ attributes: { "service.name": "fleet", share: "0.5" } })).toEqual([TRACE]);
    expect(await found({ attributes: { "http.method": "POST" } })).toEqual([]);
    expect(await found({ startMs: 1_780_315_240_000 })).toEqual([OTHER]);
    expect(await found({ endMs: 1_780_315_240_000 })).toEqual([TRACE]);
    expect(await found({ endMs: 1e300, minDurationNs: 2 ** 40 })).toEqual([TRACE]);
    expect(await found({ startMs: 1e300 })).toEqual([]);
    expect(await found({ minDurationNs: 1e30 })).toEqual([]);
    expect(await spans.names("default", everything)).toEqual([
      { service: "fleet", name: "work", kind: 1 },
      { service: "fleet", name: "work", kind: 3 },
    ]);
  });

  it("a span that comes again is one, as it was when it had ended", async () => {
    const { spans, flush } = await open(kind);
    const started = spanRecord({ ended: false, durationNs: 0, name: "work" });
    await spans.append("default", [started]);
    await flush();
    await spans.append("default", [spanRecord({ durationNs: 7 }), started]);
    expect(await spans.trace("default", TRACE, 10)).toMatchObject([{ ended: true, durationNs: 7 }]);
    await flush();
    expect(await spans.trace("default", TRACE, 10)).toMatchObject([{ ended: true, durationNs: 7 }]);
  });

  it("contents are kept apart and come with their span", async () => {
    const { spans, flush } = await open(kind);
    const content = [{ name: "gen_ai.input.messages", text: "hi\n\nthere", truncated: false }];
    await spans.append("default", [spanRecord({}, content)]);
    expect(await spans.content("default", TRACE)).toEqual(new Map([["b7ad6b7169203331", content]]));
    await flush();
    expect(await spans.content("default", TRACE)).toEqual(new Map([["b7ad6b7169203331", content]]));
    expect(await spans.content("other", TRACE)).toEqual(new Map());
  });

  it("texts are data, whatever they look like", async () => {
    const { spans, flush } = await open(kind);
    const evil = "'); DROP TABLE spans; -- \n\n{x:String} \\ \u0000 \u2028 ü";
    const row = {
      name: evil,
      service: evil,
      agent: evil,
      conversation: evil,
      attributes: { [evil]: evil },
      events: [{ timeNs: "1", name: evil, attributes: { [evil]: evil } }],
    };
    await spans.append(evil, [spanRecord(row, [{ name: evil, text: evil, truncated: false }])]);
    await flush();
    expect(await spans.trace(evil, TRACE, 10)).toEqual([spanRow(row)]);
    const hits = await spans.find(evil, {
      ...everything,
      agent: evil,
      attributes: { [evil]: evil },
    });
    expect(hits).toHaveLength(1);
    expect([...(await spans.content(evil, TRACE)).values()][0]?.[0]?.text).toBe(evil);
  });

  it("whoever listens hears of spans when they are durable", async () => {
    const { spans } = await open(kind);
    const heard: string[] = [];
    const stop = spans.onSpans((tenant, all) => heard.push(`${tenant} ${all.length}`));
    await spans.append("default", [spanRecord(), spanRecord({ spanId: "00f067aa0ba902b7" })]);
    stop();
    await spans.append("default", [spanRecord()]);
    expect(heard).toEqual(["default 2"]);
  });

  it("nothing older than the retention is answered", async () => {
    const { spans, flush } = await open(kind);
    const old = String(BigInt(NOW_MS - 2 * DAY_MS) * 1_000_000n);
    await spans.append("default", [spanRecord({ startNs: old })]);
    expect(await spans.trace("default", TRACE, 10)).toEqual([]);
    await flush();
    expect(await spans.find("default", everything)).toEqual([]);
  });
});

it("spans that were acknowledged are there after a restart, also those that were not inserted yet", async () => {
  const first = await open("chdb");
  await first.spans.append("default", [{ row: full, content: [] }]);
  await first.close();
  const again = await open("chdb");
  expect(await again.spans.trace("default", TRACE, 10)).toEqual([full]);
});
