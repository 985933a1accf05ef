import { expect, it } from "vitest";

import { clockOf, firstLine, searchFor } from "./log-words.ts";

it.each([
  ["connection to <*> refused after <num> ms", '"connection to" "refused after" ms'],
  ["ready", "ready"],
  ["<num> <uuid>", ""],
  ["user=<num> logged in", '"logged in"'],
  ['said "no" to <*>', '"said  no  to"'],
  ["a:b <num> -x", '"a:b" "-x"'],
])("lines of the pattern %j are found by %j", (pattern, search) => {
  expect(searchFor({ pattern })).toBe(search);
});

it("a line is shown by its first line and its time to the millisecond", () => {
  expect(firstLine("a\nb")).toBe("a");
  expect(firstLine("a")).toBe("a");
  expect(clockOf("2026-06-01T12:00:00.007Z")).toMatch(/^\d\d:\d\d:00\.007$/);
});
