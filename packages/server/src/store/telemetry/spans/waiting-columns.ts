import {
  SPAN_SHAPE_KEYS,
  emptyColumns,
  joinColumns,
  spanFlags,
  type SpanColumns,
} from "@fleetlight/contract";

import { halvesOf, Turns } from "#lib";

import { hostOf } from "./lean.ts";
import { Shapes } from "./shapes.ts";
import type { CellKey, SpanBlock } from "./span-block.ts";
import { columnsOf, cutColumns, MOST_TOKENS } from "./trace-columns.ts";
import type { SpanRecord } from "./types.ts";

/** Spans that are durable and not in the tables yet. */
interface Pending {
  blocks: readonly SpanBlock[];
  records: readonly SpanRecord[];
}

/** Where a block has the texts of a shape; the host is in the resource. */
const CELLS = SPAN_SHAPE_KEYS.map((key): CellKey =>
  key === "host" ? "resource" : key === "error_type" ? "errorType" : key,
);

/** The number that a block has for a trace; undefined when it has none of it. */
function traceNumber(block: SpanBlock, column: Uint32Array, traceId: string): number | undefined {
  let last = -1;
  for (const place of column) {
    if (place === last) continue;
    if (block.textAt(place) === traceId) return place;
    last = place;
  }
  return undefined;
}

/** Says which shape a span of a block has. */
function shapeReader(block: SpanBlock, shapes: Shapes): (index: number) => number {
  const columns = CELLS.map((key) => block.column(key));
  const numbers = CELLS.map(() => new Map<number, number>());
  const textOf = (place: number, cell: number): string => {
    const text = block.textAt(cell);
    if (SPAN_SHAPE_KEYS[place] !== "host" || text === "") return text;
    return hostOf(JSON.parse(text) as Record<string, string>);
  };
  const numberAt = (place: number, index: number): number => {
    const cell = columns[place]?.[index] ?? 0;
    let number = numbers[place]?.get(cell);
    if (number === undefined) {
      number = shapes.textNumber(place, textOf(place, cell));
      numbers[place]?.set(cell, number);
    }
    return number;
  };
  return (index) =>
    shapes.of(
      (place) => numberAt(place, index),
      () =>
        Object.fromEntries(
          SPAN_SHAPE_KEYS.map((key, place) => [key, textOf(place, columns[place]?.[index] ?? 0)]),
        ) as never,
    );
}

/** Writes the spans of a trace behind those that are there; answers how many these are now. */
function take(block: SpanBlock, traceId: string, into: SpanColumns, from: number, shapes: Shapes) {
  const traces = block.column("traceId");
  const wanted = traceNumber(block, traces, traceId);
  if (wanted === undefined) return from;
  const [ids, parents] = [block.column("spanId"), block.column("parentSpanId")];
  const [idWords, parentWords] = [halvesOf(into.spanIds), halvesOf(into.parentIds)];
  const sources = block.column("costSource");
  const shapeOf = shapeReader(block, shapes);
  let at = from;
  for (let index = 0; index < block.count && at < into.starts.length; index++) {
    if (traces[index] !== wanted) continue;
    block.readId(ids[index] ?? 0, idWords, 2 * at);
    block.readId(parents[index] ?? 0, parentWords, 2 * at);
    into.starts[at] = block.starts[index] ?? 0n;
    into.durations[at] = block.integer("durationNs", index);
    const cost = block.costs[index] ?? 0;
    into.costs[at] = (sources[index] ?? 0) === 0 && cost <= 0 ? Number.NaN : cost;
    into.inputTokens[at] = Math.min(MOST_TOKENS, block.integer("inputTokens", index));
    into.outputTokens[at] = Math.min(MOST_TOKENS, block.integer("outputTokens", index));
    const [kind, status] = [block.integer("kind", index), block.integer("status", index)];
    into.flags[at] = spanFlags.of(kind, status, block.ended(index));
    into.shapeOf[at] = shapeOf(index);
    at++;
  }
  return at;
}

/**
 * Spans of a trace that wait for their insert, in no order; doubles are possible. Read in turns: a block that was inserted
 * meanwhile is left out, so that the tables MUST be read afterwards.
 */
export async function waitingColumns(
  pending: () => Pending,
  traceId: string,
): Promise<SpanColumns> {
  const turns = new Turns();
  const { blocks, records } = pending();
  const rows = records.map(({ row }) => row).filter((row) => row.traceId === traceId);
  const own = blocks.filter(
    (block) => traceNumber(block, block.column("traceId"), traceId) !== undefined,
  );
  const shapes = new Shapes();
  const most = own.reduce((sum, { count }) => sum + count, 0);
  const columns = emptyColumns(most, shapes.list);
  let [count, still] = [0, new Set(own)];
  for (const block of own) {
    // The memory of one that is in the tables by now serves others.
    if (still.has(block)) count = take(block, traceId, columns, count, shapes);
    if (!turns.isLong) continue;
    await turns.next();
    still = new Set(pending().blocks);
  }
  const waiting = cutColumns(columns, count);
  return rows.length === 0 ? waiting : joinColumns([waiting, await columnsOf(rows)]);
}
