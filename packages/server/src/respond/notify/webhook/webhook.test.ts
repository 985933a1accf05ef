import { describe, expect, it } from "vitest";

import { retryAfterMs } from "./webhook.ts";

describe("retryAfterMs", () => {
  const nowMs = Date.UTC(2026, 10, 21, 7, 28);

  it.each<[string | undefined, number | null]>([
    [undefined, null],
    ["120", 120_000],
    [" 3 ", 3000],
    ["0", 0],
    ["Sat, 21 Nov 2026 07:29:00 GMT", 60_000],
    ["Sat, 21 Nov 2026 07:00:00 GMT", 0],
    ["soon", null],
    ["-5", null],
    ["99999999999999999999", null],
  ])("reads %j as %j", (header, expected) => {
    expect(retryAfterMs(header, nowMs)).toBe(expected);
  });
});
