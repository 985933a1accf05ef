import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { isStale, parseSelector, wordsOf } from "#lib";
import { createMemoryTelemetry, type TelemetryStore } from "#store";

import { LocalPage } from "./local-page.ts";

let store: TelemetryStore;
let page: LocalPage;
beforeEach(async () => {
  store = await createMemoryTelemetry({});
  page = new LocalPage({
    metrics: store.metrics,
    tenant: "default",
    labels: { job: "own", instance: "here" },
  });
});
afterEach(() => store.close());

/** Samples of the only series that matches. */
async function samples(selector: string): Promise<[number, number | "stale"][]> {
  const refs = store.metrics.select("default", parseSelector(selector));
  const [found] = await store.metrics.range("default", refs, 0, 1e15);
  if (found === undefined) return [];
  const words = wordsOf(found.values);
  return Array.from(found.times, (time, at) => [
    time,
    isStale(words, at) ? "stale" : (found.values[at] ?? 0),
  ]);
}

describe("a page of this process", () => {
  it("becomes samples with its labels and ours", async () => {
    const now = Date.now();
    await page.store('a{x="1",job="theirs"} 2\n', now);
    const [ref = -1] = store.metrics.select("default", parseSelector("a"));
    expect(store.metrics.labels(ref)).toEqual({
      __name__: "a",
      x: "1",
      job: "own",
      exported_job: "theirs",
      instance: "here",
    });
    expect(await samples("a")).toEqual([[now, 2]]);
  });

  it("keeps type and help", async () => {
    await page.store("# HELP a_total Things.\n# TYPE a_total counter\na_total 1\n", Date.now());
    expect(store.metrics.metadata("default", "a_total")).toEqual({
      type: "counter",
      help: "Things.",
      unit: "",
    });
  });

  it("ends series that it does not show any more, once", async () => {
    const now = Date.now();
    await page.store("a 1\nb 1\n", now);
    await page.store("b 2\n", now + 1000);
    await page.store("b 3\n", now + 2000);
    expect(await samples("a")).toEqual([
      [now, 1],
      [now + 1000, "stale"],
    ]);
    expect(await samples("b")).toHaveLength(3);
  });

  it("stores nothing of a page that is damaged, and goes on", async () => {
    const now = Date.now();
    await page.store("a 1\n", now);
    await expect(page.store("a 2\nb{ 3\n", now + 1000)).rejects.toThrow(/line 2/);
    await page.store("a 3\n", now + 2000);
    expect(await samples("a")).toEqual([
      [now, 1],
      [now + 2000, 3],
    ]);
  });
});
