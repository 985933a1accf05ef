import { expect, test } from "vitest";

import {
  emptyColumns,
  readColumns,
  spanFlags,
  writeColumns,
  type SpanShape,
} from "./span-columns.ts";

const shape = (name: string): SpanShape => ({
  name,
  service: "fleet",
  host: "",
  operation: "chat",
  agent: 'läd "er"',
  peer: "",
  tool: "",
  model: "m",
  error_type: "",
});

test.each([0, 1, 3])("columns of %d spans come back as they were written", (count) => {
  const columns = emptyColumns(count, [shape("a"), shape("ß")]);
  for (let at = 0; at < count; at++) {
    columns.spanIds[at] = 0xffff_ffff_ffff_ff00n + BigInt(at);
    columns.parentIds[at] = BigInt(at);
    columns.starts[at] = 1_780_315_200_000_000_001n + BigInt(at);
    columns.durations[at] = 1.5e12 + at;
    columns.costs[at] = at === 1 ? Number.NaN : 0.25;
    columns.inputTokens[at] = 4_000_000_000;
    columns.outputTokens[at] = at;
    columns.shapeOf[at] = at % 2;
    columns.flags[at] = spanFlags.of(5, 2, at === 0);
  }
  const bytes = writeColumns(columns, "1.a");
  expect(bytes.length % 8).toBe(0);
  const read = readColumns(bytes.buffer as ArrayBuffer);
  expect(read).toEqual({ columns, next: "1.a" });
});

test.each([
  [0, 0, false],
  [5, 2, true],
  [3, 1, false],
])("flags tell kind %d, status %d, and whether it has ended", (kind, status, ended) => {
  const flags = spanFlags.of(kind, status, ended);
  expect([spanFlags.kind(flags), spanFlags.status(flags), spanFlags.ended(flags)]).toEqual([
    kind,
    status,
    ended,
  ]);
});
