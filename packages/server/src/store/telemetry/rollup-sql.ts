import { BlockDecoder, type NativeBlock } from "./drivers/native.ts";
import type { Driver, InsertColumn } from "./drivers/types.ts";
import { columnsToRead, packColumn, PACKED_COLUMNS, unpackColumns } from "./rollup-codec.ts";
import {
  ROLLUP_NAMES,
  ROLLUPS,
  type RollupColumn,
  type RollupName,
  type RollupSeries,
} from "./rollup-columns.ts";
import { collectRollups, type RollupBlock } from "./rollup-runs.ts";
import type { RollupBatch, RollupHour, RollupSpan, RollupTables } from "./rollup-tables.ts";
import { asSigned, sqlTime, toBigInts } from "./sql-columns.ts";

/** Ids per query: the text of a query stays far below the engine's limit of 256 KiB. */
const IDS_PER_QUERY = 5000;

const STATES = ["dirty", "filled", "seen"] as const;

/** What a column is called in SQL, as a number of 64 bits. */
function selected(name: RollupName, column: RollupColumn): string {
  const startMs = `toUnixTimestamp64Milli(ts) - ${ROLLUPS[name]}`;
  switch (column) {
    case "end":
      return "toFloat64(toUnixTimestamp64Milli(ts)) AS end";
    case "firstTime":
      return `toFloat64(${startMs} + first_offset) AS firstTime`;
    case "lastTime":
      return `toFloat64(${startMs} + last_offset) AS lastTime`;
    case "flags":
    case "count":
    case "resets":
    case "changes":
      return `toFloat64(${column}) AS ${column}`;
    default:
      // The bits of a packed column travel as a double's.
      return `reinterpretAsFloat64(${column}) AS ${column}`;
  }
}

function asBlock(block: NativeBlock, columns: readonly RollupColumn[]): RollupBlock {
  const doubles = (name: string): Float64Array => {
    const column = block.get(name);
    if (column instanceof Float64Array) return column;
    throw new Error("the store answered rollups with other column types than were asked for");
  };
  const ids = block.get("id");
  if (!(ids instanceof BigUint64Array)) throw new Error("the store answered rollups without ids");
  return {
    ids,
    versions: doubles("rank"),
    columns: Object.fromEntries(columns.map((name) => [name, doubles(name)])),
  };
}

/** Rollups in ClickHouse SQL. Columns of an insert arrive as Nullable from the embedded engine, hence assumeNotNull. */
export class SqlRollups implements RollupTables {
  private readonly driver: Driver;
  private readonly decoder = new BlockDecoder();

  constructor(driver: Driver) {
    this.driver = driver;
  }

  async insert(
    name: RollupName,
    tenant: string,
    { ids, rows }: RollupBatch,
    version: number,
    token: string,
  ): Promise<void> {
    const { columns, length } = rows;
    if (length === 0) return;
    const bucketMs = ROLLUPS[name];
    const numbers = (column: RollupColumn): InsertColumn => ({
      name: column,
      type: "Float64",
      data: columns[column].subarray(0, length),
    });
    const offsets = (column: "firstTime" | "lastTime"): InsertColumn => ({
      name: column,
      type: "Float64",
      data: columns[column]
        .slice(0, length)
        .map((time, row) => time - (columns.end[row] as number) + bucketMs),
    });
    const small = (column: string) => `toUInt32(assumeNotNull(${column}))`;
    const packed = PACKED_COLUMNS.map((column) => `assumeNotNull(${column})`).join(", ");
    await this.driver.insert({
      into: `${name} (tenant, id, ts, flags, count, first_offset, last_offset, resets, changes, ${PACKED_COLUMNS.join(", ")}, version)`,
      select: `{tenant:String}, reinterpretAsUInt64(assumeNotNull(id)), fromUnixTimestamp64Milli(assumeNotNull(t), 'UTC'), toUInt8(assumeNotNull(flags)), ${["count", "firstTime", "lastTime", "resets", "changes"].map(small).join(", ")}, ${packed}, ${Math.trunc(version)}`,
      columns: [
        { name: "id", type: "Int64", data: asSigned(ids.subarray(0, length)) },
        { name: "t", type: "Int64", data: toBigInts(columns.end.subarray(0, length)) },
        numbers("flags"),
        numbers("count"),
        offsets("firstTime"),
        offsets("lastTime"),
        numbers("resets"),
        numbers("changes"),
        ...PACKED_COLUMNS.map((column): InsertColumn => ({
          name: column,
          type: "Int64",
          data: packColumn(rows, column),
        })),
      ],
      parameters: { tenant },
      token,
    });
  }

  async read(
    name: RollupName,
    tenant: string,
    ids: readonly bigint[],
    spans: readonly RollupSpan[],
    wanted: readonly RollupColumn[],
  ): Promise<(RollupSeries | undefined)[]> {
    const columns = columnsToRead(wanted);
    const within = spans
      .map(({ startMs, endMs }) => `(ts > ${sqlTime(startMs)} AND ts <= ${sqlTime(endMs)})`)
      .join(" OR ");
    const found: (RollupSeries | undefined)[] = [];
    for (let first = 0; first < ids.length; first += IDS_PER_QUERY) {
      const some = ids.slice(first, first + IDS_PER_QUERY);
      const answer = await this.driver.native(
        `SELECT id, toFloat64(version) AS rank, ${columns.map((column) => selected(name, column)).join(", ")}
         FROM ${name} WHERE tenant = {tenant:String} AND id IN (${some.join(",")}) AND (${within})`,
        { parameters: { tenant } },
      );
      const blocks = this.decoder.decode(answer).map((block) => asBlock(block, columns));
      const series = collectRollups(some, blocks, columns);
      for (const one of series) if (one) unpackColumns(one);
      found.push(...series);
    }
    return found;
  }

  async insertHours(hours: readonly RollupHour[], token: string): Promise<void> {
    if (hours.length === 0) return;
    const numbers = (pick: (hour: RollupHour) => number) => toBigInts(hours.map(pick));
    await this.driver.insert({
      into: "rollup_hours (tenant, ts, state, version)",
      select:
        "tenant, fromUnixTimestamp64Milli(assumeNotNull(t), 'UTC'), toUInt8(assumeNotNull(s)), toUInt64(assumeNotNull(v))",
      columns: [
        { name: "tenant", type: "String", data: hours.map(({ tenant }) => tenant) },
        { name: "t", type: "Int64", data: numbers(({ hourMs }) => hourMs) },
        { name: "s", type: "Int64", data: numbers(({ state }) => STATES.indexOf(state)) },
        { name: "v", type: "Int64", data: numbers(({ version }) => version) },
      ],
      parameters: {},
      token,
    });
  }

  async oldestMs(): Promise<number> {
    let oldest = Infinity;
    for (const name of ROLLUP_NAMES) {
      // Answered from what is known of the partitions, without a row being read.
      const [found] = await this.driver.rows<{ t: number; n: string }>(
        `SELECT toUnixTimestamp64Milli(min(ts)) AS t, toString(count()) AS n FROM ${name}`,
      );
      if (found !== undefined && found.n !== "0") oldest = Math.min(oldest, Number(found.t));
    }
    return oldest;
  }

  async loadHours(): Promise<RollupHour[]> {
    const rows = await this.driver.rows<{ tenant: string; t: number; s: number; v: number }>(
      "SELECT tenant, toUnixTimestamp64Milli(ts) AS t, state AS s, version AS v FROM rollup_hours FINAL",
    );
    return rows.map(({ tenant, t, s, v }) => ({
      tenant,
      hourMs: Number(t),
      state: STATES[s] ?? "dirty",
      version: Number(v),
    }));
  }
}
