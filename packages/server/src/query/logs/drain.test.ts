import { describe, expect, it } from "vitest";

import { DrainTree } from "./drain.ts";
import { maskVariables } from "./masks.ts";

describe("what differs from line to line is replaced by its kind", () => {
  it.each([
    ["took 35 ms", "took <num> ms"],
    ["took 35ms, 12.5% of 1e6", "took <num>ms, <num>% of <num>"],
    ["user_id=42 offset=-7", "user_id=<num> offset=<num>"],
    ["from 10.0.0.7:8051 to 192.168.1.1", "from <ip> to <ip>"],
    ["span b7ad6b7169203331 of 0xdeadbeef", "span <hex> of <hex>"],
    ["job 0af76519-16cd-43dd-8448-eb211c80319c", "job <uuid>"],
    ["at 2026-06-01T12:00:00.123Z and 12:00:01,5", "at <time> and <time>"],
    ["read /var/lib/data/wal.log and/or more", "read <path> and/or more"],
    ["session sess_9f8e7d6c5b4a ended", "session <id> ended"],
    ["v2 of python3 in HTTP/1.1", "v2 of python3 in HTTP/<num>"],
    ["decade facade deadbeef", "decade facade deadbeef"],
    ["first line\nsecond 2", "first line"],
    ["", ""],
  ])("%j", (line, masked) => {
    expect(maskVariables(line)).toBe(masked);
  });

  it.each(["9".repeat(100_000), "a-".repeat(50_000), "/a".repeat(50_000), "1.".repeat(50_000)])(
    "also in long lines that look like much at once (%#)",
    (line) => {
      expect(maskVariables(line).length).toBeLessThanOrEqual(1100);
    },
  );
});

const patternsOf = (lines: readonly string[]): Record<string, number> => {
  const tree = new DrainTree(() => ({ count: 0 }));
  for (const line of lines) {
    const group = tree.add(line);
    if (group !== undefined) group.lines.count++;
  }
  return Object.fromEntries(
    tree.groups.map(({ words, lines: { count } }) => [words.join(" "), count]),
  );
};

describe("lines that look alike are one group", () => {
  it("whatever their numbers, ids and names are", () => {
    expect(
      patternsOf([
        "connection to peer_7 refused after 12 ms",
        "connection to peer_9 refused after 7 ms",
        "connection to db refused after 30 ms",
        "user alice logged in from 10.0.0.1",
        "user bob logged in from 10.0.0.2",
        "ready",
      ]),
    ).toEqual({
      "connection to <*> refused after <num> ms": 3,
      "user <*> logged in from <ip>": 2,
      ready: 1,
    });
  });

  it("and those that are not alike are not", () => {
    expect(Object.keys(patternsOf(["cache hit for key", "disk full on host"]))).toHaveLength(2);
  });

  it("an empty line has a place, too", () => {
    expect(patternsOf(["", "  "])).toEqual({ "": 2 });
  });

  it("of lines that are all different there are not more groups than the limit", () => {
    const word = (i: number) => String.fromCodePoint(97 + (i % 26), 97 + (Math.floor(i / 26) % 26));
    const tree = new DrainTree(() => 0);
    for (let i = 0; i < 30_000; i++)
      tree.add(`${word(i)} ${word(i * 7)} ${word(i * 3)} ${word(i * 31)} ${word(i * 17)}`);
    expect(tree.groups.length).toBeLessThanOrEqual(1000);
    expect(tree.groups.length + tree.others).toBeGreaterThan(500);
  });
});
