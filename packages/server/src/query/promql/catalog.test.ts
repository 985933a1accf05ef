import { describe, expect, it } from "vitest";

import { createMemoryTelemetry } from "#store";

import { createCatalog } from "./catalog.ts";

const TENANT = "default";
const T0 = Date.UTC(2026, 5, 1, 12);

/** Per zone as many series as given, each with one sample; zone by zone an hour later. */
async function catalogOf(seriesPerZone: number, zones: number) {
  const store = await createMemoryTelemetry({ now: () => T0 + 3_600_000 * zones });
  const appender = store.metrics.appender(TENANT);
  for (let zone = 0; zone < zones; zone++)
    for (let i = 0; i < seriesPerZone; i++) {
      const labels = { __name__: "m", zone: `z${zone}`, host: `h${i}` };
      appender.append(appender.series(labels), T0 + zone * 3_600_000, 1);
    }
  await appender.commit();
  return { store, catalog: createCatalog(store.metrics) };
}

describe.each([
  ["few series each", 1],
  ["many series each", 50],
])("values of a label with %s", (_, seriesPerZone) => {
  it("are those of series that may have samples in the range", async () => {
    const { store, catalog } = await catalogOf(seriesPerZone, 5);
    const values = (fromHour: number, toHour: number) =>
      catalog.labelValues(TENANT, "zone", {
        selectors: [],
        range: { startMs: T0 + fromHour * 3_600_000, endMs: T0 + toHour * 3_600_000 },
        signal: new AbortController().signal,
      });
    expect(await values(1, 3)).toEqual(["z1", "z2", "z3"]);
    expect(await values(3.5, 9)).toEqual(["z4"]);
    expect(await values(-9, -1)).toEqual([]);
    expect(await catalog.labelValues("other", "zone", { selectors: [], range: undefined })).toEqual(
      [],
    );
    await store.close();
  });
});

describe("names and values of very many series", () => {
  it("are each there once, in order", async () => {
    const { store, catalog } = await catalogOf(20_000, 2);
    const selectors = [[{ name: "zone", op: "=~" as const, value: "z.*" }]];
    const range = { startMs: T0, endMs: T0 + 7_200_000 };
    for (const request of [
      { selectors, range: undefined },
      { selectors: [], range },
    ]) {
      expect(await catalog.labelNames(TENANT, request)).toEqual(["__name__", "host", "zone"]);
      expect(await catalog.labelValues(TENANT, "zone", request)).toEqual(["z0", "z1"]);
      expect(await catalog.labelValues(TENANT, "host", request)).toHaveLength(20_000);
      expect(await catalog.labelValues(TENANT, "absent", request)).toEqual([]);
    }
    await store.close();
  });

  it("are not looked for when nobody waits any more", async () => {
    const { store, catalog } = await catalogOf(50, 2);
    const request = {
      selectors: [],
      range: { startMs: T0, endMs: T0 + 7_200_000 },
      signal: AbortSignal.abort(),
    };
    expect(await catalog.labelValues(TENANT, "zone", request)).toEqual([]);
    await store.close();
  });
});
