import { createRegistry, type Registry } from "@fleetlight/sdk";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import type { SpanListener, SpanRecord, SpanStore } from "#store";

import { spanRecord } from "../../store/telemetry/spans/fixture.ts";
import { blockOf } from "../../store/telemetry/spans/span-block-draft.ts";
import { LiveTraces } from "./live-traces.ts";
import type { TraceUpdate } from "./types.ts";

const TRACE = "a".repeat(32);

/** Hands over spans as the store does once their way into the log has begun. */
class Feed {
  listener: SpanListener = () => undefined;
  private readonly hasBlocks: boolean;
  readonly store = {
    onSpans: (listener: Feed["listener"]) => {
      this.listener = listener;
      return () => undefined;
    },
  } as unknown as SpanStore;

  constructor(hasBlocks: boolean) {
    this.hasBlocks = hasBlocks;
  }

  send(...records: SpanRecord[]): void {
    this.listener("default", records, this.hasBlocks ? blockOf(records) : undefined);
  }
}

interface Told {
  fresh: string[];
  paid: string[];
  agents: string[];
  digests: string[];
}

describe.each([true, false])("live traces (as blocks: %s)", (hasBlocks) => {
  let feed: Feed;
  let live: LiveTraces;
  let told: Told[];
  let registry: Registry;

  beforeEach(() => {
    vi.useFakeTimers({ now: 1_780_315_200_000 });
    feed = new Feed(hasBlocks);
    registry = createRegistry();
    live = new LiveTraces({ spans: feed.store, now: Date.now, registry });
    told = [];
    live.onUpdate(({ fresh, paid, analysis, spans }: TraceUpdate) =>
      told.push({
        fresh: fresh.map(({ spanId }) => spanId),
        paid: paid.map(({ row, agent }) => `${row.spanId} for ${agent}`),
        agents: analysis.agents,
        digests: [...spans.values()].map(({ argumentsDigest }) => argumentsDigest),
      }),
    );
    live.start();
  });
  afterEach(() => {
    live.stop();
    vi.useRealTimers();
  });

  const agent = (row = {}) =>
    spanRecord({
      traceId: TRACE,
      spanId: "a000000000000001",
      operation: "invoke_agent",
      agent: "writer",
      inputTokens: 10,
      ...row,
    });
  const chat = (row = {}) =>
    spanRecord({
      traceId: TRACE,
      spanId: "c000000000000001",
      parentSpanId: "a000000000000001",
      operation: "chat",
      inputTokens: 10,
      ...row,
    });

  it("are told of at once when nothing is missing of them, and after a moment otherwise", () => {
    feed.send(chat());
    expect(told).toEqual([]);
    feed.send(agent({ inputTokens: 0 }));
    expect(told).toMatchObject([{ fresh: ["c000000000000001", "a000000000000001"] }]);
    feed.send(agent({ spanId: "a000000000000002", ended: false, parentSpanId: "" }));
    expect(told).toHaveLength(1);
    vi.advanceTimersByTime(250);
    expect(told).toMatchObject([{}, { fresh: ["a000000000000002"] }]);
  });

  it("tells once of a burst, with the agent of a span that names none", () => {
    feed.send(chat());
    feed.send(agent({ inputTokens: 0 }));
    vi.advanceTimersByTime(300);
    expect(told).toMatchObject([
      {
        fresh: ["c000000000000001", "a000000000000001"],
        paid: ["c000000000000001 for writer"],
        agents: ["writer"],
      },
    ]);
  });

  it("counts the sum on an agent's span only when no call of a model came below it", () => {
    feed.send(agent());
    vi.advanceTimersByTime(1000);
    feed.send(chat());
    vi.advanceTimersByTime(10_000);
    expect(told.flatMap(({ paid }) => paid)).toEqual(["c000000000000001 for writer"]);

    feed.send(agent({ traceId: "b".repeat(32) }));
    vi.advanceTimersByTime(10_000);
    expect(told.flatMap(({ paid }) => paid).at(-1)).toBe("a000000000000001 for writer");
  });

  it("tells of news at once while a sum of another trace waits", () => {
    feed.send(agent());
    vi.advanceTimersByTime(1000);
    feed.send(chat({ traceId: "b".repeat(32) }));
    vi.advanceTimersByTime(300);
    expect(told.at(-1)?.fresh).toEqual(["c000000000000001"]);
  });

  it("tells less often of a long trace", () => {
    const spans = Array.from({ length: 4000 }, (_, index) =>
      chat({ spanId: (index + 1).toString(16).padStart(16, "0") }),
    );
    feed.send(...spans);
    vi.advanceTimersByTime(300);
    feed.send(chat({ spanId: "e".repeat(16) }));
    vi.advanceTimersByTime(400);
    expect(told).toHaveLength(1);
    vi.advanceTimersByTime(600);
    expect(told.at(-1)?.fresh).toEqual(["e".repeat(16)]);
  });

  it("tells of a span when it begins and when it ends, and of a second delivery not at all", () => {
    feed.send(chat({ ended: false }));
    vi.advanceTimersByTime(300);
    feed.send(chat());
    vi.advanceTimersByTime(300);
    feed.send(chat());
    vi.advanceTimersByTime(10_000);
    expect(told.map(({ fresh }) => fresh)).toEqual([["c000000000000001"], ["c000000000000001"]]);
    expect(told.flatMap(({ paid }) => paid)).toHaveLength(1);
  });

  it("tells calls of a tool with the same arguments from others", () => {
    const call = (spanId: string, text: string) =>
      spanRecord({ traceId: TRACE, spanId, operation: "execute_tool", tool: "search" }, [
        { name: "gen_ai.tool.call.arguments", text, truncated: false },
      ]);
    feed.send(call("1".repeat(16), '{"q":1}'), call("2".repeat(16), '{"q":1}'));
    feed.send(call("3".repeat(16), '{"q":2}'));
    vi.advanceTimersByTime(300);
    const [first, second, third] = told.at(-1)?.digests ?? [];
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it("finds the relatives of a span that comes after its trace was whole", () => {
    const call = (spanId: string) =>
      spanRecord(
        {
          traceId: TRACE,
          spanId,
          parentSpanId: "a000000000000001",
          operation: "execute_tool",
          tool: "search",
          attributes: { "input.value": '{"q":1}' },
        },
        [],
      );
    feed.send(agent({ inputTokens: 0 }), call("1".repeat(16)));
    expect(told).toHaveLength(1);
    vi.advanceTimersByTime(5000);
    feed.send(chat(), call("2".repeat(16)), call("1".repeat(16)));
    vi.advanceTimersByTime(300);
    const [, later] = told;
    expect(later).toMatchObject({
      fresh: ["c000000000000001", "2".repeat(16)],
      paid: ["c000000000000001 for writer"],
      agents: ["writer"],
    });
    expect(new Set(later?.digests)).toHaveProperty("size", 2);
    feed.send(chat({ spanId: "c000000000000002" }));
    vi.advanceTimersByTime(300);
    expect(told.at(-1)).toMatchObject({ paid: ["c000000000000002 for writer"] });
    expect(told.at(-1)?.digests).toHaveLength(5);
  });

  it("tells which traces go on", () => {
    feed.send(agent());
    feed.send(agent({ traceId: "b".repeat(32), ended: false }));
    expect([...live.open("default")].map(({ traceId }) => traceId[0])).toEqual(["b"]);
    feed.send(agent({ traceId: "b".repeat(32) }));
    expect([...live.open("default")]).toEqual([]);
  });

  it("forgets what is over, and keeps what goes on", () => {
    feed.send(agent());
    feed.send(agent({ traceId: "b".repeat(32), ended: false }));
    vi.advanceTimersByTime(120_000);
    feed.send(agent({ traceId: "c".repeat(32) }));
    expect([...live.open("default")].map(({ traceId }) => traceId[0])).toEqual(["b"]);
    expect(registry.expose("text")).toContain("fleetlight_live_traces 2\n");
    vi.advanceTimersByTime(4_000_000);
    feed.send(agent({ traceId: "c".repeat(32) }));
    const page = registry.expose("text");
    expect(page).toContain("fleetlight_live_traces 1\n");
    expect(page).toContain("fleetlight_live_spans 1\n");
  });

  it("gives back the memory of traces that it forgets", () => {
    const held = (): number =>
      Number(/fleetlight_live_trace_block_bytes (\d+)/.exec(registry.expose("text"))?.[1]);
    const last = agent({ traceId: "c".repeat(32) });
    feed.send(agent({ inputTokens: 0 }), chat());
    feed.send(...Array.from({ length: 10 }, (_, at) => chat({ spanId: `${at}`.repeat(16) })));
    vi.advanceTimersByTime(120_000);
    feed.send(last);
    expect(held()).toBe(hasBlocks ? blockOf([last]).heldBytes : 0);
  });

  it("keeps the newest when there are too many", () => {
    for (let index = 0; index < 10_010; index++)
      feed.send(chat({ traceId: (index + 1).toString(16).padStart(32, "0"), ended: index < 5000 }));
    const page = registry.expose("text");
    expect(page).toContain("fleetlight_live_traces 10000\n");
    expect(page).toContain("fleetlight_live_traces_forgotten_total 10\n");
    const kept = [...live.open("default")];
    expect(kept.at(-1)?.traceId.endsWith((10_010).toString(16))).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect(told).toHaveLength(10_010);
  });
});
