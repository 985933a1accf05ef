import { describe, expect, test } from "vitest";

import { gStatistic } from "./counts.ts";
import { normaliseMessage } from "./errors.ts";

describe("the statistic of differences", () => {
  test.each<[string, number, number, number, number, number]>([
    ["a value that all have tells nothing", 10, 90, 10, 90, 0],
    ["nor one that nobody has", 0, 0, 10, 90, 0],
    ["nor one with the same share on both sides", 5, 45, 10, 90, 0],
    ["one that only the inside has tells most", 10, 0, 10, 90, 65.017],
    ["one that is more frequent tells something", 8, 20, 10, 90, 13.235],
    ["without an outside there is nothing to tell", 3, 0, 10, 0, 0],
  ])("%s", (_, inside, outside, insides, outsides, expected) => {
    const score = gStatistic({ inside, outside }, { inside: insides, outside: outsides });
    expect(score).toBeCloseTo(expected, 2);
  });
});

describe("messages of errors", () => {
  test.each([
    ["timeout after 3000 ms", "timeout after <n> ms"],
    ["GET https://a.example/x?id=3 failed", "GET <url> failed"],
    ["no order 0af76519-16cd-43dd-8448-eb211c80319c", "no order <id>"],
    ["no span 0af7651916cd43dd8448eb211c80319c", "no span <id>"],
    ["at 2026-11-21T10:00:00.123Z it broke", "at <time> it broke"],
    ["connect ECONNREFUSED 127.0.0.1:8123", "connect ECONNREFUSED <address>"],
    ["cannot read 'name' of \"user\"", "cannot read <text> of <text>"],
    ["ENOENT: /var/lib/data/file.txt", "ENOENT: <path>"],
    ["first line\n    at stack (x.js:1:2)", "first line"],
    ["  ", ""],
    ["rate_limit_exceeded_for_requests", "rate_limit_exceeded_for_requests"],
  ])("%j is %j", (message, normal) => {
    expect(normaliseMessage(message)).toBe(normal);
  });

  test("are short, whatever they are", () => {
    for (const text of [
      "/a".repeat(50_000),
      "'".repeat(100_000),
      "a-1".repeat(50_000),
      "9".repeat(1e5),
    ])
      expect(normaliseMessage(text).length).toBeLessThanOrEqual(300);
  });
});
