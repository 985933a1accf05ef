import { describe, expect, it } from "vitest";

import { isStale, wordsOf, writeStale } from "#lib";

import { decodeTimes, encodeTimes } from "./head-times.ts";
import { decodeValues, encodeValues, viewsOf } from "./head-values.ts";
import { Head } from "./head.ts";

/** Deterministic numbers from 0 to 1 (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const one = new Float64Array(1);
const append = (head: Head, ref: number, timeMs: number, value: number) => {
  one[0] = value;
  return head.append(ref, Float64Array.of(timeMs), wordsOf(one), 0);
};
const appendStale = (head: Head, ref: number, timeMs: number) => {
  const words = wordsOf(new Float64Array(1));
  writeStale(words, 0);
  return head.append(ref, Float64Array.of(timeMs), words, 0);
};
const fill = (head: Head, ref: number, from: number, count: number, step = 1) => {
  for (let i = 0; i < count; i++) append(head, ref, from + i * step, from + i);
};
const hex = (values: Float64Array) => [...new BigUint64Array(values.slice().buffer)];

describe("times of a chunk", () => {
  const grid = (count: number, off: (i: number) => number = () => 0) =>
    Float64Array.from({ length: count }, (_, i) => 1.79e12 + i * 15_000 + off(i));
  it.each([
    ["one", grid(1), 1],
    ["two", grid(2), 1],
    ["regular", grid(120), 1],
    ["regular since 1970", grid(120).map((time) => time - 1.79e12), 1],
    ["before 1970", grid(50).map((time) => time - 3e12), 1],
    ["jitter of a few", grid(128, (i) => (i % 20 === 0 ? i % 8 : 0)), 30],
    ["jitter at the start", grid(128, (i) => (i === 0 ? 5 : 0)), 11],
    ["jitter of the second", grid(128, (i) => (i === 1 ? -7 : 0)), 11],
    ["jitter of all", grid(128, (i) => (i * 7) % 13), 140],
    ["a scrape that was missed", grid(120, (i) => (i > 60 ? 15_000 : 0)), 250],
    ["an hour of silence", grid(120, (i) => (i > 60 ? 3_600_000 : 0)), 370],
    ["years of silence", grid(120, (i) => (i > 60 ? 1e11 : 0)), 970],
    ["every millisecond", Float64Array.from({ length: 240 }, (_, i) => i), 1],
    ["a long interval", Float64Array.from({ length: 10 }, (_, i) => i * 1e10), 1],
  ])("come back exactly: %s", (_name, times, most) => {
    const bytes = new Uint8Array(4000);
    const end = encodeTimes(times, 0, times.length, bytes, 3);
    expect(end - 3).toBeLessThanOrEqual(most);
    const back = new Float64Array(times.length + 2);
    const [first = 0, last = 0] = [times[0], times.at(-1)];
    expect(decodeTimes(bytes, 3, times.length, first, last, back, 1)).toBe(end);
    expect(back.slice(1, -1)).toEqual(times);
  });
});

describe("values of a chunk", () => {
  const next = random(7);
  const list = (count: number, value: (i: number) => number) =>
    Float64Array.from({ length: count }, (_, i) => value(i));
  const stale = (values: Float64Array, ...at: number[]) => {
    for (const i of at) writeStale(wordsOf(values), i);
    return values;
  };
  let counter = 4711;
  it.each([
    ["one", list(1, () => 3.25), 12],
    [
      "one stale marker",
      stale(
        list(1, () => 1),
        0,
      ),
      12,
    ],
    ["a constant", list(128, () => 1), 12],
    ["a constant fraction", list(128, () => 0.1), 12],
    ["a counter", list(128, () => (counter += Math.floor(next() * 60))), 160],
    ["a slow counter", list(128, () => (counter += next() > 0.8 ? 1 : 0)), 96],
    ["an even counter", list(128, (i) => i * 7), 24],
    ["a counter that starts anew", list(128, (i) => (i < 70 ? 90_000 + i * 3 : i)), 600],
    ["a small gauge", list(128, () => Math.floor(next() * 14)), 80],
    ["pages of memory", list(128, () => 3e8 + Math.floor(next() * 20_000) * 4096), 280],
    ["three digits", list(128, () => Math.round(next() * 1000) / 1000), 280],
    ["mixed digits", list(128, (i) => [0.5, 0.25, 3, 0.125][i % 4] ?? 0), 280],
    ["full precision", list(128, () => next()), 8 * 128 + 12],
    ["tiny and huge", list(128, (i) => (i % 2 === 0 ? 5e-324 : 1.79e308)), 8 * 128 + 12],
    ["beyond exact whole numbers", list(128, (i) => 2 ** 60 + i * 4096), 500],
    ["negative numbers", list(128, (i) => -1000 + i * 3), 24],
    ["negative zeros among zeros", list(128, (i) => (i % 30 === 3 ? -0 : 0)), 80],
    ["only negative zeros", list(128, () => -0), 12],
    ["infinities", list(128, (i) => (i % 3 === 0 ? Infinity : -Infinity)), 8 * 128],
    [
      "a stale marker at the end",
      stale(
        list(128, (i) => i * 5),
        127,
      ),
      100,
    ],
    [
      "a stale marker at the start",
      stale(
        list(128, (i) => i * 5 + 9),
        0,
        1,
      ),
      110,
    ],
    [
      "stale markers in full precision",
      stale(
        list(64, () => next()),
        3,
        60,
      ),
      8 * 64 + 12,
    ],
    [
      "nothing but stale markers",
      stale(
        list(5, () => 0),
        0,
        1,
        2,
        3,
        4,
      ),
      12,
    ],
    ["NaN most of the time", list(128, (i) => (i % 3 === 0 ? i : Number.NaN)), 8 * 128 + 12],
    ["near the limit of digits", list(100, (i) => 4503599627370.123 + i / 1000), 8 * 100 + 12],
  ])("come back bit for bit: %s", (_name, values, most) => {
    const bytes = new Uint8Array(4000);
    const end = encodeValues(viewsOf(values), 0, values.length, bytes, 5);
    expect(end - 5).toBeLessThanOrEqual(most);
    const back = new Float64Array(values.length + 2);
    decodeValues(bytes, 5, values.length, viewsOf(back), 1);
    expect(hex(back.slice(1, -1))).toEqual(hex(values));
  });

  it("come back bit for bit whatever they are", () => {
    const makers = [
      () => next() * 10 ** Math.floor(next() * 40 - 20),
      () => Math.floor(next() * 1000),
      () => Math.round(next() * 1e6) / 10 ** Math.floor(next() * 7),
      () => (next() < 0.5 ? Number.NaN : -0),
      () => 2 ** Math.floor(next() * 70) * (next() < 0.5 ? -1 : 1),
    ];
    for (let round = 0; round < 300; round++) {
      const some = makers.filter(() => next() < 0.5);
      const values = list(1 + Math.floor(next() * 240), () =>
        (some[Math.floor(next() * some.length)] ?? next)(),
      );
      if (next() < 0.3) stale(values, Math.floor(next() * values.length));
      const bytes = new Uint8Array(4900);
      encodeValues(viewsOf(values), 0, values.length, bytes, 0);
      const back = new Float64Array(values.length);
      decodeValues(bytes, 0, values.length, viewsOf(back), 0);
      expect(hex(back)).toEqual(hex(values));
    }
  });
});

describe("head", () => {
  it("answers any part of a series that spans several chunks and open samples", () => {
    const head = new Head(1 << 20);
    head.open(0, -Infinity);
    fill(head, 0, 0, 1000);
    expect([...head.read(0, 30, 34).times]).toEqual([30, 31, 32, 33, 34]);
    expect([...head.read(0, 20, 30).values]).toEqual([20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30]);
    expect(head.read(0, -10, 1000).values).toHaveLength(1000);
    expect([...head.read(0, 998, 2000).times]).toEqual([998, 999]);
    expect(head.read(0, 2000, 3000).times).toHaveLength(0);
    expect(head.isCompleteFrom(0, 0)).toBe(true);
    expect(head.samples).toBe(1000);
  });

  it("keeps far more samples than it has times sixteen bytes", () => {
    const head = new Head(2 << 20);
    for (let ref = 0; ref < 100; ref++) head.open(ref, -Infinity);
    for (let i = 0; i < 2000; i++)
      for (let ref = 0; ref < 100; ref++) append(head, ref, i * 15_000, i * ref + (i % 50));
    expect(head.evictedSamples).toBe(0);
    expect(head.bytes).toBeLessThan(200_000 * 4);
    expect(head.samples).toBe(200_000);
  });

  it("stays within its bytes by giving up the oldest samples, and says from when on it is complete", () => {
    const head = new Head(64 << 10);
    const next = random(1);
    for (let ref = 0; ref < 4; ref++) head.open(ref, -Infinity);
    for (let i = 0; i < 20_000; i++) append(head, i % 4, i, next());
    expect(head.bytes).toBeLessThanOrEqual((64 << 10) + 6 * (16 << 10));
    expect(head.evictedSamples).toBeGreaterThan(1000);
    expect(head.samples + head.evictedSamples).toBe(20_000);
    for (let ref = 0; ref < 4; ref++) {
      const { times } = head.read(ref, 0, Infinity);
      const [first = 0] = times;
      expect(head.isCompleteFrom(ref, 0)).toBe(false);
      expect(head.isCompleteFrom(ref, first)).toBe(true);
      expect(times).toHaveLength((20_000 - (first - ref)) / 4);
      expect(head.latest(ref, 0)?.timeMs).toBe(19_996 + ref);
    }
  });

  it("encodes early when many series would fill memory with open samples", () => {
    const head = new Head(8 << 20);
    for (let ref = 0; ref < 10_000; ref++) head.open(ref, -Infinity);
    for (let i = 0; i < 60; i++)
      for (let ref = 0; ref < 10_000; ref++) append(head, ref, i * 15_000, i * ref);
    expect(head.evictedSamples).toBe(0);
    expect(head.bytes).toBeLessThan((8 << 20) + (1 << 20));
    for (const ref of [0, 1, 2, 3, 9999]) {
      expect([...head.read(ref, 0, Infinity).times]).toEqual(
        Array.from({ length: 60 }, (_, i) => i * 15_000),
      );
      expect(head.latest(ref, 0)?.value).toBe(59 * ref);
    }
    expect(head.samples).toBe(600_000);
  });

  it("gives up nothing that the tables do not have yet", () => {
    let inserted = 0;
    let taken = 0;
    const head = new Head(64 << 10, { taken: () => taken, inserted: () => inserted });
    const next = random(2);
    head.open(0, -Infinity);
    for (; taken < 20_000; taken++) append(head, 0, taken, next());
    expect(head.evictedSamples).toBe(0);
    expect(head.isCompleteFrom(0, 0)).toBe(true);
    inserted = 20_000;
    for (; taken < 21_000; taken++) append(head, 0, taken, next());
    expect(head.evictedSamples).toBeGreaterThan(1000);
    expect(head.bytes).toBeLessThanOrEqual((64 << 10) + 6 * (16 << 10));
  });

  it("refuses equal times, and takes older ones where it is complete", () => {
    const head = new Head(1 << 20);
    head.open(0, 4);
    expect(append(head, 0, 10, 1)).toBe("newest");
    expect(append(head, 0, 10, 2)).toBe("double");
    expect(append(head, 0, 4, 3)).toBe("late");
    expect(append(head, 0, 4, 4)).toBe("double");
    expect(append(head, 0, 3, 2)).toBe("older");
    expect(head.isCompleteFrom(0, 4)).toBe(true);
    expect([...head.read(0, 0, 100).values]).toEqual([3, 1]);
    expect(head.latest(0, 0)?.value).toBe(1);
  });

  it("puts many late samples in their places", () => {
    const head = new Head(1 << 20);
    head.open(0, -Infinity);
    for (let i = 0; i < 1000; i++) append(head, 0, i * 10, i);
    for (let i = 999; i >= 0; i--) expect(append(head, 0, i * 10 - 5, -i)).toBe("late");
    const { times, values } = head.read(0, -100, Infinity);
    expect([...times]).toEqual(Array.from({ length: 2000 }, (_, i) => i * 5 - 5));
    expect(values[3]).toBe(1);
    expect(values[2]).toBe(-1);
    expect(head.samples).toBe(2000);
    expect(append(head, 0, 5, 7)).toBe("double");
  });

  it("tells the bits of a value at exactly a time, wherever it is", () => {
    const head = new Head(1 << 20);
    head.open(0, -Infinity);
    fill(head, 0, 0, 300, 10);
    append(head, 0, 15, 99);
    appendStale(head, 0, 3000);
    const bits = (timeMs: number) => {
      const found = head.valueAt(0, timeMs);
      return found && new Float64Array(Uint32Array.of(found.low, found.high).buffer)[0];
    };
    expect(bits(10)).toBe(1);
    expect(bits(15)).toBe(99);
    expect(bits(2990)).toBe(299);
    expect(bits(11)).toBeUndefined();
    expect(bits(9999)).toBeUndefined();
    expect(head.valueAt(0, 3000)).toEqual({ low: 2, high: 0x7ff00000 });
    expect(head.latest(0, 0)).toBeUndefined();
  });

  it("takes what the tables had under what it has, and is complete from there", () => {
    const head = new Head(1 << 20);
    head.open(0, Infinity);
    fill(head, 0, 5000, 10);
    append(head, 0, 4000, 1);
    expect(head.isCompleteFrom(0, 5000)).toBe(false);
    const times = Float64Array.from([100, 200, 200, 5003, 6000]);
    head.fill(0, { times, values: Float64Array.from([1, 2, 3, -1, 6]) }, 50);
    expect(head.isCompleteFrom(0, 50)).toBe(true);
    expect([...head.read(0, 0, 5001).times]).toEqual([100, 200, 5000, 5001]);
    expect([...head.read(0, 200, 200).values]).toEqual([2]);
    expect([...head.read(0, 5003, 5003).values]).toEqual([5003]);
    expect(head.latest(0, 0)?.value).toBe(6);
    expect(append(head, 0, 7000, 7)).toBe("newest");
  });

  it.each([
    ["before what it has", 5000, [100, 200, 300]],
    ["before and among what it has", 150, [100, 200, 300]],
    ["with doubles", 5000, [100, 100, 200]],
    ["into an empty series", undefined, [100, 200]],
    ["nothing", 5000, []],
  ])("takes samples of the tables: %s", (_name, from, stored) => {
    for (const many of [1, 100]) {
      const head = new Head(1 << 20);
      head.open(0, Infinity);
      const times = stored.flatMap((time) =>
        Array.from({ length: many }, (_, i) => time * 1000 + i),
      );
      times.sort((a, b) => a - b);
      const model = new Map(times.toReversed().map((time) => [time, -time]));
      for (let i = 0; from !== undefined && i < 300; i++) {
        append(head, 0, from * 1000 + i * 10, i);
        model.set(from * 1000 + i * 10, i);
      }
      head.fill(
        0,
        { times: Float64Array.from(times), values: Float64Array.from(times, (time) => -time) },
        1000,
      );
      const { times: found, values } = head.read(0, 0, Infinity);
      const pairs = [...found].map((time, i) => [time, values[i]]);
      expect(pairs).toEqual([...model].toSorted(([a], [b]) => a - b));
      expect(head.samples).toBe(model.size);
      const last = Math.max(0, ...model.keys());
      expect(head.latest(0, 0)?.value).toBe(model.get(last));
      expect(head.isCompleteFrom(0, 1000)).toBe(true);
      expect(append(head, 0, last + 1, 9)).toBe("newest");
      expect(head.read(0, 0, Infinity).times).toHaveLength(model.size + 1);
    }
  });

  it("forgets what is past the window, and encodes what silent series have open", () => {
    const head = new Head(8 << 20);
    for (let ref = 0; ref < 4000; ref++) head.open(ref, -Infinity);
    for (let ref = 0; ref < 4000; ref++) fill(head, ref, 0, 20, 1000);
    const open = head.bytes;
    head.expire(-Infinity, 3_600_000);
    expect(head.bytes).toBeLessThan(open / 2);
    expect(head.read(7, 0, Infinity).times).toHaveLength(20);
    for (let ref = 0; ref < 4000; ref++) fill(head, ref, 3_600_000, 20, 1000);
    head.expire(-Infinity, 7_200_000);
    head.expire(1_000_000, 7_200_000);
    expect(head.isCompleteFrom(7, 0)).toBe(false);
    expect([...head.read(7, 0, Infinity).times][0]).toBe(3_600_000);
    expect(head.evictedSamples).toBe(0);
  });

  it("knows which series cannot have samples in a range", () => {
    const head = new Head(1 << 20);
    head.open(0, -Infinity);
    head.open(1, Infinity);
    fill(head, 0, 1000, 5);
    expect(head.mayHave(0, 0, 999)).toBe(false);
    expect(head.mayHave(0, 0, 1000)).toBe(true);
    expect(head.mayHave(0, 1005, 9999)).toBe(false);
    expect(head.mayHave(1, 0, 10)).toBe(true);
    append(head, 0, 500, 1);
    expect(head.mayHave(0, 0, 999)).toBe(true);
  });

  // oxlint-disable-next-line complexity -- one random walk over everything that can be done
  it("equals a plain model whatever comes in whatever order", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const next = random(seed);
      const taken = { count: 0, inserted: 0 };
      const head = new Head(16 << 10, {
        taken: () => taken.count,
        inserted: () => taken.inserted,
      });
      const refs = 1 + Math.floor(next() * 5);
      const models = Array.from({ length: refs }, () => new Map<number, number>());
      for (let ref = 0; ref < refs; ref++) head.open(ref, -Infinity);
      let now = 1.7e12;
      let wrong = false;
      const asked: [unknown, unknown][] = [];
      for (let step = 0; step < 4000; step++) {
        const ref = Math.floor(next() * refs);
        const model = models[ref] ?? new Map<number, number>();
        const kind = next();
        if (kind < 0.9) {
          now += next() < 0.9 ? 1000 : Math.floor(next() * 100_000);
          const timeMs = next() < 0.85 ? now : now - Math.floor(next() * 200_000);
          const value = next() < 0.5 ? Math.floor(next() * 100) : next();
          taken.count++;
          const known = model.has(timeMs);
          const said = append(head, ref, timeMs, value);
          wrong ||= said !== "older" && (said === "double") !== known;
          if (said === "newest" || said === "late") model.set(timeMs, value);
        } else if (kind < 0.95) taken.inserted = taken.count;
        else if (kind < 0.96) head.expire(now - 3_000_000, now);
        else {
          const startMs = now - Math.floor(next() * 500_000);
          const endMs = startMs + Math.floor(next() * 300_000);
          const found = head.read(ref, startMs, endMs);
          const expected = [...model]
            .filter(([time]) => time >= startMs && time <= endMs)
            .toSorted(([a], [b]) => a - b);
          const complete = head.isCompleteFrom(ref, startMs);
          const pairs = [...found.times].map((time, i) => [time, found.values[i]]);
          // Where the head is not complete, what it has must be right all the same.
          const seen = new Set(found.times);
          asked.push([pairs, complete ? expected : expected.filter(([time]) => seen.has(time))]);
        }
      }
      expect(wrong).toBe(false);
      for (const [found, expected] of asked) expect(found).toEqual(expected);
    }
  });

  it("keeps the bits of stale markers among samples", () => {
    const head = new Head(1 << 20);
    head.open(0, -Infinity);
    for (let i = 0; i < 500; i++)
      if (i % 100 === 50) appendStale(head, 0, i);
      else append(head, 0, i, i % 7 === 0 ? Number.NaN : i / 8);
    const words = wordsOf(head.read(0, 0, 1000).values.slice());
    const found = Array.from({ length: 500 }, (_, i) => i).filter((i) => isStale(words, i));
    expect(found).toEqual([50, 150, 250, 350, 450]);
  });
});
