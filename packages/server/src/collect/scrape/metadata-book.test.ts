import { describe, expect, it } from "vitest";

import type { MetricMetadata } from "#store";

import { createMetadataBook } from "./metadata-book.ts";

const described = (help: string, ...metrics: string[]): Map<string, MetricMetadata> =>
  new Map(metrics.map((metric) => [metric, { type: "gauge", unit: "", help }]));

describe("descriptions of pages", () => {
  it("are shared by pages that say the same", () => {
    const keep = createMetadataBook();
    const first = described("h", "a", "b");
    expect(keep(first)).toBe(first);
    expect(keep(described("h", "a", "b"))).toBe(first);
    expect(keep(described("other", "a", "b"))).not.toBe(first);
    expect(keep(described("h", "a"))).not.toBe(first);
    expect(keep(described("h", "a", "b"))).toBe(first);
  });

  it("are forgotten when many others came since", () => {
    const keep = createMetadataBook();
    const first = described("h", "a");
    keep(first);
    for (let i = 0; i < 100; i++) keep(described(String(i), "a"));
    expect(keep(described("h", "a"))).not.toBe(first);
  });
});
