import { labelNames, NAME_LABEL, type LabelSet, type Selector } from "#lib";

import type { SeriesRef } from "./types.ts";

interface Entry {
  tenant: string;
  id: bigint;
  labels: LabelSet;
}

/** Values of labels that are remembered so as to be shared. */
const MAX_SHARED_TEXTS = 65_536;

const rotate = (value: number, by: number): number => (value << by) | (value >>> (32 - by));

/** 32 bits of MurmurHash3 over UTF-16 code units; stable across versions, because ids are kept in the store. */
function hash32(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) {
    let k = Math.imul(text.charCodeAt(i), 0xcc9e2d51);
    k = Math.imul(rotate(k, 15), 0x1b873593);
    hash = (Math.imul(rotate(hash ^ k, 13), 5) + 0xe6546b64) | 0;
  }
  hash ^= text.length;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/**
 * Id of a series: 16 bits of its metric's name, so that series of one metric lie side by side in the store, and 48 bits
 * of all its labels. Two series of one metric collide with a chance of n^2 / 2^49: 2e-5 for 100,000 series.
 */
export function seriesId(metric: string, key: string): bigint {
  const high = ((hash32(metric, 0x51ed270b) & 0xffff) << 16) | (hash32(key, 0x2f6d3c1b) & 0xffff);
  return (BigInt(high >>> 0) << 32n) | BigInt(hash32(key, 0x1b56c4e9));
}

/** All series that this process knows, by labels and by metric; answers from memory. */
export class SeriesIndex {
  private readonly entries: Entry[] = [];
  private readonly byKey = new Map<string, SeriesRef>();
  private readonly byMetric = new Map<string, Map<string, SeriesRef[]>>();
  private readonly texts = new Map<string, string>();
  private readonly counts = new Map<string, number>();
  /** The ids by ref, as two 32-bit halves: a commit copies them without making a bigint per sample. */
  private idWords = new Uint32Array(2048);

  /** Series of one tenant. */
  countOf(tenant: string): number {
    return this.counts.get(tenant) ?? 0;
  }

  get size(): number {
    return this.entries.length;
  }

  find(tenant: string, key: string): SeriesRef | undefined {
    return this.byKey.get(`${tenant}\u0002${key}`);
  }

  /** Adds a series that `find` did not know. `id` is given when it comes from the store. */
  add(tenant: string, key: string, labels: LabelSet, id?: bigint): SeriesRef {
    const metric = labels[NAME_LABEL] ?? "";
    // Object.fromEntries makes a property of every name, also of `__proto__`.
    const kept = Object.fromEntries(
      labelNames(labels).map((name) => [name, this.shared(labels[name] ?? "")]),
    );
    const ref = this.entries.length;
    const ownId = id ?? seriesId(metric, key);
    this.entries.push({ tenant, id: ownId, labels: kept });
    this.keepId(ref, ownId);
    this.counts.set(tenant, this.countOf(tenant) + 1);
    this.byKey.set(`${tenant}\u0002${key}`, ref);
    const metrics = this.byMetric.get(tenant) ?? new Map<string, SeriesRef[]>();
    this.byMetric.set(tenant, metrics);
    const refs = metrics.get(metric);
    if (refs === undefined) metrics.set(metric, [ref]);
    else refs.push(ref);
    return ref;
  }

  /** The same text once in memory: most values of a fleet's labels are on many series. */
  private shared(text: string): string {
    const known = this.texts.get(text);
    if (known !== undefined) return known;
    if (this.texts.size >= MAX_SHARED_TEXTS) this.texts.clear();
    this.texts.set(text, text);
    return text;
  }

  private keepId(ref: SeriesRef, id: bigint): void {
    if (ref * 2 >= this.idWords.length) {
      const bigger = new Uint32Array(this.idWords.length * 2);
      bigger.set(this.idWords);
      this.idWords = bigger;
    }
    this.idWords[ref * 2] = Number(id & 0xffff_ffffn);
    this.idWords[ref * 2 + 1] = Number(id >> 32n);
  }

  /** Writes the ids of the first series of `refs` into a column of that length. */
  copyIds(refs: Int32Array, into: BigUint64Array): void {
    const { idWords } = this;
    const words = new Uint32Array(into.buffer, into.byteOffset, into.length * 2);
    for (let i = 0; i < into.length; i++) {
      const at = (refs[i] as number) * 2;
      words[i * 2] = idWords[at] as number;
      words[i * 2 + 1] = idWords[at + 1] as number;
    }
  }

  entry(ref: SeriesRef): Entry {
    const entry = this.entries[ref];
    if (entry === undefined) throw new Error(`series ${ref} is not known`);
    return entry;
  }

  select(tenant: string, selector: Selector, limit = Infinity): SeriesRef[] {
    const metrics = this.byMetric.get(tenant);
    if (metrics === undefined) return [];
    const found: SeriesRef[] = [];
    for (const refs of this.candidates(metrics, selector)) {
      for (const ref of refs) {
        if (!selector.matches(this.entry(ref).labels)) continue;
        found.push(ref);
        if (found.length >= limit) return found;
      }
    }
    return found;
  }

  private candidates(metrics: Map<string, SeriesRef[]>, selector: Selector): Iterable<SeriesRef[]> {
    if (selector.metric === undefined) return metrics.values();
    const refs = metrics.get(selector.metric);
    return refs === undefined ? [] : [refs];
  }

  metricNames(tenant: string): Map<string, number> {
    const names = new Map<string, number>();
    for (const [name, refs] of this.byMetric.get(tenant) ?? []) names.set(name, refs.length);
    return names;
  }

  tenants(): string[] {
    return [...this.byMetric.keys()];
  }
}
