import { createHash } from "node:crypto";

import type { Registry } from "@fleetlight/sdk";

import { analyseTrace, MODEL_OPERATIONS, type AnalysedSpan } from "#collect";
import type { Now } from "#lib";
import { analysedOf } from "#query";
import type { SpanBlock, SpanRecord, SpanRow, SpanStore } from "#store";

import { Places, Shelf } from "./places.ts";
import type { LiveSpan, PaidSpan, TraceUpdate } from "./types.ts";

/** News of a trace wait this long for more, so that a burst is looked at once. */
const SETTLE_MS = 200;
/** A sum on an agent's span waits this long for the calls of models below it, which count instead. */
const SUM_GRACE_MS = 5000;
/** A trace is forgotten when nothing has come of it for so long: with all its spans ended, and with some that go on. */
const IDLE_MS = 60_000;
const OPEN_IDLE_MS = 1_800_000;
/** Spans and traces that are remembered; the ones without news for longest go first. */
const MAX_SPANS = 50_000;
const MAX_TRACES = 10_000;
/** Memory of blocks that are kept for traces which nothing is missing of. */
const MAX_BLOCK_BYTES = 32 << 20;
/** How often the spans of one trace are read from blocks, because it goes on. */
const MAX_UNPACKED = 4;
/** Spans of one trace that are remembered; those beyond are told of one by one and without their relatives. */
const MAX_TRACE_SPANS = 5000;
/** Spans of one trace that are looked at again for each millisecond: a long one that goes on is told of less often. */
const SPANS_PER_MS = 5;
/** How long one turn may keep the event loop. */
const SLICE_MS = 8;

/** Contents that hold what a tool was called with, or a task given. */
const ARGUMENTS = [
  "gen_ai.tool.call.arguments",
  "ai.toolCall.args",
  "input.value",
  "traceloop.entity.input",
  "langfuse.observation.input",
];

/** Of traces that are packed: the maps of others take their place before something is put in. */
const NO_SPANS = new Map<string, LiveSpan>();
const NO_ROWS = new Map<string, SpanRow>();
const NO_USAGE = new Map<string, { row: SpanRow; heardMs: number }>();

interface LiveTrace {
  tenant: string;
  traceId: string;
  /** Packed while nothing is missing of it and all has been told: then `spans` is empty, and `places` says what is in it. */
  isPacked: boolean;
  unpacked: number;
  places: Places;
  size: number;
  spans: Map<string, LiveSpan>;
  fresh: Map<string, SpanRow>;
  /** Ended spans with usage that has not been counted. */
  unpaid: Map<string, { row: SpanRow; heardMs: number }>;
  heardMs: number;
  /** When listeners were told of it for the last time. */
  toldMs: number;
  open: number;
}

interface Options {
  spans: SpanStore;
  now: Now;
  registry: Registry;
}

const digestOf = (record: SpanRecord): string => {
  const { operation } = record.row;
  if (operation !== "execute_tool" && operation !== "task") return "";
  const { content } = record;
  const { attributes } = record.row;
  const found = ARGUMENTS.map(
    (name) => content.find((one) => one.name === name)?.text ?? attributes[name],
  ).find((text) => text !== undefined);
  return found === undefined ? "" : createHash("sha1").update(found).digest("base64url");
};

function liveSpanOf(record: SpanRecord): LiveSpan {
  const { row } = record;
  const { span, facets } = analysedOf(row);
  return {
    span,
    facets,
    service: row.service,
    name: row.name,
    kind: row.kind,
    endNs: span.startNs + BigInt(Math.round(row.durationNs)),
    ended: row.ended,
    argumentsDigest: digestOf(record),
  };
}

/** Whether a span says that it used or cost something. */
export const hasUsage = (row: SpanRow): boolean =>
  row.inputTokens > 0 || row.outputTokens > 0 || row.costUsd > 0;

/** How long listeners are not told of the trace yet, since they were told of it lately. */
const waitMsOf = ({ toldMs, size }: LiveTrace, nowMs: number): number =>
  toldMs + size / SPANS_PER_MS - nowMs;

/** Whether all of its spans have ended, and all their parents have come. */
function isWhole({ open, spans }: LiveTrace): boolean {
  if (open > 0) return false;
  for (const { span } of spans.values())
    if (span.parentSpanId !== "" && !spans.has(span.parentSpanId)) return false;
  return true;
}

function pack(trace: LiveTrace): void {
  trace.isPacked = true;
  trace.spans = NO_SPANS;
  trace.fresh = NO_ROWS;
  trace.unpaid = NO_USAGE;
}

/** Reads the spans again, a few times: a trace that goes on again and again is not packed any more. */
function unpack(trace: LiveTrace): void {
  trace.isPacked = false;
  trace.unpacked++;
  trace.spans = new Map();
  trace.fresh = new Map();
  trace.unpaid = new Map();
  for (const record of trace.places.records())
    trace.spans.set(record.row.spanId, liveSpanOf(record));
  if (trace.unpacked >= MAX_UNPACKED) trace.places.giveUp();
}

/**
 * Traces that go on, in memory: listeners hear within a quarter of a second what came of a trace and how it looks as a
 * whole. All figures that are counted while things happen are counted from here, so that they agree with one another.
 * What was counted is not remembered over a restart: a span that is delivered again long after it was told of counts again.
 */
export class LiveTraces {
  private readonly options: Options;
  private readonly traces = new Map<string, LiveTrace>();
  private readonly changed = new Set<LiveTrace>();
  private readonly shelf = new Shelf(MAX_BLOCK_BYTES);
  private readonly listeners = new Set<(update: TraceUpdate) => void>();
  private readonly forgotten;
  /** Traces with sums that wait, and when they have waited long enough; the first one is due first. */
  private readonly unsettled = new Map<LiveTrace, number>();
  private spanCount = 0;
  private timer: NodeJS.Timeout | undefined;
  private timerMs = 0;
  private unsubscribe: (() => void) | undefined;

  constructor(options: Options) {
    this.options = options;
    const { registry } = options;
    this.forgotten = registry.counter({
      name: "fleetlight_live_traces_forgotten_total",
      help: "Traces that were forgotten before they were over, because there were too many.",
    });
    registry
      .gauge({ name: "fleetlight_live_traces", help: "Traces that may go on." })
      .collect((gauge) => gauge.set(this.traces.size));
    registry
      .gauge({ name: "fleetlight_live_spans", help: "Spans of traces that may go on." })
      .collect((gauge) => gauge.set(this.spanCount));
    registry
      .gauge({
        name: "fleetlight_live_trace_block_bytes",
        help: "Memory that is kept for traces of which nothing is missing.",
      })
      .collect((gauge) => gauge.set(this.shelf.bytes));
  }

  start(): void {
    this.unsubscribe = this.options.spans.onSpans((tenant, records, block) =>
      this.hear(tenant, records, block),
    );
  }

  stop(): void {
    this.unsubscribe?.();
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Listeners must not throw, and must not keep what they are given. */
  onUpdate(listener: (update: TraceUpdate) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Traces with spans that have not ended, the one with the oldest news first. */
  *open(tenant: string): Generator<Pick<TraceUpdate, "traceId" | "spans"> & { heardMs: number }> {
    for (const { tenant: owner, traceId, spans, heardMs, open } of this.traces.values())
      if (owner === tenant && open > 0) yield { traceId, spans, heardMs };
  }

  private hear(tenant: string, records: readonly SpanRecord[], block?: SpanBlock): void {
    const startMs = performance.now();
    const nowMs = this.options.now();
    const heard = new Map<string, LiveTrace>();
    for (const [index, record] of records.entries()) {
      const { traceId } = record.row;
      let trace = heard.get(traceId);
      if (trace === undefined) {
        trace = this.traceOf(tenant, traceId);
        heard.set(traceId, trace);
      }
      if (this.remember(trace, record, nowMs)) trace.places.note(block, index);
    }
    // A trace that is there as a whole has nothing to wait for, and what is told at once need not be remembered.
    for (const trace of heard.values()) {
      if (performance.now() - startMs > SLICE_MS) break;
      if (this.changed.has(trace) && waitMsOf(trace, nowMs) <= 0 && isWhole(trace))
        this.settleOne(trace, nowMs);
    }
    this.forget(nowMs);
    if (this.changed.size + this.unsettled.size > 0) this.schedule(SETTLE_MS);
  }

  private traceOf(tenant: string, traceId: string): LiveTrace {
    const key = `${tenant}\0${traceId}`;
    let trace = this.traces.get(key);
    if (trace === undefined)
      trace = {
        tenant,
        traceId,
        isPacked: false,
        unpacked: 0,
        places: new Places(this.shelf),
        size: 0,
        spans: new Map(),
        fresh: new Map(),
        unpaid: new Map(),
        heardMs: 0,
        toldMs: -Infinity,
        open: 0,
      };
    // The map's order is that of the latest news.
    else this.traces.delete(key);
    this.traces.set(key, trace);
    return trace;
  }

  /** @returns whether the span is among those of the trace from now on, or another state of it */
  private remember(trace: LiveTrace, record: SpanRecord, heardMs: number): boolean {
    const { row } = record;
    const { spanId, ended } = row;
    if (trace.isPacked) unpack(trace);
    const known = trace.spans.get(spanId);
    trace.heardMs = heardMs;
    if (known?.ended === true) return false;
    this.changed.add(trace);
    trace.fresh.set(spanId, row);
    if (ended && hasUsage(row)) trace.unpaid.set(spanId, { row, heardMs });
    if (known === undefined && trace.size >= MAX_TRACE_SPANS) return false;
    trace.spans.set(spanId, liveSpanOf(record));
    if (known === undefined) {
      trace.size++;
      this.spanCount++;
    }
    trace.open += (ended ? 0 : 1) - (known === undefined ? 0 : 1);
    return true;
  }

  /** Looks again after so many milliseconds at the latest. */
  private schedule(ms: number): void {
    const atMs = this.options.now() + ms;
    if (this.timer !== undefined && this.timerMs <= atMs) return;
    clearTimeout(this.timer);
    this.timerMs = atMs;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.settle();
    }, ms).unref();
  }

  private settle(): void {
    const startMs = performance.now();
    const nowMs = this.options.now();
    let nextMs = Infinity;
    for (const trace of this.changed) {
      if (performance.now() - startMs > SLICE_MS) {
        this.schedule(1);
        return;
      }
      const waitMs = waitMsOf(trace, nowMs);
      if (waitMs > 0) nextMs = Math.min(nextMs, waitMs);
      else this.settleOne(trace, nowMs);
    }
    for (const [trace, dueMs] of this.unsettled) {
      if (dueMs > nowMs) {
        nextMs = Math.min(nextMs, dueMs - nowMs);
        break;
      }
      this.unsettled.delete(trace);
      this.changed.add(trace);
      nextMs = 0;
    }
    if (nextMs < Infinity) this.schedule(Math.max(1, nextMs));
    this.forget(nowMs);
  }

  private settleOne(trace: LiveTrace, nowMs: number): void {
    this.changed.delete(trace);
    const isOver = this.tell(trace, nowMs);
    if (isOver && trace.places.areKnown) pack(trace);
    if (trace.unpaid.size > 0 && !this.unsettled.has(trace))
      this.unsettled.set(trace, nowMs + SUM_GRACE_MS);
  }

  /** @returns whether nothing is missing of the trace, nor waits */
  private tell(trace: LiveTrace, nowMs: number): boolean {
    const { tenant, traceId, spans } = trace;
    trace.toldMs = nowMs;
    const analysis = analyseTrace([...spans.values()]);
    const paid = this.paidOf(trace, analysis.payable, analysis.agentOf, nowMs);
    const fresh = [...trace.fresh.values()];
    trace.fresh.clear();
    const isOver = trace.unpaid.size === 0 && isWhole(trace);
    if (fresh.length === 0 && paid.length === 0 && !isOver) return false;
    for (const listener of this.listeners)
      listener({ tenant, traceId, spans, analysis, isWhole: isOver, fresh, paid });
    return isOver;
  }

  private paidOf(
    trace: LiveTrace,
    payable: ReadonlySet<string>,
    agentOf: ReadonlyMap<string, string>,
    nowMs: number,
  ): PaidSpan[] {
    const paid: PaidSpan[] = [];
    for (const [spanId, { row, heardMs }] of trace.unpaid) {
      const isCall = MODEL_OPERATIONS.has(row.operation as AnalysedSpan["facets"]["operation"]);
      if (!isCall && nowMs - heardMs < SUM_GRACE_MS) continue;
      trace.unpaid.delete(spanId);
      if (payable.has(spanId) || !trace.spans.has(spanId))
        paid.push({ row, agent: agentOf.get(spanId) ?? row.agent });
    }
    return paid;
  }

  private forget(nowMs: number): void {
    for (const [key, trace] of this.traces) {
      const isFull = this.spanCount > MAX_SPANS || this.traces.size > MAX_TRACES;
      const idleMs = nowMs - trace.heardMs;
      const isOver = idleMs > (trace.open > 0 ? OPEN_IDLE_MS : IDLE_MS);
      // Those that follow were heard of later; a trace that goes on may stand before ones that are over.
      if (!isFull && !isOver && idleMs <= IDLE_MS) break;
      if (!isFull && !isOver) continue;
      if (trace.fresh.size > 0 || trace.unpaid.size > 0) this.tell(trace, Infinity);
      if (!isOver) this.forgotten.inc();
      this.traces.delete(key);
      this.changed.delete(trace);
      this.unsettled.delete(trace);
      trace.places.giveUp();
      this.spanCount -= trace.size;
    }
  }
}
