import { decodeNative } from "./drivers/native.ts";
import type { Driver } from "./drivers/types.ts";
import { sqlTime } from "./sql-columns.ts";
import { concatSamples, type BucketRows, type SampleColumns } from "./tables.ts";

/** Ids per query: the text of a query stays far below the engine's limit of 256 KiB. */
const IDS_PER_QUERY = 5000;
/** Times that a DateTime64(3) holds: 1900 to 2299. */
const EARLIEST_MS = Date.UTC(1900, 0, 1);
const LATEST_MS = Date.UTC(2299, 11, 31);

const SAMPLE_COLUMNS = "id, toUnixTimestamp64Milli(ts) AS t, value AS v";

const toNumbers = (column: BigInt64Array): Float64Array => {
  const numbers = new Float64Array(column.length);
  const words = new Int32Array(column.buffer, column.byteOffset, column.length * 2);
  for (let i = 0; i < column.length; i++)
    numbers[i] = (words[i * 2 + 1] as number) * 4294967296 + ((words[i * 2] as number) >>> 0);
  return numbers;
};

const asSamples = (answer: Uint8Array): SampleColumns => {
  const columns = decodeNative(answer);
  const ids = columns.get("id");
  const times = columns.get("t");
  const values = columns.get("v");
  if (ids === undefined) return concatSamples([]);
  if (
    !(ids instanceof BigUint64Array) ||
    !(times instanceof BigInt64Array) ||
    !(values instanceof Float64Array)
  )
    throw new Error("the store answered samples with other column types than were asked for");
  return { ids, times: toNumbers(times), values };
};

/** Beyond what the column's type holds there is nothing to be found, and its arithmetic would wrap. */
const between = (startMs: number, endMs: number): string =>
  `ts >= ${sqlTime(Math.min(LATEST_MS, Math.max(EARLIEST_MS, startMs)))} AND ts <= ${sqlTime(Math.min(LATEST_MS, Math.max(EARLIEST_MS, endMs)))}`;

/** Reads samples from the tables. */
export class SqlReader {
  private readonly driver: Driver;

  constructor(driver: Driver) {
    this.driver = driver;
  }

  async readSamples(
    tenant: string,
    ids: readonly bigint[],
    startMs: number,
    endMs: number,
  ): Promise<SampleColumns> {
    const answers: SampleColumns[] = [];
    const sorted = ids.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    for (let first = 0; first < sorted.length; first += IDS_PER_QUERY) {
      const some = sorted.slice(first, first + IDS_PER_QUERY).join(",");
      answers.push(
        asSamples(
          await this.driver.native(
            `SELECT ${SAMPLE_COLUMNS} FROM samples WHERE tenant = {tenant:String} AND id IN (${some}) AND ${between(startMs, endMs)} ORDER BY id, ts`,
            { parameters: { tenant } },
          ),
        ),
      );
    }
    return concatSamples(answers);
  }

  async readRecent(tenant: string, sinceMs: number, limit: number): Promise<SampleColumns> {
    const where = `FROM samples WHERE tenant = {tenant:String} AND ${between(sinceMs, Infinity)}`;
    const options = { parameters: { tenant } };
    const counted = await this.driver.rows<{ rows: string }>(
      `SELECT toString(count()) AS rows ${where}`,
      options,
    );
    // Sorting by time first, to keep the newest, doubles the cost and is needed only where there are too many.
    const from =
      Number(counted[0]?.rows ?? 0) <= limit
        ? where
        : `FROM (SELECT id, ts, value ${where} ORDER BY ts DESC LIMIT ${Math.trunc(limit)})`;
    return asSamples(
      await this.driver.native(`SELECT ${SAMPLE_COLUMNS} ${from} ORDER BY id, ts`, options),
    );
  }

  async countSamples(startMs: number, endMs: number): Promise<BucketRows[]> {
    const rows = await this.driver.rows<{ b: number; n: string }>(
      `SELECT toUnixTimestamp(toStartOfInterval(ts, toIntervalHour(2))) AS b, toString(count()) AS n
       FROM samples WHERE ${between(startMs, endMs)} GROUP BY b ORDER BY b DESC`,
    );
    return rows.map(({ b, n }) => ({ startMs: Number(b) * 1000, rows: Number(n) }));
  }
}
