import { describe, expect, test } from "vitest";

import { placeOf } from "./place.ts";

const marked = (message: string, expression: string): string | null => {
  const { place } = placeOf(message, expression);
  return place === null ? null : expression.slice(place.from, place.to);
};

describe("the place of a message", () => {
  test.each([
    ['invalid parameter "query": 1:4: parse error: unexpected identifier', "up foo", "foo"],
    ["1:1: parse error: unknown function", "rates(up[5m])", "rates"],
    ["1:3: parse error: unexpected end of input", "up{", "{"],
    ["1:4: parse error: unexpected end of input", "up{", "{"],
    ["2:3: parse error: bad", "sum(\n  foo bar)", "foo"],
    ["1:9: parse error: bad", 'x{a="ä"} % 3', " "],
    ["1:6: parse error: bad", '"🔥"+ %', "%"],
    ["1:99: parse error: bad", "up", "p"],
    ["metric might not be a counter, name does not end in _total: up (1:6)", "rate(up[5m])", "up"],
  ])("%s in %s is %j", (message, expression, expected) => {
    expect(marked(message, expression)).toBe(expected);
  });

  test("is nowhere when the message names none", () => {
    expect(placeOf("query timed out", "up")).toEqual({ message: "query timed out", place: null });
  });

  test("is empty in an empty expression", () => {
    expect(placeOf("1:1: parse error: no expression found in input", "").place).toEqual({
      from: 0,
      to: 0,
    });
  });

  test("is taken out of the message", () => {
    expect(placeOf('invalid parameter "query": 1:4: parse error: x', "a b c").message).toBe(
      "parse error: x",
    );
    expect(placeOf("PromQL info: something (1:6)", "rate(up)").message).toBe(
      "PromQL info: something",
    );
  });
});
