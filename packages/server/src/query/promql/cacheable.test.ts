import { expect, it } from "vitest";

import { isCacheable } from "./cacheable.ts";

it.each([
  "rate( a [5m])",
  "sum by(x)(a offset 5m) / on(x) b",
  "max_over_time(a[1h:1m])",
  "-topk(3, a)",
  "time()",
])("an answer of %s is kept", (text) => expect(isCacheable(text)).toBe(true));

it.each([
  "a @ end()",
  "a @ 1000",
  "rate(a[5m] @ start())",
  "a offset -5m",
  "max_over_time(a[1h:1m] offset -1m)",
  "a[5m] smoothed",
  "sum(a offset -1s) + b",
  "range() + a",
  "info(a)",
  "rate(a[5m + step()])",
])("an answer of %s is not kept", (text) => expect(isCacheable(text)).toBe(false));
