import { compareBytes, Labels } from "@fleetlight/promql";

import { labelNames, type LabelSet, type Selector } from "#lib";

import { Posting, TopList } from "./postings.ts";
import { finish, searchSeries, STEP, type SearchLimits, type Steps } from "./series-search.ts";
import type { Cardinality, SeriesRef } from "./types.ts";

type Matcher = Selector["matchers"][number];

/** Series of one value of one label. The value is the one string that all its series share. */
interface ValueEntry {
  value: string;
  posting: Posting;
}

interface TenantIndex {
  all: Posting;
  /** By label name, then by value. */
  names: Map<string, Values>;
  labelPairs: number;
}

type Values = Map<string, ValueEntry>;
type Keep = (ref: SeriesRef) => boolean;

/** Values of one label whose order is remembered; more are not worth their memory. */
const MAX_ORDERED = 4096;

const NO_LABELS = Labels.empty;
const EMPTY: TenantIndex = { all: new Posting(), names: new Map(), labelPairs: 0 };

/** Whether one of the series before the newest may stay. */
function* isOlderKept({ posting }: ValueEntry, keep: Keep): Steps<boolean> {
  const { refs } = posting;
  for (let i = refs.length - 2; i >= 0; i--) {
    if (keep(refs[i] as SeriesRef)) return true;
    if (i % STEP === 0) yield;
  }
  return false;
}

/**
 * Which series have which labels, in memory: for each value of each label the series in ascending order. Names and values
 * are kept once, however many series have them.
 */
export class LabelIndex {
  private readonly labels: Labels[] = [];
  private readonly tenants = new Map<string, TenantIndex>();
  /** Lists of label names, one per combination that occurs: most series of a metric share theirs. */
  private readonly shapes = new Map<string, readonly string[]>();
  /** Values in their order, as long as no further one has come. */
  private readonly ordered = new WeakMap<Values, readonly ValueEntry[]>();

  /** Refs MUST come in ascending order. */
  add(tenant: string, ref: SeriesRef, labels: LabelSet): void {
    const index = this.tenants.get(tenant) ?? {
      all: new Posting(),
      names: new Map(),
      labelPairs: 0,
    };
    this.tenants.set(tenant, index);
    const names = this.shape(labelNames(labels).toSorted(compareBytes));
    const values: string[] = [];
    for (const name of names) {
      let known = index.names.get(name);
      if (known === undefined) index.names.set(name, (known = new Map()));
      const value = labels[name] ?? "";
      let entry = known.get(value);
      if (entry === undefined) {
        known.set(value, (entry = { value, posting: new Posting() }));
        index.labelPairs++;
      }
      entry.posting.push(ref);
      values.push(entry.value);
    }
    index.all.push(ref);
    this.labels[ref] = new Labels(names, values);
  }

  private shape(names: string[]): readonly string[] {
    const key = names.join("\ud800");
    const known = this.shapes.get(key);
    if (known === undefined) this.shapes.set(key, names);
    return known ?? names;
  }

  labelsOf(ref: SeriesRef): Labels {
    return this.labels[ref] ?? NO_LABELS;
  }

  /** Searches the series that match every matcher, step by step; ascending. */
  search(tenant: string, matchers: readonly Matcher[], limits: SearchLimits): Steps<SeriesRef[]> {
    const { all, names } = this.tenants.get(tenant) ?? EMPTY;
    const index = { all, names, labelsOf: (ref: SeriesRef) => this.labelsOf(ref) };
    return searchSeries(index, matchers, limits);
  }

  /** What `search` finds, without a pause. */
  select(tenant: string, matchers: readonly Matcher[], limits: SearchLimits = {}): SeriesRef[] {
    return finish(this.search(tenant, matchers, limits));
  }

  /** Names of labels by bytes: of all series, or of those given. */
  labelNames(tenant: string, refs?: readonly SeriesRef[]): string[] {
    if (refs === undefined)
      return [...(this.tenants.get(tenant)?.names.keys() ?? [])].toSorted(compareBytes);
    const shapes = new Set(refs.map((ref) => this.labelsOf(ref).names));
    return [...new Set([...shapes].flat())].toSorted(compareBytes);
  }

  /** Values of a label in no order: of all series, or of those given. */
  labelValues(tenant: string, name: string, refs?: readonly SeriesRef[]): string[] {
    const known = this.tenants.get(tenant)?.names.get(name);
    if (refs === undefined) return [...(known?.keys() ?? [])];
    const values = new Set<string>();
    for (const ref of refs) {
      const value = this.labelsOf(ref).get(name);
      if (value !== undefined) values.add(value);
    }
    return [...values];
  }

  /** Names of labels, in no order, that a series has of those that may stay. */
  *keptNames(tenant: string, keep: Keep): Steps<string[]> {
    const found: string[] = [];
    for (const [name, values] of this.tenants.get(tenant)?.names ?? EMPTY.names)
      for (const entry of values.values()) {
        if (!keep(entry.posting.last) && !(yield* isOlderKept(entry, keep))) continue;
        found.push(name);
        break;
      }
    return found;
  }

  /** Values of a label that a series has of those that may stay; few ones in their order, many in none. */
  *keptValues(tenant: string, name: string, keep: Keep): Steps<string[]> {
    const values = this.tenants.get(tenant)?.names.get(name);
    if (values === undefined) return [];
    const found: string[] = [];
    let work = 0;
    for (const entry of this.entriesOf(values)) {
      // Nearly always the newest series decides; a generator for each value would cost more than all the rest.
      if (keep(entry.posting.last) || (yield* isOlderKept(entry, keep))) found.push(entry.value);
      if (++work % STEP === 0) yield;
    }
    return found;
  }

  private entriesOf(values: Values): Iterable<ValueEntry> {
    if (values.size > MAX_ORDERED) return values.values();
    const known = this.ordered.get(values);
    if (known?.length === values.size) return known;
    const entries = [...values.values()].toSorted((a, b) => compareBytes(a.value, b.value));
    this.ordered.set(values, entries);
    return entries;
  }

  /** Numbers of series by value of one label. */
  counts(tenant: string, name: string): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { value, posting } of this.tenants.get(tenant)?.names.get(name)?.values() ?? [])
      counts.set(value, posting.size);
    return counts;
  }

  cardinality(tenant: string, limit: number): Cardinality {
    const index = this.tenants.get(tenant);
    const metrics = new TopList(limit);
    const labels = new TopList(limit);
    const bytes = new TopList(limit);
    const pairs = new TopList(limit);
    for (const [name, values] of index?.names ?? []) {
      let size = 0;
      for (const { value, posting } of values.values()) {
        size += value.length * posting.size;
        pairs.add(`${name}=${value}`, posting.size);
        if (name === "__name__") metrics.add(value, posting.size);
      }
      labels.add(name, values.size);
      bytes.add(name, size);
    }
    return {
      series: index?.all.size ?? 0,
      labelPairs: index?.labelPairs ?? 0,
      seriesByMetric: metrics.entries,
      valuesByLabel: labels.entries,
      bytesByLabel: bytes.entries,
      seriesByPair: pairs.entries,
    };
  }

  tenantNames(): string[] {
    return [...this.tenants.keys()];
  }
}
