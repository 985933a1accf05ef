import { expect, it } from "vitest";

import { parseSearch } from "./search-text.ts";

const shown = (text: string) =>
  parseSearch(text).map(({ text: own, negated }) => (negated ? `not ${own}` : own));

it.each([
  ["", []],
  ["   ", []],
  ["Timeout", ["timeout"]],
  ["connection  refused", ["connection", "refused"]],
  ['"Connection refused" peer', ["connection refused", "peer"]],
  ['-heartbeat -"all is well"', ["not heartbeat", "not all is well"]],
  ['"never closed', ["never closed"]],
  ['""', []],
  ["user_id=42", ["user_id=42"]],
  ["a-b", ["a-b"]],
  ["'); DROP TABLE logs", ["');", "drop", "table", "logs"]],
])("%j is %j", (text, expected) => {
  expect(shown(text)).toEqual(expected);
});

it("words within a term are those that the index knows", () => {
  expect(parseSearch('"User_Id=42 – Über"')[0]?.words).toEqual(["user", "id", "42", "–", "über"]);
});

it("a search without an end is refused", () => {
  expect(() => parseSearch("a ".repeat(17))).toThrow(/at most 16/);
});
