import { setImmediate as nextTurn } from "node:timers/promises";

import type { Labels } from "@fleetlight/promql";

import type { Selector } from "#lib";

import { literalsOf, sortedUnion, type Posting } from "./postings.ts";
import type { SeriesRef } from "./types.ts";

type Matcher = Selector["matchers"][number];

/** What a search reads. It may grow between two steps, and never shrinks. */
interface Searchable {
  /** All series, ascending. */
  readonly all: Posting;
  /** By label name, then by value. */
  readonly names: ReadonlyMap<string, ReadonlyMap<string, { value: string; posting: Posting }>>;
  labelsOf(ref: SeriesRef): Labels;
}

/** A matcher on the way through many series: a regular expression is tried once per distinct value. */
interface Check {
  matcher: Matcher;
  known: Map<string, boolean> | undefined;
}

/** Series and values that are looked at between two steps: well below a millisecond. */
export const STEP = 256;
/** Trying a value costs about as much as looking at this many series. */
const VALUES_PER_SERIES = 16;
/** How long a search may keep the event loop before others have a turn. */
const TURN_MS = 8;
/** Verdicts that are kept per matcher; what has more distinct values gains nothing by remembering them. */
const MAX_KNOWN = 4096;

export interface SearchLimits {
  /** Most series that are answered. */
  limit?: number | undefined;
  /** Series that it refuses are left out. */
  keep?: ((ref: SeriesRef) => boolean) | undefined;
}

/** A search that can be put aside after each step: the caller decides who works in between. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** Series that match every matcher, ascending. */
export function* searchSeries(
  index: Searchable,
  matchers: readonly Matcher[],
  { limit = Infinity, keep = () => true }: SearchLimits,
): Steps<SeriesRef[]> {
  const [candidates, rest] = yield* narrow(index, matchers);
  const checks = rest.map((matcher): Check => ({
    matcher,
    known: matcher.operator.endsWith("~") ? new Map() : undefined,
  }));
  const found: SeriesRef[] = [];
  let work = 0;
  for (let i = 0; i < candidates.length && found.length < limit; i++) {
    const ref = candidates[i] ?? 0;
    if (passes(index.labelsOf(ref), checks) && keep(ref)) found.push(ref);
    work += 1 + checks.length;
    if (work < STEP) continue;
    work = 0;
    yield;
  }
  return found;
}

/** The shortest list of series that holds all that match, and the matchers that it does not settle. */
function* narrow(
  index: Searchable,
  matchers: readonly Matcher[],
): Steps<[ArrayLike<SeriesRef>, readonly Matcher[]]> {
  let best: { postings: Posting[]; size: number; matcher: Matcher } | undefined;
  // Those whose values are known without a search come first: often no expression has to be tried at all.
  const useful = matchers.filter((matcher) => literalsOf(matcher) !== undefined);
  if (useful.length === 0) useful.push(...matchers.filter((m) => !m.test("")));
  for (const matcher of useful) {
    const postings = yield* postingsOf(index, matcher);
    const size = postings.reduce((sum, posting) => sum + posting.size, 0);
    if (best === undefined || size < best.size) best = { postings, size, matcher };
    if (size === 0) break;
  }
  if (best === undefined) return [index.all.refs, matchers];
  // Trying few values is cheaper than looking at many series.
  for (const matcher of matchers) {
    const values = index.names.get(matcher.name)?.size ?? 0;
    if (useful.includes(matcher) || values * VALUES_PER_SERIES > best.size || matcher.test(""))
      continue;
    const postings = yield* postingsOf(index, matcher);
    const size = postings.reduce((sum, posting) => sum + posting.size, 0);
    if (size < best.size) best = { postings, size, matcher };
  }
  const { postings, matcher } = best;
  return [sortedUnion(postings), matchers.filter((other) => other !== matcher)];
}

function* postingsOf(index: Searchable, matcher: Matcher): Steps<Posting[]> {
  const values = index.names.get(matcher.name);
  if (values === undefined) return [];
  const postings: Posting[] = [];
  const literals = literalsOf(matcher);
  let work = 0;
  if (literals === undefined) {
    for (const { value, posting } of values.values()) {
      if (matcher.test(value)) postings.push(posting);
      if (++work % STEP === 0) yield;
    }
  } else
    for (const literal of literals) {
      const entry = values.get(literal);
      if (entry !== undefined) postings.push(entry.posting);
      if (++work % STEP === 0) yield;
    }
  return postings;
}

function passes(labels: Labels, checks: readonly Check[]): boolean {
  for (const { matcher, known } of checks) {
    const value = labels.get(matcher.name) ?? "";
    let passed = known?.get(value);
    if (passed === undefined) {
      passed = matcher.test(value);
      if (known !== undefined && known.size < MAX_KNOWN) known.set(value, passed);
    }
    if (!passed) return false;
  }
  return true;
}

/** The result of a search without a pause. */
export function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}

/** The result of a search that gives way to others; nothing when the signal ends it. */
export async function finishInTurns<T>(
  steps: Steps<T[]>,
  signal: AbortSignal | undefined,
): Promise<T[]> {
  const isOver = () => signal?.aborted === true;
  if (isOver()) return [];
  let turnMs = performance.now();
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
    if (performance.now() - turnMs < TURN_MS) continue;
    await nextTurn();
    if (isOver()) return [];
    turnMs = performance.now();
  }
}
