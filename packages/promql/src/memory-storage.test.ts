import { describe, expect, it } from "vitest";

import { isStale, memoryStorage, STALE, type MemorySeries, type StoredSeries } from "./index.ts";
import type { LabelMatcher } from "./syntax/ast.ts";

const series: MemorySeries[] = [
  {
    labels: { __name__: "a", job: "x", empty: "" },
    samples: [
      [-10, 1],
      [0, STALE],
      [10, 3],
    ],
    startTimes: [-20, 0, 5],
  },
  { labels: { __name__: "a", job: "y" }, samples: [[5, 7]] },
  { labels: { __name__: "b" }, samples: [] },
];

async function select(
  matchers: LabelMatcher[],
  startMs = -Infinity,
  endMs = Infinity,
  from = series,
): Promise<StoredSeries[]> {
  const hints = { stepMs: 0, rangeMs: 0, function: undefined };
  const found: StoredSeries[] = [];
  const { signal } = new AbortController();
  for await (const batch of memoryStorage(from).select(
    { matchers, startMs, endMs, hints },
    signal,
  )) {
    found.push(...batch);
  }
  return found;
}

describe("series in memory", () => {
  it.each([
    [[{ name: "__name__", op: "=", value: "a" }], ["x", "y"]],
    [[{ name: "job", op: "=~", value: "x|z" }], ["x"]],
    [[{ name: "job", op: "!~", value: "x" }], ["y"]],
    [[{ name: "empty", op: "=", value: "" }], ["x", "y"]],
    [[{ name: "job", op: "=", value: "" }], []],
  ] as [LabelMatcher[], string[]][])("%j are those of %j", async (matchers, jobs) => {
    expect((await select(matchers)).map(({ labels }) => labels.get("job"))).toEqual(jobs);
  });

  it("are cut on the left without the edge and on the right with it", async () => {
    const [one] = await select([{ name: "job", op: "=", value: "x" }], -10, 10);
    expect([...(one?.times ?? [])]).toEqual([0, 10]);
    expect([...(one?.startTimes ?? [])]).toEqual([0, 5]);
    expect(await select([{ name: "job", op: "=", value: "y" }], 5, 100)).toEqual([]);
    expect(await select([{ name: "job", op: "=", value: "y" }], 0, 4)).toEqual([]);
  });

  it("keep stale markers", async () => {
    const [one] = await select([{ name: "job", op: "=", value: "x" }]);
    const values = one?.values ?? new Float64Array();
    expect([0, 1, 2].map((index) => isStale(values, index))).toEqual([false, true, false]);
  });

  it("come in batches, each once", async () => {
    const many = Array.from({ length: 1000 }, (_, i) => ({
      labels: { __name__: "a", n: String(i) },
      samples: [[0, i]] as const,
    }));
    const found = await select([], undefined, undefined, many);
    expect(new Set(found.map(({ labels }) => labels.get("n"))).size).toBe(1000);
  });

  it("must have samples in the order of time", () => {
    const wrong = [
      [1, 1],
      [1, 2],
    ] as const;
    expect(() => memoryStorage([{ labels: {}, samples: wrong }])).toThrow("order of time");
  });
});
