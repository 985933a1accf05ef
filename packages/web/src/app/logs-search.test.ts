import { expect, it } from "vitest";

import { parseLogsSearch, readLine, withoutParts, writeLine } from "./logs-search.ts";

it.each([
  [{}, {}],
  [
    { q: "a", level: "warn", hours: 6, tail: true },
    { q: "a", level: "warn", hours: 6, tail: true },
  ],
  [{ q: 42, hours: 1, level: "loud", tail: "yes", view: "other" }, { q: "42" }],
  [
    { from: 10, to: 20 },
    { from: 10, to: 20 },
  ],
  [{ from: 20, to: 10 }, {}],
  [{ from: "x", to: 20 }, {}],
  [{ view: "patterns" }, { view: "patterns" }],
  [
    { line: "l1780315200000000001.1780315200000001" },
    { line: "l1780315200000000001.1780315200000001" },
  ],
  [{ line: "<script>" }, {}],
])("%j is read as %j", (raw, search) => {
  expect(parseLogsSearch(raw)).toEqual(search);
});

it("an id is written so that no router takes it for a number", () => {
  expect(Number(writeLine("1.2"))).toBeNaN();
  expect(readLine(writeLine("1.2"))).toBe("1.2");
});

it("parts can be left out", () => {
  expect(withoutParts({ q: "a", from: 1, to: 2 }, "from", "to")).toEqual({ q: "a" });
});
