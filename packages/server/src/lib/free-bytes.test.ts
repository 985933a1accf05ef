import { expect, it } from "vitest";

import { freeBytes } from "./free-bytes.ts";

it("memory that is one buffer's own is given back at once", () => {
  const whole = Buffer.allocUnsafeSlow(100_000);
  const body = whole.subarray(0, 50_000);
  freeBytes(body);
  expect([body.length, whole.length, whole.buffer.byteLength]).toEqual([0, 0, 0]);
});

it.each([
  ["is shared with other small buffers", () => Buffer.from("small")],
  ["begins before the buffer", () => Buffer.allocUnsafeSlow(100_000).subarray(10)],
])("memory that %s stays", (_, make) => {
  const body = make();
  const before = body.buffer.byteLength;
  freeBytes(body);
  expect(body.buffer.byteLength).toBe(before);
  expect(body.length).toBeGreaterThan(0);
});
