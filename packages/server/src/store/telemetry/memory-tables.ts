import { sliceById, type Columns } from "./join.ts";
import { MemoryRollups } from "./rollup-memory.ts";
import type {
  BucketRows,
  ExemplarRow,
  HistogramRow,
  MetadataRow,
  Partition,
  RecentSamples,
  SampleColumns,
  SeriesRow,
  Signal,
  Tables,
} from "./tables.ts";
import { MemoryActivities } from "./activities/index.ts";
import { MemoryEdges } from "./edges/index.ts";
import { MemoryLogs } from "./logs/index.ts";
import { MemorySpans } from "./spans/index.ts";
import type { EventQuery, EventRecord } from "./types.ts";

interface Row {
  tenant: string;
  id: bigint;
  time: number;
  value: number;
}

const byIdAndTime = (a: Row, b: Row): number =>
  a.id < b.id ? -1 : a.id > b.id ? 1 : a.time - b.time;

const asColumns = (rows: readonly Row[]): SampleColumns => ({
  ids: BigUint64Array.from(rows, (row) => row.id),
  times: Float64Array.from(rows, (row) => row.time),
  values: Float64Array.from(rows, (row) => row.value),
});

const DAY_MS = 86_400_000;
const BUCKET_MS = 2 * 3_600_000;

/** Tables in plain arrays, for tests and short-lived servers: nothing is kept after the process. */
export class MemoryTables implements Tables {
  readonly rollups = new MemoryRollups();
  readonly logs = new MemoryLogs();
  readonly spans = new MemorySpans((tenant) => this.logs.said(tenant));
  readonly edges = new MemoryEdges();
  readonly activities = new MemoryActivities();
  private readonly tokens = new Set<string>();
  private readonly series = new Map<string, SeriesRow>();
  private readonly metadata = new Map<string, MetadataRow>();
  private samples: Row[] = [];
  private histograms: (HistogramRow & { tenant: string })[] = [];
  private exemplars: ExemplarRow[] = [];
  private events: { tenant: string; event: EventRecord }[] = [];

  private isNew(token: string): boolean {
    if (this.tokens.has(token)) return false;
    this.tokens.add(token);
    return true;
  }

  async migrate(): Promise<void> {}

  async insertSeries(rows: readonly SeriesRow[], token: string): Promise<void> {
    if (!this.isNew(token)) return;
    for (const row of rows) {
      const known = this.series.get(`${row.tenant} ${row.id}`);
      this.series.set(`${row.tenant} ${row.id}`, {
        ...row,
        firstSeenMs: Math.min(row.firstSeenMs, known?.firstSeenMs ?? Infinity),
        lastSeenMs: Math.max(row.lastSeenMs, known?.lastSeenMs ?? -Infinity),
      });
    }
  }

  async insertSamples(
    tenant: string,
    parts: readonly SampleColumns[],
    token: string,
  ): Promise<void> {
    if (!this.isNew(token)) return;
    for (const samples of parts)
      for (const [i, id] of samples.ids.entries())
        this.samples.push({
          tenant,
          id,
          time: samples.times[i] ?? 0,
          value: samples.values[i] ?? 0,
        });
  }

  async insertHistograms(
    tenant: string,
    rows: readonly HistogramRow[],
    token: string,
  ): Promise<void> {
    if (!this.isNew(token)) return;
    for (const row of rows) this.histograms.push({ tenant, ...row, bytes: row.bytes.slice() });
  }

  async insertExemplars(rows: readonly ExemplarRow[], token: string): Promise<void> {
    if (this.isNew(token)) this.exemplars.push(...rows);
  }

  async insertMetadata(rows: readonly MetadataRow[], token: string): Promise<void> {
    if (!this.isNew(token)) return;
    for (const row of rows) this.metadata.set(`${row.tenant} ${row.metric}`, row);
  }

  async insertEvents(tenant: string, events: readonly EventRecord[], token: string): Promise<void> {
    if (!this.isNew(token)) return;
    const known = new Set(this.events.map(({ event }) => event.id));
    for (const event of events) if (!known.has(event.id)) this.events.push({ tenant, event });
  }

  async loadSeries(sinceMs: number, limit: number): Promise<SeriesRow[]> {
    return [...this.series.values()]
      .filter((row) => row.lastSeenMs >= sinceMs)
      .toSorted((a, b) => b.lastSeenMs - a.lastSeenMs)
      .slice(0, limit);
  }

  async loadMetadata(): Promise<MetadataRow[]> {
    return [...this.metadata.values()];
  }

  async readSamples(
    tenant: string,
    ids: readonly bigint[],
    startMs: number,
    endMs: number,
  ): Promise<(Columns | undefined)[]> {
    const wanted = new Set(ids);
    const rows = this.samples.filter(
      (row) =>
        row.tenant === tenant && wanted.has(row.id) && row.time >= startMs && row.time <= endMs,
    );
    const found = sliceById(asColumns(rows.toSorted(byIdAndTime)));
    return ids.map((id) => found.get(id));
  }

  async readHistograms(
    tenant: string,
    ids: readonly bigint[],
    startMs: number,
    endMs: number,
  ): Promise<HistogramRow[]> {
    const wanted = new Set(ids);
    return this.histograms
      .filter(
        (row) =>
          row.tenant === tenant &&
          wanted.has(row.id) &&
          row.timeMs >= startMs &&
          row.timeMs <= endMs,
      )
      .toSorted((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : a.timeMs - b.timeMs));
  }

  async loadExemplars(sinceMs: number, limit: number): Promise<ExemplarRow[]> {
    return this.exemplars
      .filter((row) => row.timeMs >= sinceMs)
      .toSorted((a, b) => a.timeMs - b.timeMs)
      .slice(-limit);
  }

  async readRecent(
    tenant: string,
    ids: readonly bigint[],
    sinceMs: number,
    limit: number,
  ): Promise<RecentSamples> {
    const times = this.samples
      .filter((row) => row.tenant === tenant && row.time >= sinceMs)
      .map(({ time }) => time)
      .toSorted((a, b) => b - a);
    const fromMs = times.length > limit ? (times[limit - 1] ?? 0) + 1 : sinceMs;
    return { fromMs, series: await this.readSamples(tenant, ids, fromMs, Infinity) };
  }

  async countSamples(startMs: number, endMs: number): Promise<BucketRows[]> {
    const counts = new Map<number, number>();
    for (const { time } of this.samples) {
      const bucket = Math.floor(time / BUCKET_MS) * BUCKET_MS;
      if (time >= startMs && time <= endMs) counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
    }
    return [...counts]
      .map(([bucket, rows]) => ({ startMs: bucket, rows }))
      .toSorted((a, b) => b.startMs - a.startMs);
  }

  async readEvents(tenant: string, query: EventQuery): Promise<EventRecord[]> {
    return this.events
      .filter((row) => row.tenant === tenant)
      .map((row) => row.event)
      .filter(
        (event) =>
          (query.service === undefined || event.service === query.service) &&
          (query.types === undefined || query.types.includes(event.type)) &&
          event.timeMs >= (query.startMs ?? -Infinity) &&
          event.timeMs <= (query.endMs ?? Infinity),
      )
      .toSorted((a, b) => b.timeMs - a.timeMs)
      .slice(0, query.limit);
  }

  async fingerprint(): Promise<undefined> {
    return undefined;
  }

  async partitions(): Promise<Partition[]> {
    const days = new Map<number, number>();
    for (const row of this.samples) {
      const day = Math.floor(row.time / DAY_MS);
      days.set(day, (days.get(day) ?? 0) + 24);
    }
    return [...days]
      .toSorted(([a], [b]) => a - b)
      .map(([day, bytes]) => ({
        signal: "metrics",
        table: "samples",
        id: String(day),
        newestMs: (day + 1) * DAY_MS,
        bytes,
      }));
  }

  async dropPartition(partition: Partition): Promise<void> {
    this.samples = this.samples.filter(
      (row) => String(Math.floor(row.time / DAY_MS)) !== partition.id,
    );
  }

  async deleteBefore(signal: Signal, cutoffMs: number): Promise<void> {
    if (signal === "metrics") {
      this.samples = this.samples.filter((row) => row.time >= cutoffMs);
      this.histograms = this.histograms.filter((row) => row.timeMs >= cutoffMs);
      this.exemplars = this.exemplars.filter((row) => row.timeMs >= cutoffMs);
    } else if (signal === "traces") {
      this.spans.deleteBefore(cutoffMs);
      this.edges.deleteBefore(cutoffMs);
      this.activities.deleteBefore(cutoffMs);
    } else if (signal === "contents") this.spans.deleteContentsBefore(cutoffMs);
    else if (signal === "logs") this.logs.deleteBefore(cutoffMs);
    else if (signal !== "events") this.rollups.deleteBefore(signal, cutoffMs);
    else this.events = this.events.filter(({ event }) => event.timeMs >= cutoffMs);
  }

  async deleteSeriesBefore(cutoffMs: number): Promise<void> {
    for (const [key, row] of this.series) if (row.lastSeenMs < cutoffMs) this.series.delete(key);
  }

  async ping(): Promise<void> {}

  async close(): Promise<void> {}
}
