import { describe, expect, it } from "vitest";

import { PromQLError, formatPromQL, parsePromQL } from "../index.ts";

describe("formatPromQL", () => {
  it.each([
    ["sum(foo)by(b,a)", "sum by (b, a) (foo)"],
    ["sum by() (foo)", "sum(foo)"],
    ["sum without() (foo)", "sum without () (foo)"],
    ['topk(3,foo{b="c",a=~"d"})', 'topk(3, foo{a=~"d",b="c"})'],
    ["foo{}", "foo"],
    ["{'a b'=`c\\d`}", '{"a b"="c\\\\d"}'],
    ['{"foo"}', '{__name__="foo"}'],
    ["foo[90m]@5 offset-1d", "foo[1h30m] @ 5.000 offset -1d"],
    ["foo@start()[5m:]", "foo @ start()[5m:]"],
    ["foo[5m]smoothed", "foo[5m] smoothed"],
    ["foo[300]", "foo[5m]"],
    ["foo[ (5m+STEP())*2 :range() ]", "foo[(5m + step()) * 2:range()]"],
    ["a+on()group_left b", "a + on () group_left () b"],
    ["a==bool ignoring(c)b", "a == bool ignoring (c) b"],
    ["a+fill(1)b", "a + fill (1) b"],
    ["a+fill_right(-Inf)b", "a + fill_right (-Inf) b"],
    ["A ATAN2 B", "A atan2 B"],
    ["a </ 5", "a </ 5"],
    ["1e21+5m-0x10", "1000000000000000000000 + 5m - 16"],
    ["- - a", "--a"],
    ["(-1)^2", "(-1) ^ 2"],
    ['"it\'s"', '"it\'s"'],
    ["a # why\n+ b", "a + b"],
    ["sum by ('inf','x y')(a)", 'sum by ("inf", "x y") (a)'],
  ])("writes %s as %s", (text, canonical) => {
    expect(formatPromQL(parsePromQL(text))).toBe(canonical);
    expect(formatPromQL(parsePromQL(canonical))).toBe(canonical);
  });
});

/** A small generator with a seed (mulberry32), so that a failure can be run again. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const pieces =
  `foo sum rate offset by on ( ) [ ] { } , + - * / ^ == =~ != > @ start() end() 5m 1 0x1 1e3 5. .5 Inf "a" 'b' \`c\`
  a="b" and or unless bool group_left ignoring without fill step() : {a="b"} [5m] [5m:1m] (foo) topk anchored smoothed # \\ \u00e9`
    .split(/\s+/)
    .concat(" ", "\n");

describe("fuzz", () => {
  it("throws only PromQLError, and what it reads it writes", () => {
    const random = seeded(20_261_121);
    const wrong: unknown[] = [];
    let valid = 0;
    let slowestMs = 0;
    for (let round = 0; round < 6000; round++) {
      const count = 1 + Math.floor(random() * 12);
      const parts = Array.from(
        { length: count },
        () => pieces[Math.floor(random() * pieces.length)],
      );
      const text = parts.join(random() < 0.5 ? " " : "");
      const began = performance.now();
      try {
        const canonical = formatPromQL(parsePromQL(text));
        valid++;
        if (formatPromQL(parsePromQL(canonical)) !== canonical) wrong.push([text, canonical]);
      } catch (error) {
        if (!(error instanceof PromQLError)) wrong.push([text, error]);
      }
      slowestMs = Math.max(slowestMs, performance.now() - began);
    }
    expect(wrong).toEqual([]);
    expect(valid).toBeGreaterThan(100);
    expect(slowestMs).toBeLessThan(2000);
  });
});
