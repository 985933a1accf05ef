import { expect, it } from "vitest";

import { ProtobufWriter } from "./protobuf-writer.ts";
import { ProtobufReader } from "./protobuf.ts";

it.each([
  0,
  1,
  127,
  128,
  2 ** 31,
  2 ** 40 + 5,
  Number.MAX_SAFE_INTEGER,
  -1,
  -128,
  -1.5e12,
  -(2 ** 52),
])("int64 %d comes back", (value) => {
  const writer = new ProtobufWriter();
  writer.int64(3, value);
  const reader = new ProtobufReader(writer.take());
  expect([reader.next(), reader.field, reader.int64(), reader.next()]).toEqual([
    true,
    3,
    value,
    false,
  ]);
});

it.each([0, -1, 1, 8, -53, 2 ** 31 - 1, -(2 ** 31)])("sint32 %d comes back", (value) => {
  const writer = new ProtobufWriter();
  writer.sint32(1, value);
  const reader = new ProtobufReader(writer.take());
  reader.next();
  expect(reader.sint32()).toBe(value);
});

it("messages within messages come back, of any length, and doubles with their bits", () => {
  const words = Uint32Array.of(0x0000_0002, 0x7ff0_0000);
  const long = "ü".repeat(70_000);
  const writer = new ProtobufWriter();
  writer.message(1, () => {
    writer.string(1, "a");
    writer.message(2, () => writer.string(1, long));
    writer.message(3, () => {});
  });
  writer.doubleAt(2, words, 0);
  writer.doubles(3, [1.5, -2]);
  const reader = new ProtobufReader(writer.take());
  reader.next();
  const outer = new ProtobufReader(reader.slice());
  outer.next();
  expect(outer.string()).toBe("a");
  outer.next();
  const inner = new ProtobufReader(outer.slice());
  inner.next();
  expect(inner.string()).toBe(long);
  outer.next();
  expect(outer.slice()).toHaveLength(0);
  reader.next();
  expect([reader.fixed32(), reader.fixed32()]).toEqual([2, 0x7ff0_0000]);
  reader.next();
  const packed = new ProtobufReader(reader.slice());
  expect([packed.double(), packed.double()]).toEqual([1.5, -2]);
  expect(reader.next()).toBe(false);
});
