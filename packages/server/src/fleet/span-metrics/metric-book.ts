import { NAME_LABEL, Turns, type LabelSet } from "#lib";
import type { Appender, Exemplar, ExemplarStore, MetricStore, SeriesRef } from "#store";

import type { Family } from "./families.ts";
import { LabelTree } from "./label-tree.ts";
import { OVERFLOW } from "./span-names.ts";

/** What did not change is written again so often, so that instant queries find it. */
const REPEAT_MS = 60_000;
/** What has not changed for so long ends; it begins again at 0, which counters may. */
const EXPIRE_MS = 3_600_000;
/** Samples of one commit: a thousand take about a millisecond. */
const MAX_COMMIT = 4000;
/** Exemplars of one flush. */
const MAX_EXEMPLARS = 1000;
/** Labels whose values are ours, and few. */
const OWN_LABELS = new Set(["span_kind", "status_code", "gen_ai_token_type", "source", "status"]);

interface Sighting {
  value: number;
  timeMs: number;
  traceId: string;
  spanId: string;
}

interface Entry {
  family: Family;
  /** All that the family has, also without values. */
  labels: LabelSet;
  /** Of a counter one; of a histogram its buckets (not cumulative, the last one beyond all bounds), sum and count. */
  values: Float64Array;
  refs: SeriesRef[] | undefined;
  /** The latest one by bucket. */
  sightings: Map<number, Sighting>;
  changed: boolean;
  isNew: boolean;
  changedMs: number;
  writtenMs: number;
}

interface Options {
  metrics: MetricStore;
  exemplars: ExemplarStore;
  tenant: string;
  maxSets: () => number;
  onOverflow(): void;
  onRefused(): void;
}

const withoutEmpty = (labels: LabelSet): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== ""));

const overflowing = (labels: LabelSet): Record<string, string> =>
  Object.fromEntries(
    Object.entries(labels).map(([name, value]) => [
      name,
      value === "" || OWN_LABELS.has(name) ? value : OVERFLOW,
    ]),
  );

const boundOf = (bound: number | undefined): string =>
  bound === undefined ? "+Inf" : String(bound);

/** Counters and histograms of one tenant, bounded, and their way into the store. */
export class MetricBook {
  private readonly options: Options;
  private readonly appender: Appender;
  private readonly entries = new Set<Entry>();
  private readonly byLabels = new Map<Family, LabelTree<Entry>>();
  private lastMs: number;

  constructor(options: Options, nowMs: number) {
    this.options = options;
    this.appender = options.metrics.appender(options.tenant);
    this.lastMs = nowMs;
  }

  get sets(): number {
    return this.entries.size;
  }

  /** @param labels of a family always come with the same names in the same order */
  take(
    family: Family,
    labels: LabelSet,
    value: number,
    { traceId, spanId }: { traceId: string; spanId: string },
    nowMs: number,
  ): void {
    const entry = this.entryOf(family, labels, nowMs);
    const { values } = entry;
    entry.changed = true;
    entry.changedMs = nowMs;
    if (family.bounds === undefined) {
      values[0] = (values[0] ?? 0) + value;
      return;
    }
    const end = family.bounds.length + 1;
    let bucket = 0;
    while (bucket < end - 1 && !(value <= (family.bounds[bucket] as number))) bucket++;
    values[bucket] = (values[bucket] ?? 0) + 1;
    values[end] = (values[end] ?? 0) + value;
    values[end + 1] = (values[end + 1] ?? 0) + 1;
    const sighting = entry.sightings.get(bucket);
    if (sighting === undefined)
      entry.sightings.set(bucket, { value, timeMs: nowMs, traceId, spanId });
    else {
      sighting.value = value;
      sighting.timeMs = nowMs;
      sighting.traceId = traceId;
      sighting.spanId = spanId;
    }
  }

  private entryOf(family: Family, labels: LabelSet, nowMs: number): Entry {
    let tree = this.byLabels.get(family);
    if (tree === undefined) this.byLabels.set(family, (tree = new LabelTree()));
    const known = tree.get(labels);
    if (known !== undefined) return known;
    if (this.entries.size >= this.options.maxSets()) {
      const other = overflowing(labels);
      if (Object.keys(other).some((name) => other[name] !== labels[name])) {
        this.options.onOverflow();
        return this.entryOf(family, other, nowMs);
      }
    }
    const entry: Entry = {
      family,
      labels,
      values: new Float64Array(family.bounds === undefined ? 1 : family.bounds.length + 3),
      refs: undefined,
      sightings: new Map(),
      changed: true,
      isNew: true,
      changedMs: nowMs,
      writtenMs: 0,
    };
    this.entries.add(entry);
    tree.set(labels, entry);
    return entry;
  }

  private remove(entry: Entry): void {
    this.entries.delete(entry);
    this.byLabels.get(entry.family)?.delete(entry.labels);
  }

  /** Writes what has changed, ends what has long been silent. Rejects as `Appender.commit` does; then all is tried again. */
  async flush(nowMs: number): Promise<void> {
    const timeMs = Math.max(nowMs, this.lastMs + 1);
    let written: Entry[] = [];
    const found: Exemplar[] = [];
    const turns = new Turns();
    const commit = async () => {
      const some = written;
      written = [];
      try {
        await this.appender.commit();
      } catch (error) {
        for (const entry of some) entry.changed = true;
        throw error;
      }
    };
    for (const entry of this.entries) {
      if (nowMs - entry.changedMs > EXPIRE_MS) {
        for (const ref of entry.refs ?? []) this.appender.appendStale(ref, timeMs);
        this.remove(entry);
      } else if (entry.changed || nowMs - entry.writtenMs >= REPEAT_MS) {
        if (!this.write(entry, timeMs)) {
          this.remove(entry);
          continue;
        }
        written.push(entry);
        if (found.length < MAX_EXEMPLARS) found.push(...exemplarsOf(entry));
        entry.sightings.clear();
      }
      if (this.appender.size >= MAX_COMMIT) await commit();
      if (turns.isLong) await turns.next();
    }
    await commit();
    this.lastMs = timeMs;
    if (found.length > 0) await this.options.exemplars.append(this.options.tenant, found);
  }

  /** @returns false when the store takes no further series. */
  private write(entry: Entry, timeMs: number): boolean {
    try {
      entry.refs ??= this.open(entry);
    } catch {
      this.options.onRefused();
      return false;
    }
    const { refs, values, family } = entry;
    // A counter that appears with a value would hide its first increase: it was 0 at the last flush.
    if (entry.isNew)
      for (const ref of refs)
        if (this.options.metrics.newestTime(ref) < this.lastMs)
          this.appender.append(ref, this.lastMs, 0);
    const buckets = family.bounds === undefined ? 0 : family.bounds.length + 1;
    let sum = 0;
    for (const [i, ref] of refs.entries()) {
      const value = values[i] ?? 0;
      sum += value;
      this.appender.append(ref, timeMs, i < buckets ? sum : value);
    }
    entry.isNew = entry.changed = false;
    entry.writtenMs = timeMs;
    return true;
  }

  private open({ family: { name, bounds, help, unit }, labels }: Entry): SeriesRef[] {
    const { metrics, tenant } = this.options;
    const kept = withoutEmpty(labels);
    const series = (own: string, more: LabelSet = {}) =>
      this.appender.series({ ...kept, ...more, [NAME_LABEL]: own });
    metrics.describe(tenant, name, { type: bounds ? "histogram" : "counter", unit, help });
    if (bounds === undefined) return [series(name)];
    return [
      ...[...bounds, undefined].map((bound) => series(`${name}_bucket`, { le: boundOf(bound) })),
      series(`${name}_sum`),
      series(`${name}_count`),
    ];
  }
}

const exemplarsOf = ({ sightings, refs }: Entry): Exemplar[] =>
  [...sightings].flatMap(([bucket, { value, timeMs, traceId, spanId }]) => {
    const ref = refs?.[bucket];
    if (ref === undefined) return [];
    return [{ ref, value, timeMs, labels: { trace_id: traceId, span_id: spanId } }];
  });
