import { BlockDecoder, type NativeBlock } from "./drivers/native.ts";
import type { Driver } from "./drivers/types.ts";
import type { Columns } from "./join.ts";
import { collectRuns, type SampleBlock } from "./runs.ts";
import { sqlTime } from "./sql-columns.ts";
import type { BucketRows, RecentSamples } from "./tables.ts";

/** Ids per query: the text of a query stays far below the engine's limit of 256 KiB. */
const IDS_PER_QUERY = 5000;
/** Times that a DateTime64(3) holds: 1900 to 2299. */
const EARLIEST_MS = Date.UTC(1900, 0, 1);
const LATEST_MS = Date.UTC(2299, 11, 31);

/** Times as doubles and both kinds of values in one column: what comes needs no further work. */
const SAMPLE_COLUMNS =
  "id, toFloat64(toUnixTimestamp64Milli(ts)) AS t, if(whole != 0, toFloat64(whole), value) AS v";

const asBlock = (block: NativeBlock): SampleBlock => {
  const ids = block.get("id");
  const times = block.get("t");
  const values = block.get("v");
  if (
    !(ids instanceof BigUint64Array) ||
    !(times instanceof Float64Array) ||
    !(values instanceof Float64Array)
  )
    throw new Error("the store answered samples with other column types than were asked for");
  return { ids, times, values };
};

/** Beyond what the column's type holds there is nothing to be found, and its arithmetic would wrap. */
const between = (startMs: number, endMs: number): string =>
  `ts >= ${sqlTime(Math.min(LATEST_MS, Math.max(EARLIEST_MS, startMs)))} AND ts <= ${sqlTime(Math.min(LATEST_MS, Math.max(EARLIEST_MS, endMs)))}`;

/** Reads samples from the tables. */
export class SqlReader {
  private readonly driver: Driver;
  private readonly decoder = new BlockDecoder();

  constructor(driver: Driver) {
    this.driver = driver;
  }

  private collect(ids: readonly bigint[], answer: Uint8Array): (Columns | undefined)[] {
    return collectRuns(ids, this.decoder.decode(answer).map(asBlock));
  }

  /** Rows come as they lie in the tables' parts: sorting them there costs as much again as reading them. */
  async readSamples(
    tenant: string,
    ids: readonly bigint[],
    startMs: number,
    endMs: number,
  ): Promise<(Columns | undefined)[]> {
    const found: (Columns | undefined)[] = [];
    for (let first = 0; first < ids.length; first += IDS_PER_QUERY) {
      const some = ids.slice(first, first + IDS_PER_QUERY);
      const answer = await this.driver.native(
        `SELECT ${SAMPLE_COLUMNS} FROM samples WHERE tenant = {tenant:String} AND id IN (${some.join(",")}) AND ${between(startMs, endMs)}`,
        { parameters: { tenant } },
      );
      found.push(...this.collect(some, answer));
    }
    return found;
  }

  async readRecent(
    tenant: string,
    ids: readonly bigint[],
    sinceMs: number,
    limit: number,
  ): Promise<RecentSamples> {
    const options = { parameters: { tenant } };
    const where = `FROM samples WHERE tenant = {tenant:String} AND `;
    let fromMs = sinceMs;
    const counted = await this.driver.rows<{ n: string }>(
      `SELECT toString(count()) AS n ${where}${between(sinceMs, Infinity)}`,
      options,
    );
    if (Number(counted[0]?.n ?? 0) > limit) {
      const [cut] = await this.driver.rows<{ c: number }>(
        `SELECT toUnixTimestamp64Milli(min(ts)) AS c FROM (SELECT ts ${where}${between(sinceMs, Infinity)} ORDER BY ts DESC LIMIT ${Math.trunc(limit)})`,
        options,
      );
      fromMs = Number(cut?.c ?? sinceMs) + 1;
    }
    const answer = await this.driver.native(
      `SELECT ${SAMPLE_COLUMNS} ${where}${between(fromMs, Infinity)}`,
      options,
    );
    return { fromMs, series: this.collect(ids, answer) };
  }

  async countSamples(startMs: number, endMs: number): Promise<BucketRows[]> {
    const rows = await this.driver.rows<{ b: number; n: string }>(
      `SELECT toUnixTimestamp(toStartOfInterval(ts, toIntervalHour(2))) AS b, toString(count()) AS n
       FROM samples WHERE ${between(startMs, endMs)} GROUP BY b ORDER BY b DESC`,
    );
    return rows.map(({ b, n }) => ({ startMs: Number(b) * 1000, rows: Number(n) }));
  }
}
