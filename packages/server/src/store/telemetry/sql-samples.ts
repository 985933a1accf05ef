import type { Driver } from "./drivers/types.ts";
import { asSigned, sqlTime, toBigInts, writeInt64 } from "./sql-columns.ts";
import type { ExemplarRow, HistogramRow, SampleColumns } from "./tables.ts";

/** Ids per query: the text of a query stays far below the engine's limit of 256 KiB. */
const IDS_PER_QUERY = 5000;

const VALUE = "assumeNotNull(v)";
/** The whole number next to a value; 0 for what has none, because the conversion of NaN and infinity throws. */
const WHOLE = `toInt64(if(abs(${VALUE}) < 9e15, ${VALUE}, 0))`;
/** Compared as bits: negative zero is not whole. */
const IS_WHOLE = `reinterpretAsUInt64(${VALUE}) = reinterpretAsUInt64(toFloat64(${WHOLE}))`;
/** The columns `value` and `whole`, of which one has the sample and the other 0. */
const SPLIT_VALUE = `if(${IS_WHOLE}, 0, ${VALUE}), if(${IS_WHOLE}, ${WHOLE}, 0)`;

/** Three columns that are filled for one insert after the other: one insert is under way at a time. */
class ArrowColumns {
  private capacity = 0;
  private ids = new BigUint64Array(0);
  private times = new BigInt64Array(0);
  private timeWords = new Int32Array(0);
  private values = new Float64Array(0);

  fill(parts: readonly SampleColumns[]) {
    const rows = parts.reduce((sum, { ids }) => sum + ids.length, 0);
    this.reserve(rows);
    let at = 0;
    for (const { ids, times, values } of parts) {
      this.ids.set(ids, at);
      writeInt64(this.timeWords, times, at, times.length);
      // A copy of memory: markers keep their bits.
      this.values.set(values, at);
      at += ids.length;
    }
    return {
      ids: asSigned(this.ids.subarray(0, rows)),
      times: this.times.subarray(0, rows),
      values: this.values.subarray(0, rows),
    };
  }

  private reserve(rows: number): void {
    if (rows <= this.capacity) return;
    this.capacity = Math.max(4096, rows, Math.min(this.capacity * 2, rows + 65_536));
    this.ids = new BigUint64Array(this.capacity);
    this.times = new BigInt64Array(this.capacity);
    this.timeWords = new Int32Array(this.times.buffer);
    this.values = new Float64Array(this.capacity);
  }
}

/**
 * Inserts of samples, histograms and exemplars, and the reading of the latter two. Columns of an insert arrive as
 * Nullable from the embedded engine, hence assumeNotNull.
 */
export class SqlSamples {
  private readonly driver: Driver;
  private readonly columns = new ArrowColumns();

  constructor(driver: Driver) {
    this.driver = driver;
  }

  /** Calls MUST follow one another: the columns are used again. */
  async insertSamples(
    tenant: string,
    parts: readonly SampleColumns[],
    token: string,
  ): Promise<void> {
    const { ids, times, values } = this.columns.fill(parts);
    if (ids.length === 0) return;
    await this.driver.insert({
      into: "samples (tenant, id, ts, value, whole)",
      select: `{tenant:String}, reinterpretAsUInt64(assumeNotNull(id)), fromUnixTimestamp64Milli(assumeNotNull(t), 'UTC'), ${SPLIT_VALUE}`,
      columns: [
        { name: "id", type: "Int64", data: ids },
        { name: "t", type: "Int64", data: times },
        { name: "v", type: "Float64", data: values },
      ],
      parameters: { tenant },
      token,
    });
  }

  async insertHistograms(
    tenant: string,
    rows: readonly HistogramRow[],
    token: string,
  ): Promise<void> {
    if (rows.length === 0) return;
    await this.driver.insert({
      into: "histograms (tenant, id, ts, data)",
      select:
        "{tenant:String}, reinterpretAsUInt64(assumeNotNull(id)), fromUnixTimestamp64Milli(assumeNotNull(t), 'UTC'), unhex(assumeNotNull(d))",
      columns: [
        { name: "id", type: "Int64", data: asSigned(BigUint64Array.from(rows, ({ id }) => id)) },
        { name: "t", type: "Int64", data: toBigInts(rows.map(({ timeMs }) => timeMs)) },
        // Arrow columns of this engine hold text, no bytes.
        {
          name: "d",
          type: "String",
          data: rows.map(({ bytes }) =>
            Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex"),
          ),
        },
      ],
      parameters: { tenant },
      token,
    });
  }

  async insertExemplars(rows: readonly ExemplarRow[], token: string): Promise<void> {
    if (rows.length === 0) return;
    await this.driver.insert({
      into: "exemplars (tenant, id, ts, value, labels)",
      select:
        "tenant, reinterpretAsUInt64(assumeNotNull(id)), fromUnixTimestamp64Milli(assumeNotNull(t), 'UTC'), assumeNotNull(v), JSONExtract(assumeNotNull(labels), 'Map(String, String)')",
      columns: [
        { name: "tenant", type: "String", data: rows.map(({ tenant }) => tenant) },
        { name: "id", type: "Int64", data: asSigned(BigUint64Array.from(rows, ({ id }) => id)) },
        { name: "t", type: "Int64", data: toBigInts(rows.map(({ timeMs }) => timeMs)) },
        { name: "v", type: "Float64", data: Float64Array.from(rows, ({ value }) => value) },
        { name: "labels", type: "String", data: rows.map(({ labels }) => JSON.stringify(labels)) },
      ],
      parameters: {},
      token,
    });
  }

  async readHistograms(
    tenant: string,
    ids: readonly bigint[],
    startMs: number,
    endMs: number,
  ): Promise<HistogramRow[]> {
    const found: HistogramRow[] = [];
    const sorted = ids.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    for (let first = 0; first < sorted.length; first += IDS_PER_QUERY) {
      const some = sorted.slice(first, first + IDS_PER_QUERY).join(",");
      const rows = await this.driver.rows<{ i: string; t: number; d: string }>(
        `SELECT toString(id) AS i, toUnixTimestamp64Milli(ts) AS t, base64Encode(data) AS d FROM histograms
         WHERE tenant = {tenant:String} AND id IN (${some}) AND ts >= ${sqlTime(startMs)} AND ts <= ${sqlTime(endMs)} ORDER BY id, ts`,
        { parameters: { tenant } },
      );
      for (const { i, t, d } of rows)
        found.push({ id: BigInt(i), timeMs: Number(t), bytes: Buffer.from(d, "base64") });
    }
    return found;
  }

  async loadExemplars(sinceMs: number, limit: number): Promise<ExemplarRow[]> {
    const rows = await this.driver.rows<{
      tenant: string;
      i: string;
      t: number;
      v: number | null;
      l: Record<string, string>;
    }>(
      `SELECT tenant, toString(id) AS i, toUnixTimestamp64Milli(ts) AS t, value AS v, labels AS l FROM exemplars
       WHERE ts >= ${sqlTime(sinceMs)} ORDER BY ts DESC LIMIT ${Math.trunc(limit)}`,
    );
    return rows
      .map(({ tenant, i, t, v, l }) => ({
        tenant,
        id: BigInt(i),
        timeMs: Number(t),
        // JSON has no NaN and no infinity; as exemplars they mean nothing.
        value: v ?? Number.NaN,
        labels: l,
      }))
      .reverse();
  }
}
