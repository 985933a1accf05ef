import {
  ROLLUP_COLUMNS,
  type RollupColumn,
  type RollupName,
  type RollupSeries,
} from "./rollup-columns.ts";
import type { RollupBatch, RollupHour, RollupSpan, RollupTables } from "./rollup-tables.ts";

interface Row {
  version: number;
  values: ReadonlyMap<RollupColumn, number>;
}

/** Rollups in plain maps, for tests and short-lived servers. */
export class MemoryRollups implements RollupTables {
  private readonly tokens = new Set<string>();
  /** By table, tenant and series; then by the end of the bucket. */
  private readonly buckets = new Map<string, Map<number, Row>>();
  private readonly hours = new Map<string, RollupHour>();

  async insert(
    name: RollupName,
    tenant: string,
    { ids, rows: { columns, length } }: RollupBatch,
    version: number,
    token: string,
  ): Promise<void> {
    if (this.tokens.has(token)) return;
    this.tokens.add(token);
    for (let row = 0; row < length; row++) {
      const key = `${name} ${tenant} ${ids[row]}`;
      const series = this.buckets.get(key) ?? new Map<number, Row>();
      this.buckets.set(key, series);
      const end = columns.end[row] as number;
      if ((series.get(end)?.version ?? -Infinity) > version) continue;
      const values = new Map(ROLLUP_COLUMNS.map((one) => [one, columns[one][row] as number]));
      series.set(end, { version, values });
    }
  }

  async read(
    name: RollupName,
    tenant: string,
    ids: readonly bigint[],
    spans: readonly RollupSpan[],
    wanted: readonly RollupColumn[],
  ): Promise<(RollupSeries | undefined)[]> {
    const columns = new Set<RollupColumn>(["end", "flags", ...wanted]);
    return ids.map((id) => {
      const rows = [...(this.buckets.get(`${name} ${tenant} ${id}`) ?? [])]
        .filter(([end]) => spans.some(({ startMs, endMs }) => end > startMs && end <= endMs))
        .toSorted(([a], [b]) => a - b);
      if (rows.length === 0) return undefined;
      const series: RollupSeries = { length: rows.length };
      for (const column of columns)
        series[column] = Float64Array.from(rows, ([, { values }]) => values.get(column) ?? 0);
      return series;
    });
  }

  async insertHours(hours: readonly RollupHour[], token: string): Promise<void> {
    if (this.tokens.has(token)) return;
    this.tokens.add(token);
    for (const hour of hours) {
      const key = `${hour.tenant} ${hour.hourMs}`;
      if ((this.hours.get(key)?.version ?? -Infinity) <= hour.version) this.hours.set(key, hour);
    }
  }

  async oldestMs(): Promise<number> {
    let oldest = Infinity;
    for (const series of this.buckets.values())
      for (const end of series.keys()) oldest = Math.min(oldest, end);
    return oldest;
  }

  async loadHours(): Promise<RollupHour[]> {
    return [...this.hours.values()];
  }

  /** Forgets buckets that end before the cut. */
  deleteBefore(name: RollupName, cutoffMs: number): void {
    for (const [key, series] of this.buckets)
      if (key.startsWith(`${name} `))
        for (const end of series.keys()) if (end < cutoffMs) series.delete(end);
  }
}
