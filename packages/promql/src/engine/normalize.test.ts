import { describe, expect, it } from "vitest";

import { Engine, formatPromQL, memoryStorage, parsePromQL } from "../index.ts";
import { unwrapArguments } from "./normalize.ts";

describe("parentheses around arguments", () => {
  it.each([
    ["rate((x[5m]))", "rate(x[5m])"],
    ["sum(((x)))", "sum(x)"],
    ["topk((1), (x))", "topk(1, x)"],
    ["abs((x) + (y))", "abs((x) + (y))"],
    ["(abs((x)))", "(abs(x))"],
    ["-sum((x))", "-sum(x)"],
    ["max_over_time(((abs((x)))[5m:]))", "max_over_time((abs(x))[5m:])"],
    ["topk(scalar((x)), y) + count((z))", "topk(scalar(x), y) + count(z)"],
  ])("%s becomes %s", (text, expected) => {
    const expr = parsePromQL(text);
    unwrapArguments(expr);
    expect(formatPromQL(expr)).toBe(expected);
  });
});

describe("the place of remarks", () => {
  const storage = memoryStorage([
    {
      labels: { __name__: "x" },
      samples: [
        [0, 1],
        [60_000, 2],
      ],
    },
  ]);
  it.each([
    ["1 + rate(x[5m])", "(1:10)"],
    ["1 + rate((x[5m]))", "(1:11)"],
    ["1 + rate(x[5m:1m])", "(1:1)"],
  ])("of %s is %s", async (text, place) => {
    const { infos } = await new Engine().instant(storage, text, 60_000);
    expect(infos).toHaveLength(1);
    expect(infos[0]?.endsWith(place), infos[0]).toBe(true);
  });
});
