import { expect, test } from "vitest";

import { csvOfLines, csvOfRows } from "./csv.ts";

test("lines become columns, gaps empty cells, and formulas harmless", () => {
  const text = csvOfLines(Float64Array.of(0, 60), [
    { label: 'a,"b"', values: Float64Array.of(1, Number.NaN) },
    { label: "=cmd()", values: Float64Array.of(Infinity, -0.5) },
  ]);
  expect(text).toBe(
    [
      'time,"a,""b""",\'=cmd()',
      "1970-01-01T00:00:00.000Z,1,Infinity",
      "1970-01-01T00:01:00.000Z,,-0.5",
      "",
    ].join("\n"),
  );
});

test("rows have a column per label", () => {
  const base = { key: "", timeMs: 0, note: "" };
  const text = csvOfRows(
    ["job", "zone"],
    [
      { ...base, query: "A", labels: { job: "x" }, value: 1 },
      {
        ...base,
        query: "B",
        labels: { zone: "@z" },
        value: Number.NaN,
        note: "histogram, count 4",
      },
    ],
  );
  expect(text.split("\n")).toEqual([
    "query,job,zone,value,time",
    "A,x,,1,1970-01-01T00:00:00.000Z",
    'B,,\'@z,"histogram, count 4",1970-01-01T00:00:00.000Z',
    "",
  ]);
});
