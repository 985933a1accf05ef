import { expect, it } from "vitest";

import { formatFloat } from "./format-float.ts";

it.each([
  [0, "0"],
  [-0, "-0"],
  [NaN, "NaN"],
  [Infinity, "+Inf"],
  [-Infinity, "-Inf"],
  [1, "1"],
  [-12.5, "-12.5"],
  [0.1 + 0.2, "0.30000000000000004"],
  [1e-6, "0.000001"],
  [1e-7, "1e-07"],
  [-1.5e-7, "-1.5e-07"],
  [1.25e-10, "1.25e-10"],
  [5e-324, "5e-324"],
  [123456789012345680000, "123456789012345680000"],
  [1e21, "1e+21"],
  [-1.5e22, "-1.5e+22"],
  [Number.MAX_VALUE, "1.7976931348623157e+308"],
  [1767225600, "1767225600"],
])("writes %d as Go does", (value, text) => expect(formatFloat(value)).toBe(text));
