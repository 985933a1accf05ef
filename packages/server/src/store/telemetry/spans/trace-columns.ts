import {
  SPAN_SHAPE_KEYS,
  emptyColumns,
  joinColumns,
  spanFlags,
  type SpanColumns,
  type SpanShape,
} from "@fleetlight/contract";

import { IdTable, sortInTurns, Turns } from "#lib";

import { costOf } from "./cost.ts";
import { hostOf } from "./lean.ts";
import { Shapes } from "./shapes.ts";
import type { LeanRow, SpanCursor, SpanRow } from "./types.ts";

export const MOST_TOKENS = 2 ** 32 - 1;

const shapeOf = (row: LeanRow | SpanRow): SpanShape => ({
  name: row.name,
  service: row.service,
  host: "host" in row ? row.host : hostOf(row.resource),
  operation: row.operation,
  agent: row.agent,
  peer: row.peer,
  tool: row.tool,
  model: row.model,
  error_type: row.errorType,
});

const idOf = (hex: string): bigint => (hex === "" ? 0n : BigInt(`0x${hex}`));

/** Spans as columns, in the order in which they are given; of very many in turns. */
export async function columnsOf(rows: readonly (LeanRow | SpanRow)[]): Promise<SpanColumns> {
  const turns = new Turns();
  const shapes = new Shapes();
  const columns = emptyColumns(rows.length, shapes.list);
  for (const [at, row] of rows.entries()) {
    const shape = shapeOf(row);
    columns.spanIds[at] = idOf(row.spanId);
    columns.parentIds[at] = idOf(row.parentSpanId);
    columns.starts[at] = BigInt(row.startNs);
    columns.durations[at] = row.durationNs;
    columns.costs[at] = costOf(row) ?? Number.NaN;
    columns.inputTokens[at] = Math.min(MOST_TOKENS, row.inputTokens);
    columns.outputTokens[at] = Math.min(MOST_TOKENS, row.outputTokens);
    columns.flags[at] = spanFlags.of(row.kind, row.status, row.ended);
    columns.shapeOf[at] = shapes.of(
      (place) => shapes.textNumber(place, shape[SPAN_SHAPE_KEYS[place] ?? "name"]),
      () => shape,
    );
    if (turns.isDue) await turns.next();
  }
  return columns;
}

/** Where the part behind the last of these spans begins. */
export function cursorBehind({ starts, spanIds }: SpanColumns): SpanCursor | undefined {
  const [start, id] = [starts.at(-1), spanIds.at(-1)];
  if (start === undefined || id === undefined) return undefined;
  return { startNs: String(start), spanId: id.toString(16).padStart(16, "0") };
}

/** The first of the spans, in the same memory. */
export const cutColumns = (columns: SpanColumns, count: number): SpanColumns => ({
  spanIds: columns.spanIds.subarray(0, count),
  parentIds: columns.parentIds.subarray(0, count),
  starts: columns.starts.subarray(0, count),
  durations: columns.durations.subarray(0, count),
  costs: columns.costs.subarray(0, count),
  inputTokens: columns.inputTokens.subarray(0, count),
  outputTokens: columns.outputTokens.subarray(0, count),
  shapeOf: columns.shapeOf.subarray(0, count),
  flags: columns.flags.subarray(0, count),
  shapes: columns.shapes,
});

/** Which of two deliveries of one span stays: one that has ended, then the longer one, then the first. */
function isBetter({ flags, durations }: SpanColumns, a: number, b: number): boolean {
  const [ended, otherEnded] = [spanFlags.ended(flags[a] ?? 0), spanFlags.ended(flags[b] ?? 0)];
  if (ended !== otherEnded) return ended;
  return (durations[a] ?? 0) > (durations[b] ?? 0);
}

/** Places by start and then by id. */
async function inOrder({ starts, spanIds }: SpanColumns, turns: Turns): Promise<Int32Array> {
  const compare = (a: number, b: number): number => {
    const [x, y] = [starts[a] ?? 0n, starts[b] ?? 0n];
    if (x !== y) return x < y ? -1 : 1;
    const [i, j] = [spanIds[a] ?? 0n, spanIds[b] ?? 0n];
    return i < j ? -1 : i > j ? 1 : 0;
  };
  const places = Int32Array.from(starts, (_, at) => at);
  let isSorted = true;
  for (let at = 1; isSorted && at < places.length; at++) {
    isSorted = compare(at - 1, at) <= 0;
    if (turns.isDue) await turns.next();
  }
  return isSorted ? places : sortInTurns(places, compare, turns);
}

/** Each span of two parts once, in its better delivery and in order, behind `after`. The first part lies behind it already. */
export async function mergeColumns(
  stored: SpanColumns,
  waiting: SpanColumns,
  { after, limit }: { after: SpanCursor; limit: number },
): Promise<SpanColumns> {
  if (waiting.spanIds.length === 0) return stored;
  const turns = new Turns();
  const both = joinColumns([stored, waiting]);
  const table = new IdTable(both.spanIds);
  for (let at = 0; at < both.spanIds.length; at++) {
    const known = table.known(at);
    if (known < 0 || isBetter(both, at, known)) table.add(at);
    if (turns.isDue) await turns.next();
  }
  const [afterNs, afterId] = [BigInt(after.startNs), idOf(after.spanId)];
  const isBehind = (at: number): boolean => {
    const startNs = both.starts[at] ?? 0n;
    return startNs > afterNs || (startNs === afterNs && (both.spanIds[at] ?? 0n) > afterId);
  };
  const places: number[] = [];
  for (const at of await inOrder(both, turns)) {
    if (places.length === limit) break;
    if (table.known(at) === at && isBehind(at)) places.push(at);
    if (turns.isDue) await turns.next();
  }
  return pickColumns(both, places, turns);
}

async function pickColumns(
  from: SpanColumns,
  places: readonly number[],
  turns: Turns,
): Promise<SpanColumns> {
  const into = emptyColumns(places.length, from.shapes);
  for (const [at, own] of places.entries()) {
    into.spanIds[at] = from.spanIds[own] ?? 0n;
    into.parentIds[at] = from.parentIds[own] ?? 0n;
    into.starts[at] = from.starts[own] ?? 0n;
    into.durations[at] = from.durations[own] ?? 0;
    into.costs[at] = from.costs[own] ?? Number.NaN;
    into.inputTokens[at] = from.inputTokens[own] ?? 0;
    into.outputTokens[at] = from.outputTokens[own] ?? 0;
    into.shapeOf[at] = from.shapeOf[own] ?? 0;
    into.flags[at] = from.flags[own] ?? 0;
    if (turns.isDue) await turns.next();
  }
  return into;
}
