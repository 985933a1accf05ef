import { joinColumns, spanFlags, type SpanColumns } from "@fleetlight/contract";
import { afterEach, describe, expect, it } from "vitest";

import { quietOptions, TestStores } from "../fixture.ts";
import { costOf } from "./cost.ts";
import { spanRecord } from "./fixture.ts";
import { cursorBehind } from "./trace-columns.ts";
import type { LeanRow, SpanCursor, SpanRow } from "./types.ts";

const DAY_MS = 86_400_000;
const NOW_MS = 1_780_315_260_000;
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPANS = 500;

const stores = new TestStores(quietOptions(NOW_MS));
afterEach(() => stores.remove());

const hex = (value: number): string => value.toString(16).padStart(16, "0");

/** Spans of some shapes, of which many begin at one moment and whose ids are in no order. */
const row = (at: number, more: Partial<SpanRow> = {}): Partial<SpanRow> => ({
  spanId: at === 7 ? "ffffffffffffffff" : hex((at * 7919) % 100_003),
  parentSpanId: at === 0 ? "" : hex(((at >> 1) * 7919) % 100_003),
  name: `step "${at % 5}" ü`,
  service: `service ${at % 2}`,
  kind: at % 6,
  status: at % 3,
  ended: at % 11 !== 0,
  startNs: String(BigInt(NOW_MS - 90_000 + (at >> 3) * 1000) * 1_000_000n + 17n),
  durationNs: 1000 + at,
  operation: at % 4 === 0 ? "chat" : "",
  agent: at % 9 === 0 ? "lead" : "",
  model: at % 4 === 0 ? "m" : "",
  errorType: at % 3 === 2 ? "timeout" : "",
  inputTokens: at,
  outputTokens: at * 2,
  costUsd: at % 4 === 0 ? at / 1000 : 0,
  costSource: at % 8 === 0 ? "reported" : "",
  resource: at % 2 === 0 ? { "host.name": "h1" } : { "service.instance.id": "i" },
  ...more,
});

const columnsAsRows = (columns: SpanColumns) =>
  Array.from(columns.spanIds, (id, at) => ({
    id: id.toString(16).padStart(16, "0"),
    parent: columns.parentIds[at]?.toString(16).padStart(16, "0"),
    start: String(columns.starts[at]),
    duration: columns.durations[at],
    cost: columns.costs[at],
    tokens: [columns.inputTokens[at], columns.outputTokens[at]],
    kind: spanFlags.kind(columns.flags[at] ?? 0),
    status: spanFlags.status(columns.flags[at] ?? 0),
    ended: spanFlags.ended(columns.flags[at] ?? 0),
    shape: columns.shapes[columns.shapeOf[at] ?? 0],
  }));

const leanAsRows = (rows: readonly LeanRow[]) =>
  rows.map((lean) => ({
    id: lean.spanId,
    parent: lean.parentSpanId.padStart(16, "0"),
    start: lean.startNs,
    duration: lean.durationNs,
    cost: costOf(lean) ?? Number.NaN,
    tokens: [lean.inputTokens, lean.outputTokens],
    kind: lean.kind,
    status: lean.status,
    ended: lean.ended,
    shape: {
      name: lean.name,
      service: lean.service,
      host: lean.host,
      operation: lean.operation,
      agent: lean.agent,
      peer: lean.peer,
      tool: lean.tool,
      model: lean.model,
      error_type: lean.errorType,
    },
  }));

describe.each(["memory", "chdb"] as const)("a trace as columns in %s", (kind) => {
  it.each([
    ["in tables", SPANS],
    ["of which some wait", SPANS / 2],
    ["of which all wait", 0],
  ])("has what its rows have, part by part, %s", async (_, flushed) => {
    const { spans, flush } = await stores.open(kind);
    const all = Array.from({ length: SPANS }, (__, at) => spanRecord(row(at)));
    if (flushed > 0) {
      await spans.append("default", all.slice(0, flushed));
      await flush();
    }
    // Some come again, with and without news.
    const again = [3, 11, 22].map((at) => spanRecord(row(at, { ended: true, durationNs: 5 + at })));
    await spans.append("default", [...all.slice(flushed), ...again]);
    const rows = await spans.lean("default", TRACE, undefined, SPANS * 2);
    expect(rows).toHaveLength(SPANS);
    const parts: SpanColumns[] = [];
    for (let after: SpanCursor | undefined; ;) {
      const part = await spans.columns("default", TRACE, after, 64);
      if (part.spanIds.length === 0) break;
      expect(part.spanIds.length).toBeLessThanOrEqual(64);
      parts.push(part);
      after = cursorBehind(part);
    }
    expect(columnsAsRows(joinColumns(parts))).toEqual(leanAsRows(rows));
  });

  it("nothing older than the retention is in them, nor of others", async () => {
    const { spans, flush } = await stores.open(kind);
    const old = String(BigInt(NOW_MS - 2 * DAY_MS) * 1_000_000n);
    await spans.append("default", [spanRecord({ startNs: old }), spanRecord({ spanId: hex(9) })]);
    for (const _ of ["waiting", "in tables"]) {
      const columns = await spans.columns("default", TRACE, undefined, 10);
      expect([...columns.spanIds]).toEqual([9n]);
      expect((await spans.columns("other", TRACE, undefined, 10)).spanIds).toHaveLength(0);
      await flush();
    }
  });
});
