import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { createMemoryTelemetry, type TelemetryStore } from "#store";

import { FAMILIES } from "./families.ts";
import { MetricBook } from "./metric-book.ts";

const NOW_MS = 1_780_315_200_000;
const of = { traceId: "a".repeat(32), spanId: "b".repeat(16) };

describe("the book of a tenant's metrics", () => {
  let store: TelemetryStore;
  let book: MetricBook;
  let overflows: number;
  beforeEach(async () => {
    store = await createMemoryTelemetry({ now: () => NOW_MS });
    overflows = 0;
    book = new MetricBook(
      {
        metrics: store.metrics,
        exemplars: store.exemplars,
        tenant: "default",
        maxSets: () => 3,
        onOverflow: () => overflows++,
        onRefused: () => undefined,
      },
      NOW_MS,
    );
  });
  afterEach(() => store.close());

  const samples = async (labels: Record<string, string>) => {
    const ref = store.metrics.find("default", labels);
    if (ref === undefined) return undefined;
    const [found] = await store.metrics.range("default", [ref], NOW_MS - 1e6, NOW_MS + 1e8);
    return [...(found?.times ?? [])].map((time, i) => [time - NOW_MS, found?.values[i]]);
  };
  const calls = (service_name: string) => ({ __name__: FAMILIES.calls.name, service_name });

  it("begins a counter at 0, so that its first increase is seen", async () => {
    book.take(FAMILIES.calls, { service_name: "a", agent: "" }, 1, of, NOW_MS + 1000);
    book.take(FAMILIES.calls, { service_name: "a", agent: "" }, 1, of, NOW_MS + 2000);
    await book.flush(NOW_MS + 5000);
    expect(await samples(calls("a"))).toEqual([
      [0, 0],
      [5000, 2],
    ]);
  });

  it("writes what has not changed once a minute, and ends it after an hour", async () => {
    book.take(FAMILIES.calls, { service_name: "a" }, 1, of, NOW_MS);
    for (const second of [5, 10, 30, 66, 3700]) await book.flush(NOW_MS + second * 1000);
    const found = await samples(calls("a"));
    expect(found?.map(([time]) => time)).toEqual([0, 5000, 66_000, 3_700_000]);
    expect(found?.at(-1)?.[1]).toBeNaN();
    expect(book.sets).toBe(0);
  });

  it("counts a histogram's values in all buckets above them, with an exemplar at the one they are in", async () => {
    for (const seconds of [0.001, 0.5, 1e9])
      book.take(FAMILIES.tool, { tool: "t" }, seconds, of, NOW_MS + 1);
    await book.flush(NOW_MS + 5000);
    const latest = async (suffix: string, more = {}) =>
      (await samples({ __name__: FAMILIES.tool.name + suffix, tool: "t", ...more }))?.at(-1)?.[1];
    expect(await latest("_bucket", { le: "0.0025" })).toBe(1);
    expect(await latest("_bucket", { le: "0.64" })).toBe(2);
    expect(await latest("_bucket", { le: "+Inf" })).toBe(3);
    expect(await latest("_count")).toBe(3);
    expect(await latest("_sum")).toBe(1e9 + 0.501);
    const ref = store.metrics.find("default", {
      __name__: `${FAMILIES.tool.name}_bucket`,
      tool: "t",
      le: "0.64",
    }) as number;
    const found = store.exemplars.query("default", [ref], NOW_MS, NOW_MS + 10_000);
    expect(found[0]?.exemplars).toMatchObject([
      { value: 0.5, labels: { trace_id: of.traceId, span_id: of.spanId } },
    ]);
  });

  it("counts what is beyond the limit together, and says so", async () => {
    for (const service_name of ["a", "b", "c", "d", "e"])
      book.take(FAMILIES.calls, { service_name, span_kind: "SPAN_KIND_SERVER" }, 1, of, NOW_MS);
    await book.flush(NOW_MS + 5000);
    expect(overflows).toBe(2);
    const other = { ...calls("__overflow__"), span_kind: "SPAN_KIND_SERVER" };
    expect((await samples(other))?.at(-1)).toEqual([5000, 2]);
  });
});
