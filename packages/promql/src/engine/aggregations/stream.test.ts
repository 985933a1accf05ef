import { describe, expect, it } from "vitest";

import { Engine, memoryStorage, STALE, type MemorySeries } from "../../index.ts";
import type { FloatHistogram } from "../../histogram/index.ts";
import { toApiBody } from "../../testing/convert.ts";
import { seededRandom } from "../../testing/random-expression.ts";

const random = seededRandom(42);

function histogram(count: number, custom: boolean): FloatHistogram {
  return {
    schema: custom ? -53 : 0,
    zeroThreshold: 0,
    zeroCount: 0,
    count,
    sum: count * 2,
    counterResetHint: "unknown",
    positiveSpans: [{ offset: 0, length: 1 }],
    positiveBuckets: [count],
    negativeSpans: [],
    negativeBuckets: [],
    customValues: custom ? [1, 2] : [],
  };
}

type Sample = number | typeof STALE | FloatHistogram;
const odd: Sample[] = [NaN, Infinity, -Infinity, STALE, 1e308, -1e308, 5e-324];
const kinds: Record<string, (at: number) => Sample> = {
  floats: (at) => (random() < 0.1 ? (odd[Math.floor(random() * odd.length)] ?? 0) : at * random()),
  native: (at) => histogram(at, false),
  mixed: (at) => (random() < 0.5 ? at : histogram(at, random() < 0.2)),
  custom: (at) => histogram(at, at % 7 === 0),
};

const series: MemorySeries[] = [];
for (const [kind, make] of Object.entries(kinds)) {
  for (let i = 0; i < 30; i++) {
    const samples: [number, Sample][] = [];
    for (let at = 0; at < 60; at++) if (random() < 0.7) samples.push([at * 15_000 + i, make(at)]);
    const labels = { __name__: `${kind}_${i % 3}`, kind, job: `j${i % 4}`, instance: String(i) };
    series.push({ labels, samples });
  }
}
const storage = memoryStorage(series);
const engine = new Engine({ lookbackMs: 40_000 });

/** The result without the places of remarks, or the error. */
async function answer(text: string): Promise<object> {
  const [outcome] = await Promise.allSettled([engine.range(storage, text, 0, 900_000, 7000)]);
  if (outcome.status === "rejected") return { error: String(outcome.reason) };
  const result = outcome.value;
  const strip = (texts: string[]) =>
    texts.map((one) => one.replace(/ \(\d+:\d+\)$/, "")).toSorted();
  return toApiBody({ ...result, warnings: strip(result.warnings), infos: strip(result.infos) });
}

const ops = ["sum", "avg", "min", "max", "count", "group", "stddev", "stdvar"];
const groupings = ["", "by (job)", "by (__name__)", "by (instance, nope)", "without (instance)"];
const inners = [
  "$",
  "$ offset 1m",
  "rate($[1m])",
  "last_over_time($[30s])",
  "max_over_time($[1m])",
];

describe.each(Object.keys(kinds))("aggregations of %s", (kind) => {
  it.each(ops)("by %s are the same when rows are taken in as they come", async (op) => {
    for (const grouping of groupings) {
      for (const inner of inners) {
        const rows = inner.replace("$", `{kind="${kind}"}`);
        // A sign in front keeps the rows together.
        const whole = await answer(`${op} ${grouping} (+${rows})`);
        expect(await answer(`${op} ${grouping} (${rows})`), `${op} ${grouping} ${inner}`).toEqual(
          whole,
        );
      }
    }
  });
});

describe("aggregating while reading", () => {
  it("holds groups and not rows", async () => {
    const { stats } = await engine.range(storage, "sum(floats_0)", 0, 900_000, 100);
    const together = await engine.range(storage, "sum(+floats_0)", 0, 900_000, 100);
    expect(stats.samplesRead).toBe(together.stats.samplesRead);
    expect(stats.peakSamples).toBeLessThan(together.stats.peakSamples / 1.5);
  });

  it("tells in the plan what went through", async () => {
    const { plan } = await engine.range(storage, "sum(rate(floats_0[1m]))", 0, 900_000, 7000, {
      explain: true,
    });
    const call = plan?.children[0];
    expect(call).toMatchObject({
      kind: "call",
      series: 10,
      children: [{ kind: "matrix", series: 10 }],
    });
    expect(call?.samples).toBeGreaterThan(500);
  });
});
