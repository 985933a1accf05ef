import { expect, it } from "vitest";

import { timeParameter } from "./time-parameter.ts";

const Time = timeParameter((ms) => (ms >= 0 && ms <= 2e12 ? Math.trunc(ms) : undefined));

it.each([
  ["0", 0],
  ["1780315200", 1_780_315_200_000],
  ["1780315200.1234", 1_780_315_200_123],
  ["2026-06-01T12:00:00Z", 1_780_315_200_000],
])("%s is %d", (text, ms) => {
  expect(Time.parse(text)).toBe(ms);
});

it.each(["", "soon", "1e9", "1969-12-31T00:00:00Z", "9999999999"])("%j is refused", (text) => {
  expect(Time.safeParse(text).error?.issues[0]?.message).toBe(
    "expected Unix seconds or an ISO 8601 time",
  );
});
