import { describe, expect, it } from "vitest";

import { ThriftReader, THRIFT_I32, THRIFT_LIST, THRIFT_STRING } from "./thrift.ts";

const bytes = (...parts: (number | string)[]): Buffer =>
  Buffer.concat(parts.map((part) => Buffer.from(typeof part === "string" ? part : [part])));
const int = (value: number): number[] => [24, 16, 8, 0].map((shift) => (value >>> shift) & 0xff);
const field = (type: number, id: number): number[] => [type, 0, id];

describe("a reader of Thrift", () => {
  it("reads what is asked for, and leaves out the rest", () => {
    const map = [...field(13, 9), 11, 8, ...int(1), ...int(1), 97, ...int(7)];
    const inner = [...field(12, 8), ...field(6, 1), 0, 5, 0];
    const reader = new ThriftReader(
      bytes(...map, ...inner, ...field(11, 1), ...int(3), "abc", ...field(8, 2), ...int(42), 0),
      100,
    );
    const found: unknown[] = [];
    while (reader.next()) {
      if (reader.is(1, THRIFT_STRING)) found.push(reader.string(2));
      else if (reader.is(2, THRIFT_I32)) found.push(reader.i32());
      else reader.skip();
    }
    expect(found).toEqual(["ab", 42]);
  });

  it.each<[string, Buffer]>([
    ["it ends early", bytes(...field(11, 1), ...int(9), "abc")],
    ["a length is negative", bytes(...field(11, 1), ...int(-1))],
    ["there is no type 77", bytes(...field(77, 1))],
    ["it is nested too deeply", bytes(...Array.from({ length: 40 }, () => field(12, 1)).flat())],
    ["it has too many parts", bytes(...field(15, 1), 12, ...int(1 << 30), ...Array(500).fill(0))],
    [
      "it has too many parts",
      bytes(...field(13, 1), 77, 77, ...int(0), ...Array(900).fill([3, 0, 1, 0]).flat()),
    ],
  ])("refuses what is wrong: %s", (reason, body) => {
    const reader = new ThriftReader(body, 200);
    expect(() => {
      while (reader.next()) reader.skip();
    }).toThrow(reason);
  });

  it("believes no list that is longer than what is left", () => {
    const reader = new ThriftReader(bytes(...field(15, 1), 12, ...int(5_000_000), 0), 100);
    expect(reader.next() && reader.is(1, THRIFT_LIST)).toBe(true);
    expect(() => reader.list(12)).toThrow("too long");
  });
});
