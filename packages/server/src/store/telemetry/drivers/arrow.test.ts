import { expect, test } from "vitest";

import { arrowColumns, packTexts } from "./arrow.ts";

const textsIn = ({ length, offsets, bytes }: ReturnType<typeof packTexts>): string[] =>
  Array.from({ length }, (_, at) => bytes.toString("utf8", offsets[at], offsets[at + 1]));

test("packs texts one after the other, also those that need more room than was thought", () => {
  const texts = ["", "a", "Grüße 🚀", "x".repeat(100_000), "", "\u0000"];
  const packed = packTexts(texts);
  expect(textsIn(packed)).toEqual(texts);
  expect(packed.bytes.length).toBe(1 + Buffer.byteLength("Grüße 🚀") + 100_000 + 1);
});

test("packs no texts", () => {
  expect([...packTexts([]).offsets]).toEqual([0]);
});

test("describes columns with the memory that they lie in", async () => {
  const ids = new BigInt64Array([1n, -2n, 3n]).subarray(1);
  const [id, share, name, packed] = await arrowColumns([
    { name: "id", type: "Int64", data: ids },
    { name: "share", type: "Float64", data: Float64Array.of(0.5, 0.25) },
    { name: "name", type: "String", data: ["a", "bc"] },
    { name: "packed", type: "String", data: packTexts(["", "d"]) },
  ]);
  expect(id).toMatchObject({ name: "id", format: "l", length: 2, nullCount: 0 });
  expect(id?.buffers[1]?.readBigInt64LE(0)).toBe(-2n);
  expect(share).toMatchObject({ format: "g", length: 2 });
  expect(name).toMatchObject({ format: "u", length: 2 });
  expect(name?.buffers[1]?.readInt32LE(8)).toBe(3);
  expect(name?.buffers[2]?.toString()).toBe("abc");
  expect(packed?.buffers[2]?.toString()).toBe("d");
});
