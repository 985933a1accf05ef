import { describe, expect, it } from "vitest";

import { Labels } from "../../labels.ts";
import { xxhash64 } from "../../math/xxhash64.ts";
import { ratioOffset } from "./labels-hash.ts";

const encoder = new TextEncoder();
const hash = (bytes: Uint8Array): bigint => {
  const { high, low } = xxhash64(bytes, bytes.length);
  return (BigInt(high) << 32n) | BigInt(low);
};

/** Upstream's layout of labels, written plainly: lengths of 255 and more take four bytes. */
function layout(labels: Labels): Uint8Array {
  const bytes: number[] = [];
  for (const text of [...labels.entries()].flat()) {
    const { length } = encoder.encode(text);
    if (length < 255) bytes.push(length);
    else bytes.push(255, length & 255, (length >> 8) & 255, length >> 16);
    for (const byte of encoder.encode(text)) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
}

describe("XXH64", () => {
  it.each([
    ["", 0xef46db3751d8e999n],
    ["a", 0xd24ec4f1a98c6e5bn],
    ["as", 0x1c330fb2d66be179n],
    ["asd", 0x631c37ce72a97393n],
    ["asdf", 0x415872f599cea71en],
    ["abc", 0x44bc2cf5ad770999n],
    ["Call me Ishmael. Some years ago--never mind how long precisely-", 0x02a2e85470d6fd96n],
  ])("of %j", (text, expected) => {
    expect(hash(encoder.encode(text))).toBe(expected);
  });

  it("reads no more than it is told to", () => {
    const bytes = encoder.encode("asdf and more");
    const { high, low } = xxhash64(bytes, 4);
    expect((BigInt(high) << 32n) | BigInt(low)).toBe(0x415872f599cea71en);
  });
});

describe("the place of labels between 0 and 1", () => {
  it.each([
    [{}],
    [{ __name__: "up", job: "node" }],
    [{ ünïcode: "späße 😀", x: "y".repeat(254) }],
    [{ a: "x".repeat(255), b: "é".repeat(400), c: "z".repeat(70_000) }],
  ])("is the hash of upstream's layout (%#)", (object) => {
    const labels = Labels.fromObject(object);
    expect(ratioOffset(labels)).toBe(Number(hash(layout(labels))) / 2 ** 64);
  });

  it("does not depend on what was hashed before", () => {
    const labels = Labels.fromObject({ a: "1" });
    const before = ratioOffset(labels);
    ratioOffset(Labels.fromObject({ a: "long".repeat(10_000) }));
    expect(ratioOffset(labels)).toBe(before);
  });
});
