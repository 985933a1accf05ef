import { describe, expect, it } from "vitest";

import { Engine } from "../engine/engine.ts";
import { EvaluationError } from "../engine/errors.ts";
import type { FloatHistogram } from "../histogram/index.ts";
import { memoryStorage, STALE, type MemorySeries } from "../memory-storage.ts";
import { PromQLError } from "../syntax/error.ts";
import { RandomExpression, seededRandom } from "./random-expression.ts";

const EXPRESSIONS = 1500;

function histogram(count: number, custom: boolean): FloatHistogram {
  return {
    schema: custom ? -53 : 0,
    zeroThreshold: custom ? 0 : 0.001,
    zeroCount: 0,
    count,
    sum: count * 2,
    counterResetHint: "unknown",
    positiveSpans: [{ offset: 0, length: 2 }],
    positiveBuckets: [count / 2, count / 2],
    negativeSpans: [],
    negativeBuckets: [],
    customValues: custom ? [1, 2] : [],
  };
}

/** Floats, both kinds of native histograms, classic buckets, a mix, gaps, stale markers, NaN and infinities. */
function series(random: () => number): MemorySeries[] {
  const values: (number | typeof STALE)[] = [
    0,
    1,
    -1,
    NaN,
    Infinity,
    -Infinity,
    5e-324,
    STALE,
    100,
    7,
  ];
  const one = (
    labels: Record<string, string>,
    pick: (at: number) => number | typeof STALE | FloatHistogram,
  ) => {
    const samples: [number, number | typeof STALE | FloatHistogram][] = [];
    for (let at = 0; at < 30; at++) if (random() < 0.85) samples.push([at * 15_000, pick(at)]);
    return { labels, samples };
  };
  const any = (): number | typeof STALE => values[Math.floor(random() * values.length)] ?? 0;
  return [
    one({ __name__: "a", job: "x" }, any),
    one({ __name__: "a", job: "y" }, (at) => at * 3),
    one({ __name__: "b", job: "x" }, any),
    one({ __name__: "b", job: "z", le: "1" }, (at) => at),
    one({ __name__: "c", job: "x", le: "1" }, (at) => at),
    one({ __name__: "c", job: "x", le: "+Inf" }, (at) => at * 2),
    one({ __name__: "h", job: "x" }, (at) => histogram(at, false)),
    one({ __name__: "h", job: "y" }, (at) => histogram(at % 7, true)),
    one({ __name__: "m", job: "x" }, (at) => (at % 3 === 0 ? at : histogram(at, at % 2 === 0))),
  ];
}

describe("expressions written at random", () => {
  const random = seededRandom(20_261_121);
  const storage = memoryStorage(series(random));
  const writer = new RandomExpression(random);
  const engine = new Engine({ maxSamples: 200_000, timeoutMs: 60_000 });
  const texts = Array.from({ length: EXPRESSIONS }, () => writer.write("vector", 3));

  it("give a result, or an error that says why", { timeout: 120_000 }, async () => {
    let evaluated = 0;
    for (const text of texts) {
      for (const run of [
        () => engine.instant(storage, text, 300_000),
        () => engine.range(storage, text, 0, 420_000, 60_000, { explain: true }),
      ]) {
        try {
          const { data } = await run();
          evaluated++;
          if (data.kind !== "matrix") continue;
          for (const { times, values } of data.series) {
            if (times.length !== values.length) throw new Error(`uneven columns in ${text}`);
          }
        } catch (error) {
          const known = error instanceof PromQLError || error instanceof EvaluationError;
          if (known && error.message !== "" && !isInternal(error)) continue;
          throw new Error(`${text}: ${String(error)}`, { cause: error });
        }
      }
    }
    // Most expressions must have got far enough to be worth the effort.
    expect(evaluated).toBeGreaterThan(EXPRESSIONS * 1.5);
  });

  it("give at one instant what a range over it gives", { timeout: 120_000 }, async () => {
    const timeMs = 300_000;
    const ownTime = /start|end|step|range|topk|bottomk|limit|sort|\boffset step/;
    let compared = 0;
    for (const text of texts.filter((one) => !ownTime.test(one))) {
      const [instant, range] = await Promise.allSettled([
        engine.instant(storage, text, timeMs),
        engine.range(storage, text, timeMs, timeMs, 60_000),
      ]);
      expect(range.status, text).toBe(instant.status);
      if (instant.status === "rejected" || range.status === "rejected") continue;
      const [one, many] = [instant.value.data, range.value.data];
      if (one.kind !== "vector" || many.kind !== "matrix") throw new Error(`kinds of ${text}`);
      const atOnce = one.samples.map(({ labels, value }) => [labels.key, value]);
      const stepwise = many.series.map(({ labels, values }) => [labels.key, values[0]]);
      expect(new Map(stepwise as [string, number][]), text).toEqual(
        new Map(atOnce as [string, number][]),
      );
      compared++;
    }
    expect(compared).toBeGreaterThan(EXPRESSIONS / 4);
  });
});

function isInternal(error: unknown): boolean {
  return error instanceof EvaluationError && error.type === "internal";
}
