import { describe, expect, it } from "vitest";

import { ProtobufError, ProtobufReader } from "./protobuf.ts";

const reader = (...bytes: number[]) => new ProtobufReader(Uint8Array.from(bytes));
const wide = (value: bigint): number[] => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  while (rest > 127n) {
    bytes.push(Number(rest & 127n) | 128);
    rest >>= 7n;
  }
  return [...bytes, Number(rest)];
};

it("ids are told apart by all of their bytes, whichever came before", () => {
  const ids = [
    "000102030405060708090a0b0c0d0e0f",
    "100102030405060708090a0b0c0d0e0f",
    "08090a0b0c0d0e0f",
    "0f",
    "",
    "00".repeat(17),
  ];
  const mixed = Array.from({ length: 600 }, (_, index) =>
    index % 3 === 0 ? ids[(index / 3) % ids.length] : index.toString(16).padStart(16, "0"),
  ) as string[];
  for (const id of mixed) {
    const bytes = Buffer.from(id, "hex");
    expect(reader(bytes.length, ...bytes).hex(64)).toBe(id);
  }
  expect(reader(3, 1, 2, 3).hex(2)).toBe("0102");
});

describe("numbers", () => {
  const cases = [0n, 1n, 127n, 128n, 300n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n - 1n];
  it.each(cases)("%d as an unsigned varint", (value) => {
    expect(reader(...wide(value)).uint64()).toBe(Number(value));
    expect(reader(...wide(value)).uint32()).toBe(Number(BigInt.asUintN(32, value)));
  });

  it.each([...cases, ...cases.map((value) => -value)])("%d as a signed varint", (value) => {
    expect(reader(...wide(value)).int64()).toBe(Number(value));
  });

  it.each([...cases.slice(0, -1), ...cases.slice(0, -1).map((value) => -value)])(
    "%d as a zigzag varint",
    (value) => {
      const encoded = value >= 0n ? value * 2n : -value * 2n - 1n;
      expect(Number(reader(...wide(encoded)).sint64())).toBe(Number(value));
    },
  );

  it("of a fixed length", () => {
    const bytes = Buffer.alloc(20);
    bytes.writeDoubleLE(-1.5, 0);
    bytes.writeBigInt64LE(-3n, 8);
    bytes.writeUInt32LE(4_000_000_000, 16);
    const fields = new ProtobufReader(bytes);
    expect(fields.double()).toBe(-1.5);
    expect(fields.sfixed64()).toBe(-3);
    expect(fields.fixed32()).toBe(4_000_000_000);
  });

  it.each([0n, 999_999n, 1_000_000n, 1_780_315_200_009_999_999n, 1_780_315_200_010_000_000n])(
    "%d nanoseconds as whole milliseconds",
    (nanoseconds) => {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(nanoseconds);
      const expected = Number(nanoseconds / 1_000_000n);
      expect(new ProtobufReader(bytes).fixed64Nanoseconds()).toBe(expected);
    },
  );

  it("in a packed list and one by one", () => {
    const values: number[] = [];
    const message = reader(0x0a, 3, 1, 0x80, 1, 0x08, 5);
    while (message.next()) message.repeated(values, () => message.uint32(), 10);
    expect(values).toEqual([1, 128, 5]);
    expect(() => {
      const again = reader(0x0a, 3, 1, 2, 3);
      again.next();
      again.repeated([], () => again.uint32(), 2);
    }).toThrow("more than 2 values");
  });
});

it("reads texts as they are, also with a byte order mark, and no others than UTF-8", () => {
  expect(reader(5, 0xef, 0xbb, 0xbf, 0xc3, 0xbc).string()).toBe("\ufeffü");
  expect(() => reader(2, 0xc3, 0x28).string()).toThrow("not valid UTF-8");
});

it("leaves out fields of every wire type", () => {
  const message = reader(
    0x08,
    0x80,
    1,
    0x11,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    0x1a,
    2,
    9,
    9,
    0x25,
    1,
    2,
    3,
    4,
    0x28,
    7,
  );
  const fields: number[] = [];
  let last = 0;
  while (message.next()) {
    fields.push(message.field);
    if (message.field === 5) last = message.uint32();
    else message.skip();
  }
  expect(last).toBe(7);
  expect(fields).toEqual([1, 2, 3, 4, 5]);
});

it.each<[string, number[]]>([
  ["a field without a number", [0x02, 0]],
  ["an unknown wire type", [0x0b]],
  ["a length beyond the end", [0x0a, 5, 1]],
  ["a length of gigabytes", [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f]],
  ["a number that is cut off", [0x08, 0x80]],
  ["a number of eleven bytes", [0x08, ...Array.from({ length: 11 }, () => 0x80)]],
  ["a fixed number that is cut off", [0x09, 1, 2]],
])("refuses %s", (_name, bytes) => {
  const message = reader(...bytes);
  expect(() => {
    while (message.next()) message.skip();
  }).toThrow(ProtobufError);
});

it("does not read beyond an embedded message", () => {
  const outer = reader(0x0a, 2, 0x0a, 9, 0x10, 1);
  outer.next();
  const inner = outer.message();
  inner.next();
  expect(() => inner.string()).toThrow("beyond its message");
  expect(outer.next()).toBe(true);
  expect(outer.field).toBe(2);
});

it("goes into messages and comes back behind them, whatever was left unread", () => {
  const reader = new ProtobufReader(Uint8Array.of(0x0a, 0x04, 0x08, 0x07, 0x10, 0x09, 0x18, 0x05));
  expect(reader.next()).toBe(true);
  const outer = reader.enter();
  expect([reader.next(), reader.uint32()]).toEqual([true, 7]);
  reader.leave(outer);
  expect([reader.next(), reader.field, reader.uint32(), reader.next()]).toEqual([
    true,
    3,
    5,
    false,
  ]);
});

it("does not go into a message that reaches beyond the one around it", () => {
  const reader = new ProtobufReader(Uint8Array.of(0x0a, 0x02, 0x0a, 0x05, 0x08, 0x07));
  reader.next();
  reader.enter();
  reader.next();
  expect(() => reader.enter()).toThrow("beyond its message");
});
