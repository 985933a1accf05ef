import { createRegistry } from "@fleetlight/sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { ConfigSchema } from "#config";
import { createLogger } from "#lib";
import { createMemoryTelemetry, type TelemetryStore } from "#store";

import { createPromQLQueries } from "./queries.ts";
import type { PromQLQueries } from "./types.ts";

const NOW = 1_790_000_000_000;
const STEP = 15_000;
let store: TelemetryStore;
let queries: PromQLQueries;
let shared: boolean;

beforeEach(async () => {
  shared = false;
  store = await createMemoryTelemetry({ now: () => NOW });
  const config = ConfigSchema.parse({});
  queries = createPromQLQueries({
    metrics: store.metrics,
    config: () => config.query,
    registry: createRegistry(),
    logger: createLogger({ level: "silent", format: "json" }, { version: "test" }),
    now: () => NOW,
    sharesStore: () => shared,
    subqueryStepMs: () => 60_000,
  });
});
afterEach(() => store.close());

const write = async (
  tenant: string,
  ...samples: [name: string, timeMs: number, value: number][]
) => {
  const appender = store.metrics.appender(tenant);
  for (const [job, timeMs, value] of samples)
    appender.append(appender.series({ __name__: "a_total", job }), timeMs, value);
  await appender.commit();
};

/** A small generator, so that every run does the same. */
function dice(seed: number) {
  let state = seed;
  return (sides: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return (state >>> 8) % sides;
  };
}

const QUERIES = [
  "a_total",
  "sum(rate(a_total[1m]))",
  "max_over_time(a_total[2m:30s])",
  "a_total offset 1m",
  "topk(1, a_total)",
  'absent(a_total{job="j0"})',
  "a_total * on (job) group_left () count by (job) (a_total)",
];

describe("answers of the cache", () => {
  it.each([1, 2, 3, 4])(
    "are those of an evaluation, whatever is written in between (%d)",
    async (seed) => {
      const roll = dice(seed);
      let clock = NOW - 3_600_000;
      for (let turn = 0; turn < 150; turn++) {
        const tenant = `t${roll(2)}`;
        if (roll(3) === 0) {
          clock += STEP;
          const late = roll(5) === 0 ? roll(600_000) : 0;
          await write(
            tenant,
            [`j${roll(3)}`, clock - late, turn],
            [`j${roll(3)}`, clock, turn / 3],
          );
        }
        const text = QUERIES[roll(QUERIES.length)] ?? "";
        const end = clock + (roll(4) - 1) * STEP * 4;
        const start = end - (1 + roll(40)) * STEP;
        const stepMs = STEP * (1 + roll(2));
        const aligned = Math.floor(start / stepMs) * stepMs + (roll(3) === 0 ? 1000 : 0);
        const ask = (noCache: boolean) =>
          queries.range(tenant, text, aligned, end, stepMs, { noCache });
        const [kept, fresh] = [await ask(false), await ask(true)];
        expect(kept.data, `${turn}: ${text}`).toEqual(fresh.data);
        expect(kept.warnings).toEqual(fresh.warnings);
      }
      expect(queries.stats().cacheEntries).toBeGreaterThan(5);
    },
  );

  it("read nothing when nothing is new, and only the tail when time went on", async () => {
    for (let i = 0; i < 40; i++) await write("t", ["j", NOW - 3_600_000 + i * STEP, i]);
    const last = NOW - 3_600_000 + 39 * STEP;
    const start = Math.floor(last / STEP) * STEP - 30 * STEP;
    const ask = (endMs: number) => queries.range("t", "a_total", start, endMs, STEP);
    const first = await ask(last);
    expect(first.stats.samplesRead).toBeGreaterThan(30);
    const again = await ask(last);
    expect(again.stats.samplesRead).toBe(0);
    expect(again.data).toEqual(first.data);
    const more = await ask(last + 2 * STEP);
    expect(more.stats.samplesRead).toBeLessThan(first.stats.samplesRead);
  });

  it("name the places of the expression as it was asked, not as it is printed", async () => {
    await write("t", ["j", NOW - STEP, 1]);
    const remarksOf = async (text: string) => {
      const ask = (noCache: boolean) =>
        queries.range("t", text, NOW - 2 * STEP, NOW, STEP, { noCache });
      const answers = [await ask(true), await ask(false), await ask(false)];
      return answers.map(({ warnings }) => warnings.map((one) => /\(\d+:\d+\)$/.exec(one)?.[0]));
    };
    const places = (place: string) => [[place], [place], [place]];
    expect(await remarksOf("histogram_quantile(0.5,a_total)")).toEqual(places("(1:24)"));
    expect(await remarksOf("histogram_quantile(0.5, a_total)")).toEqual(places("(1:25)"));
    expect(await remarksOf("histogram_quantile(\n 0.5, a_total)")).toEqual(places("(2:7)"));
  });

  it("warn no longer of a series that is out of the range", async () => {
    const gone = (timeMs: number) => write("t", ["gone", timeMs, 1]);
    const begin = NOW - 3_600_000;
    await gone(begin);
    const text = "histogram_quantile(0.5, a_total)";
    const ask = async (startMs: number, endMs: number) =>
      (await queries.range("t", text, startMs, endMs, STEP)).warnings;
    expect(await ask(begin, begin + 4 * STEP)).toHaveLength(1);
    const later = begin + 600_000;
    expect(await ask(begin, later)).toHaveLength(1);
    expect(await ask(begin + 6 * STEP, later + STEP)).toHaveLength(1);
    expect(await ask(later + STEP, later + 4 * STEP)).toEqual([]);
  });

  it("keep nothing of the newest part when other servers write to the same store", async () => {
    shared = true;
    for (let i = 0; i < 40; i++) await write("t", ["j", NOW - 39 * STEP + i * STEP, i]);
    const start = Math.floor(NOW / STEP) * STEP - 20 * STEP;
    const ask = () => queries.range("t", "a_total", start, NOW, STEP);
    const first = await ask();
    expect((await ask()).stats.samplesRead).toBe(first.stats.samplesRead);
  });

  it("come with a plan only from an evaluation of their own", async () => {
    await write("t", ["j", NOW - STEP, 1]);
    const ask = () => queries.range("t", "a_total", NOW - STEP, NOW, STEP, { explain: true });
    for (const { plan } of [await ask(), await ask()]) expect(plan?.text).toBe("a_total");
    expect(queries.stats().cacheEntries).toBe(0);
  });
});
