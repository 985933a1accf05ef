import { expect, it } from "vitest";

import { RecordPool } from "./record-pool.ts";

it("gives the memory of what was taken back to the next record of about that size", () => {
  const pool = new RecordPool(1 << 20);
  const first = pool.take(10_000);
  expect(first.length).toBe(10_000);
  expect(first.byteOffset).toBe(0);
  pool.give(first);
  expect(pool.bytes).toBe(16_384);
  const second = pool.take(16_000);
  expect(second.buffer).toBe(first.buffer);
  expect(second.length).toBe(16_000);
  expect(pool.bytes).toBe(0);
});

it("never gives the same memory to two", () => {
  const pool = new RecordPool(1 << 20);
  pool.give(pool.take(10_000));
  expect(pool.take(10_000).buffer).not.toBe(pool.take(10_000).buffer);
});

it("keeps no more than its limit, and nothing that is small, large or part of something else", () => {
  const pool = new RecordPool(40_000);
  for (const bytes of [10, 10_000, 12_000, 16_384, 3 << 20]) pool.give(pool.take(bytes));
  pool.give(Buffer.from("a view of the common pool of Node"));
  for (const buffer of [10_000, 12_000, 16_384].map((bytes) => pool.take(bytes))) pool.give(buffer);
  expect(pool.bytes).toBe(32_768);
});
