import { SPAN_SHAPE_KEYS, emptyColumns, type SpanColumns } from "@fleetlight/contract";

import { Turns } from "#lib";

import { columnBlocks, type ColumnBlock } from "../drivers/native-columns.ts";
import type { Driver } from "../drivers/types.ts";
import { Conditions } from "./conditions.ts";
import { Shapes } from "./shapes.ts";
import { HOST } from "./span-columns.ts";
import { placeOf } from "./trace-times.ts";
import type { SpanCursor } from "./types.ts";

const number = (hex: string) => `reinterpretAsUInt64(reverse(unhex(${hex})))`;

const SELECT = [
  `${number("span_id")} AS span`,
  `${number("parent_span_id")} AS parent`,
  "toInt64(toUnixTimestamp64Nano(ts)) AS start",
  "toFloat64(spans.duration_ns) AS duration",
  "if(cost_source = '' AND cost_usd <= 0, nan, cost_usd) AS cost",
  "toUInt32(least(input_tokens, 4294967295)) AS input",
  "toUInt32(least(output_tokens, 4294967295)) AS output",
  "toUInt8(bitOr(bitAnd(kind, 7), bitOr(bitShiftLeft(bitAnd(status, 3), 3), if(ended = 0, 0, 32)))) AS flags",
  ...SPAN_SHAPE_KEYS.map((key) =>
    key === "host" ? `toLowCardinality(${HOST}) AS host` : `toLowCardinality(${key}) AS ${key}`,
  ),
].join(", ");

/** As the table keeps a trace, so that reading ends with the part; of several deliveries of a span the better one stays. */
const IN_ORDER =
  "tenant, toStartOfMinute(ts), trace_id, ts, span_id, spans.ended DESC, spans.duration_ns DESC LIMIT 1 BY span_id";

function setNumbers(into: SpanColumns, at: number, block: ColumnBlock): void {
  into.spanIds.set(block.numbers<BigUint64Array>("span"), at);
  into.parentIds.set(block.numbers<BigUint64Array>("parent"), at);
  into.starts.set(block.numbers<BigInt64Array>("start"), at);
  into.durations.set(block.numbers<Float64Array>("duration"), at);
  into.costs.set(block.numbers<Float64Array>("cost"), at);
  into.inputTokens.set(block.numbers<Uint32Array>("input"), at);
  into.outputTokens.set(block.numbers<Uint32Array>("output"), at);
  into.flags.set(block.numbers<Uint8Array>("flags"), at);
}

/** Says which shape a row of a block has. */
function shapeReader(block: ColumnBlock, shapes: Shapes): (row: number) => number {
  const columns = SPAN_SHAPE_KEYS.map((key) => block.texts(key));
  // Of the block's dictionaries to those of the part.
  const numbers = columns.map(({ texts }, place) =>
    Uint32Array.from(texts, (text) => shapes.textNumber(place, text)),
  );
  const textAt = (place: number, row: number): string => {
    const column = columns[place];
    return column?.texts[column.codes[row] ?? 0] ?? "";
  };
  return (row) =>
    shapes.of(
      (place) => numbers[place]?.[columns[place]?.codes[row] ?? 0] ?? 0,
      () =>
        Object.fromEntries(SPAN_SHAPE_KEYS.map((key, place) => [key, textAt(place, row)])) as never,
    );
}

/** One part of a trace as columns, by start and then by id, each span once. */
export async function readTraceColumns(
  driver: Driver,
  tenant: string,
  traceId: string,
  after: SpanCursor | undefined,
  limit: number,
): Promise<SpanColumns> {
  const conditions = new Conditions();
  const { before, where } = placeOf(conditions, tenant, [traceId]);
  let behind = "";
  if (after !== undefined) {
    const at = `fromUnixTimestamp64Nano(toInt64(${conditions.bind(after.startNs)}), 'UTC')`;
    behind = ` AND ts >= ${at} AND (ts > ${at} OR span_id > ${conditions.bind(after.spanId)})`;
  }
  const answer = await driver.native(
    `${before} SELECT ${SELECT} FROM spans WHERE ${where}${behind}
     ORDER BY ${IN_ORDER} LIMIT ${Math.trunc(limit)}`,
    { parameters: conditions.parameters },
  );
  const turns = new Turns();
  const blocks: ColumnBlock[] = [];
  for (const block of columnBlocks(answer)) {
    blocks.push(block);
    if (turns.isLong) await turns.next();
  }
  const shapes = new Shapes();
  const count = blocks.reduce((sum, block) => sum + block.count, 0);
  const columns = emptyColumns(count, shapes.list);
  let at = 0;
  for (const block of blocks) {
    setNumbers(columns, at, block);
    const shapeOf = shapeReader(block, shapes);
    for (let row = 0; row < block.count; row++) {
      columns.shapeOf[at + row] = shapeOf(row);
      if (turns.isDue) await turns.next();
    }
    at += block.count;
    if (turns.isLong) await turns.next();
  }
  return columns;
}
