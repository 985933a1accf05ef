import type { Selector } from "#lib";

import type { SeriesRef } from "./types.ts";

/** Up to this many, refs are in a plain array, which is small when it holds one. */
const PLAIN = 32;

/** Series in ascending order: a plain array at first, a typed one that doubles when there are many. */
export class Posting {
  private plain: SeriesRef[] | undefined = [];
  private typed = new Int32Array(0);
  size = 0;

  /** `ref` MUST be larger than all before. */
  push(ref: SeriesRef): void {
    if (this.plain !== undefined) {
      this.plain.push(ref);
      if (++this.size < PLAIN) return;
      this.typed = new Int32Array(PLAIN * 4);
      this.typed.set(this.plain);
      this.plain = undefined;
      return;
    }
    if (this.size === this.typed.length) {
      const bigger = new Int32Array(this.size * 2);
      bigger.set(this.typed);
      this.typed = bigger;
    }
    this.typed[this.size++] = ref;
  }

  /** The newest series. There MUST be one. */
  get last(): SeriesRef {
    return (this.plain ?? this.typed)[this.size - 1] as SeriesRef;
  }

  /** Valid until the next push. */
  get refs(): ArrayLike<SeriesRef> {
    return this.plain ?? this.typed.subarray(0, this.size);
  }
}

/** The series of postings that share none, ascending. */
export function sortedUnion(postings: readonly Posting[]): ArrayLike<SeriesRef> {
  const [first] = postings;
  if (first === undefined) return [];
  if (postings.length === 1) return first.refs;
  const union = new Int32Array(postings.reduce((sum, posting) => sum + posting.size, 0));
  let length = 0;
  for (const posting of postings) {
    union.set(posting.refs, length);
    length += posting.size;
  }
  return union.sort();
}

/** Characters that mean something in a regular expression, but for `|`. */
const SPECIAL = /[\\^$.*+?()[\]{}]/;

/**
 * The only values that can satisfy a matcher, where they are plain to see: equality, and alternations of plain words.
 * Undefined for all others, and for those that an absent label satisfies.
 */
export function literalsOf({
  operator,
  value,
}: Selector["matchers"][number]): readonly string[] | undefined {
  if (operator === "=") return value === "" ? undefined : [value];
  if (operator !== "=~" || SPECIAL.test(value)) return undefined;
  const words = new Set(value.split("|"));
  return words.has("") ? undefined : [...words];
}

/** The names with the largest counts, largest first; of equal ones those that came first. */
export class TopList {
  private readonly limit: number;
  private kept: { name: string; count: number }[] = [];
  private least = -Infinity;

  constructor(limit: number) {
    this.limit = limit;
  }

  add(name: string, count: number): void {
    if (count <= this.least) return;
    this.kept.push({ name, count });
    if (this.kept.length >= this.limit * 2 + 64) this.cut();
  }

  private cut(): void {
    this.kept = this.kept.toSorted((a, b) => b.count - a.count).slice(0, this.limit);
    if (this.kept.length === this.limit) this.least = this.kept.at(-1)?.count ?? -Infinity;
  }

  get entries(): { name: string; count: number }[] {
    this.cut();
    return this.kept;
  }
}
