import { describe, expect, it } from "vitest";

import { parseExposition, type ExpositionFormat } from "./exposition/index.ts";
import { SeriesCache } from "./series-cache.ts";

/** Shows the cache a page, as a scrape does; answers how many series were new. */
function show(cache: SeriesCache, series: readonly string[], refs: Map<string, number>): number {
  let added = 0;
  cache.begin();
  const page = Buffer.from(series.join("\n"));
  let start = 0;
  for (const text of series) {
    const end = start + Buffer.byteLength(text);
    let entry = cache.find(page, start, end);
    if (entry < 0) {
      const ref = refs.get(text) ?? refs.size;
      refs.set(text, ref);
      entry = cache.add(page, start, end, ref);
      added++;
    }
    expect(cache.refOf(entry)).toBe(refs.get(text));
    cache.mark(entry, true);
    start = end + 1;
  }
  return added;
}

const vanished = (cache: SeriesCache): number[] => {
  const refs: number[] = [];
  cache.forEachVanished((ref) => refs.push(ref));
  return refs.toSorted((a, b) => a - b);
};

describe("SeriesCache", () => {
  it("finds what it was shown, in any order, and nothing else", () => {
    const cache = new SeriesCache(1);
    const refs = new Map<string, number>();
    const series = Array.from({ length: 3000 }, (_, at) => `metric_${at}{label="value ${at}"}`);
    expect(show(cache, series, refs)).toBe(3000);
    expect(show(cache, series, refs)).toBe(0);
    expect(show(cache, series.toReversed(), refs)).toBe(0);
    expect(show(cache, ["metric_1", ...series, "metric_3000"], refs)).toBe(2);
    expect(cache.size).toBe(3002);
  });

  it("tells which live series a scrape did not show, once", () => {
    const cache = new SeriesCache(2);
    const refs = new Map<string, number>();
    show(cache, ["a", "b", "c"], refs);
    expect(vanished(cache)).toEqual([]);
    cache.finish();
    show(cache, ["b"], refs);
    expect(vanished(cache)).toEqual([0, 2]);
    cache.finish();
    expect(cache.size).toBe(1);
    show(cache, ["b"], refs);
    expect(vanished(cache)).toEqual([]);
    expect(show(cache, ["a", "b", "c"], refs)).toBe(2);
  });

  it("knows series that were ended, and does not end them again", () => {
    const cache = new SeriesCache(3);
    const refs = new Map<string, number>();
    show(cache, ["a", "b"], refs);
    cache.finish();
    cache.begin();
    expect(vanished(cache)).toEqual([0, 1]);
    cache.endAll();
    cache.begin();
    expect(vanished(cache)).toEqual([]);
    expect(show(cache, ["a", "b"], refs)).toBe(0);
  });

  it("does not end what was never stored, and ends later what could not be ended", () => {
    const cache = new SeriesCache(7);
    const refs = new Map<string, number>();
    show(cache, ["a"], refs);
    cache.finish();
    show(cache, ["b"], refs);
    expect(vanished(cache)).toEqual([0]);
    // That scrape was dropped: nothing of it is in the store.
    show(cache, ["c"], refs);
    expect(vanished(cache)).toEqual([0]);
    cache.finish();
    expect(cache.size).toBe(1);
  });

  it("says whether a series was there before in the same scrape", () => {
    const cache = new SeriesCache(4);
    cache.begin();
    const entry = cache.add(Buffer.from("a"), 0, 1, 7);
    expect(cache.isSeen(entry)).toBe(false);
    cache.mark(entry, true);
    expect(cache.isSeen(entry)).toBe(true);
    cache.begin();
    expect(cache.isSeen(entry)).toBe(false);
  });

  it("does not grow with a target whose series are new each time", () => {
    const cache = new SeriesCache(5);
    const refs = new Map<string, number>();
    let most = 0;
    for (let round = 0; round < 200; round++) {
      show(
        cache,
        Array.from({ length: 100 }, (_, at) => `pod_seconds{pod="${round}-${at}"}`),
        refs,
      );
      cache.finish();
      most = Math.max(most, cache.bytes);
    }
    expect(cache.size).toBe(100);
    expect(most).toBeLessThan(20_000);
  });

  it("agrees with a map over random pages", () => {
    const cache = new SeriesCache(6);
    const refs = new Map<string, number>();
    let live = new Set<string>();
    let state = 11;
    const pick = (limit: number): number => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state % limit;
    };
    for (let round = 0; round < 300; round++) {
      const page = [...new Set(Array.from({ length: pick(60) }, () => `s${pick(80)}`))];
      show(cache, page, refs);
      const gone = [...live].filter((text) => !page.includes(text));
      expect(vanished(cache)).toEqual(
        gone.map((text) => refs.get(text)).toSorted((a, b) => (a ?? 0) - (b ?? 0)),
      );
      cache.finish();
      live = new Set(page);
      expect(cache.size).toBe(live.size);
    }
  });
});

/** What a page says, one line per sample, and how it ends; with a cache, what that recognises is not read. */
function readWith(page: Buffer, format: ExpositionFormat, cache?: SeriesCache) {
  const said: string[] = [];
  const words = new DataView(page.buffer, page.byteOffset, page.length);
  cache?.begin();
  let recognised = 0;
  let isKnown = false;
  try {
    parseExposition(page, format, {
      sample(start, end, value, timestampMs) {
        said.push(`${page.toString("latin1", start, end)} ${value} ${timestampMs}`);
        if (!isKnown && cache !== undefined && cache.find(page, start, end) < 0)
          cache.add(page, start, end, 1);
        isKnown = false;
      },
      metadata: (kind, name, text) => said.push(`${kind} ${name} ${text}`),
      ...(cache && {
        recognise(start: number): number {
          const entry = cache.expect(words, start);
          if (entry < 0) return -1;
          recognised++;
          isKnown = true;
          return start + cache.lengthOf(entry);
        },
      }),
    });
  } catch (error) {
    said.push(String(error));
  }
  return { said, recognised };
}

const PAGE = Buffer.from(
  [
    "# TYPE a counter",
    'a{b="c",d="e"} 1',
    'a{b="c",d="f"} 2.5',
    "up 1",
    'a{b="\\"}"} 3',
    '{"quoted.name",b="ä"} 4',
    "upper 5",
    'a{b="c",d="g"} 6',
    "# EOF",
    "",
  ].join("\n"),
);

describe("a series that is recognised by its bytes", () => {
  it.each<ExpositionFormat>(["text", "openmetrics"])("is read as others are, %s", (format) => {
    const cache = new SeriesCache(5);
    const { said } = readWith(PAGE, format);
    for (const recognised of [0, 5, 5])
      expect(readWith(PAGE, format, cache)).toEqual({ said, recognised });
    let random = 1;
    const next = (below: number): number => {
      random = (Math.imul(random, 1103515245) + 12345) & 0x7fffffff;
      return (random >>> 8) % below;
    };
    const bytes = Buffer.from(' {}"=,\n\\1#ab\0.+e');
    for (let round = 0; round < 4000; round++) {
      const changed = Buffer.from(PAGE);
      for (let change = next(3); change >= 0; change--)
        changed[next(changed.length)] = bytes[next(bytes.length)] as number;
      const cut = changed.subarray(0, next(4) === 0 ? next(changed.length) : changed.length);
      const warm = new SeriesCache(5);
      readWith(PAGE, format, warm);
      expect(readWith(cut, format, warm).said).toEqual(readWith(cut, format).said);
    }
  });

  it("is the one that followed last time, and no name without braces", () => {
    const cache = new SeriesCache(6);
    const refs = new Map<string, number>();
    const series = ['a{b="1"}', "plain", 'a{b="2"}'];
    show(cache, series, refs);
    const expected = (text: string): boolean => {
      const page = Buffer.from(text);
      return cache.expect(new DataView(page.buffer, page.byteOffset, page.length), 0) >= 0;
    };
    cache.begin();
    expect(expected('a{b="2"} 1')).toBe(false);
    expect(expected('a{b="1"}')).toBe(false);
    expect(expected('a{b="1"} 1')).toBe(true);
    expect(expected("plain 1")).toBe(false);
  });
});
