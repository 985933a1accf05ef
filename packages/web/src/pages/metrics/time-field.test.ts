import { expect, test } from "vitest";

import { fromField, toField } from "./time-field.ts";

test.each([0, 1_700_000_003_000, 1_719_741_600_000])("%d survives the field", (timeMs) => {
  expect(fromField(toField(timeMs))).toBe(timeMs);
});

test.each(["", "2026", "2026-13-01T00:00", "nonsense", "1960-01-01T00:00"])(
  "%j is no time",
  (text) => {
    expect(fromField(text)).toBeNull();
  },
);
