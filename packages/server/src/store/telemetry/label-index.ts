import { compareBytes, Labels } from "@fleetlight/promql";

import { labelNames, type LabelSet, type Selector } from "#lib";

import { literalsOf, Posting, sortedUnion, TopList } from "./postings.ts";
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
  names: Map<string, Map<string, ValueEntry>>;
  labelPairs: number;
}

/** A matcher on the way through many series: a regular expression is tried once per distinct value. */
interface Check {
  matcher: Matcher;
  known: Map<string, boolean> | undefined;
}

/** Trying a value costs about as much as looking at this many series. */
const VALUES_PER_SERIES = 16;

const NO_LABELS = Labels.empty;

/**
 * Which series have which labels, in memory: for each value of each label the series in ascending order. Names and values
 * are kept once, however many series have them.
 */
export class LabelIndex {
  private readonly labels: Labels[] = [];
  private readonly tenants = new Map<string, TenantIndex>();
  /** Lists of label names, one per combination that occurs: most series of a metric share theirs. */
  private readonly shapes = new Map<string, readonly string[]>();

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

  /** Series that match every matcher, ascending, at most `limit`; `keep` may refuse some. */
  select(
    tenant: string,
    matchers: readonly Matcher[],
    limit = Infinity,
    keep: (ref: SeriesRef) => boolean = () => true,
  ): SeriesRef[] {
    const index = this.tenants.get(tenant);
    if (index === undefined) return [];
    const [candidates, rest] = this.narrow(index, matchers);
    const checks = rest.map((matcher): Check => ({
      matcher,
      known: matcher.operator.endsWith("~") ? new Map() : undefined,
    }));
    const found: SeriesRef[] = [];
    for (let i = 0; i < candidates.length && found.length < limit; i++) {
      const ref = candidates[i] ?? 0;
      if (this.passes(ref, checks) && keep(ref)) found.push(ref);
    }
    return found;
  }

  /** The shortest list of series that holds all that match, and the matchers that it does not settle. */
  private narrow(
    index: TenantIndex,
    matchers: readonly Matcher[],
  ): [ArrayLike<SeriesRef>, readonly Matcher[]] {
    let best: { postings: Posting[]; size: number; matcher: Matcher } | undefined;
    // Those whose values are known without a search come first: often no expression has to be tried at all.
    const useful = matchers.filter((matcher) => literalsOf(matcher) !== undefined);
    if (useful.length === 0) useful.push(...matchers.filter((m) => !m.test("")));
    for (const matcher of useful) {
      const postings = this.postingsOf(index, matcher);
      const size = postings.reduce((sum, posting) => sum + posting.size, 0);
      if (best === undefined || size < best.size) best = { postings, size, matcher };
    }
    if (best === undefined) return [index.all.refs, matchers];
    // Trying few values is cheaper than looking at many series.
    for (const matcher of matchers) {
      const values = index.names.get(matcher.name)?.size ?? 0;
      if (useful.includes(matcher) || values * VALUES_PER_SERIES > best.size || matcher.test(""))
        continue;
      const postings = this.postingsOf(index, matcher);
      const size = postings.reduce((sum, posting) => sum + posting.size, 0);
      if (size < best.size) best = { postings, size, matcher };
    }
    const { postings, matcher } = best;
    return [sortedUnion(postings), matchers.filter((other) => other !== matcher)];
  }

  private postingsOf(index: TenantIndex, matcher: Matcher): Posting[] {
    const values = index.names.get(matcher.name);
    if (values === undefined) return [];
    const postings: Posting[] = [];
    const literals = literalsOf(matcher);
    if (literals === undefined) {
      for (const { value, posting } of values.values())
        if (matcher.test(value)) postings.push(posting);
    } else
      for (const literal of literals) {
        const entry = values.get(literal);
        if (entry !== undefined) postings.push(entry.posting);
      }
    return postings;
  }

  private passes(ref: SeriesRef, checks: readonly Check[]): boolean {
    const labels = this.labelsOf(ref);
    for (const { matcher, known } of checks) {
      const value = labels.get(matcher.name) ?? "";
      let passed = known?.get(value);
      if (passed === undefined) {
        passed = matcher.test(value);
        known?.set(value, passed);
      }
      if (!passed) return false;
    }
    return true;
  }

  /** Names of labels by bytes: of all series, or of those given. */
  labelNames(tenant: string, refs?: readonly SeriesRef[]): string[] {
    if (refs === undefined)
      return [...(this.tenants.get(tenant)?.names.keys() ?? [])].toSorted(compareBytes);
    const shapes = new Set(refs.map((ref) => this.labelsOf(ref).names));
    return [...new Set([...shapes].flat())].toSorted(compareBytes);
  }

  /** Values of a label by bytes: of all series, or of those given. */
  labelValues(tenant: string, name: string, refs?: readonly SeriesRef[]): string[] {
    const values = new Set<string>();
    if (refs === undefined)
      for (const value of this.tenants.get(tenant)?.names.get(name)?.keys() ?? [])
        values.add(value);
    else
      for (const ref of refs) {
        const value = this.labelsOf(ref).get(name);
        if (value !== undefined) values.add(value);
      }
    return [...values].toSorted(compareBytes);
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
