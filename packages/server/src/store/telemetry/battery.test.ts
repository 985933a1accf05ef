import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterEach, describe, expect, it } from "vitest";

import { isStale, parseSelector, selectMetric, wordsOf } from "#lib";

import { createMemoryTelemetry, createTelemetryStore, type TelemetryOptions } from "./store.ts";
import type { TelemetryStore } from "./types.ts";

const DAY_MS = 86_400_000;
const T0 = Date.UTC(2026, 5, 1, 12);

interface Adapter {
  name: string;
  open(options: TelemetryOptions): Promise<TelemetryStore>;
  /** The same data again, after `close`; undefined when nothing is kept. */
  reopen?: (options: TelemetryOptions) => Promise<TelemetryStore>;
  dispose(): Promise<void>;
}

const memory = (): Adapter => ({
  name: "memory",
  open: (options) => createMemoryTelemetry(options),
  dispose: async () => {},
});

const makeDirectory = () => mkdtemp(join(tmpdir(), "fleetlight-telemetry-"));

const embedded = (): Adapter => {
  let dataDir = "";
  const open = (options: TelemetryOptions) => createTelemetryStore({ dataDir }, options);
  return {
    name: "chdb",
    open: async (options) => {
      dataDir = await makeDirectory();
      return open(options);
    },
    reopen: open,
    dispose: () => rm(dataDir, { recursive: true, force: true }),
  };
};

/** A server that speaks ClickHouse's HTTP interface; every test has a database of its own. */
const overHttp = (
  name: string,
  start: () => Promise<{ url: string; stop(): Promise<void> }>,
): Adapter => {
  let dataDir = "";
  let server: Awaited<ReturnType<typeof start>> | undefined;
  const open = (options: TelemetryOptions) =>
    createTelemetryStore({ dataDir, url: server?.url }, options);
  return {
    name,
    open: async (options) => {
      dataDir = await makeDirectory();
      server = await start();
      return open(options);
    },
    reopen: open,
    dispose: async () => {
      await server?.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
};

const startPeer = async () => {
  const child = spawn(
    process.execPath,
    [fileURLToPath(new URL("./drivers/http-peer.ts", import.meta.url))],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return {
    url: line.toString().trim(),
    stop: async () => {
      child.kill();
      await once(child, "exit");
    },
  };
};

const startDatabase = (server: string) => async () => {
  const name = `fleetlight_test_${randomUUID().replaceAll("-", "")}`;
  const { openClickHouse } = await import("./drivers/clickhouse.ts");
  const driver = openClickHouse(server);
  await driver.command(`CREATE DATABASE ${name}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    stop: async () => {
      await driver.command(`DROP DATABASE ${name}`);
      await driver.close();
    },
  };
};

const adapters = [memory, embedded, () => overHttp("the engine over HTTP", startPeer)];
const clickHouseUrl = process.env["FLEETLIGHT_TEST_CLICKHOUSE"];
if (clickHouseUrl === undefined)
  console.warn(
    "SKIPPED the storage battery against a ClickHouse server: set FLEETLIGHT_TEST_CLICKHOUSE to its URL",
  );
else adapters.push(() => overHttp("a ClickHouse server", startDatabase(clickHouseUrl)));

const errors: string[] = [];
const optionsAt = (now: () => number, more: Partial<TelemetryOptions> = {}): TelemetryOptions => ({
  flushIntervalMs: 60_000,
  flushRows: 100_000,
  maxPendingRows: 200_000,
  headMaxBytes: 16 << 20,
  headWindowMs: 2 * 3_600_000,
  maxSeries: 10_000,
  retention: () => ({
    metricsMs: 15 * DAY_MS,
    eventsMs: 400 * DAY_MS,
    tracesMs: 400 * DAY_MS,
    maxBytes: undefined,
  }),
  now,
  onError: (message) => errors.push(message),
  ...more,
});

async function write(
  store: TelemetryStore,
  labels: Record<string, string>,
  samples: [number, number][],
) {
  const appender = store.metrics.appender("default");
  const ref = appender.series(labels);
  for (const [timeMs, value] of samples) appender.append(ref, timeMs, value);
  await appender.commit();
  return ref;
}

/** Everything that a scan gives, series by series; fails when one comes twice. */
async function scanAll(
  store: TelemetryStore,
  refs: readonly number[],
  startMs = 0,
  endMs = T0 + DAY_MS,
) {
  const found = new Map<number, (readonly [number, number | undefined])[]>();
  const { signal } = new AbortController();
  for await (const batch of store.metrics.scan("default", refs, startMs, endMs, signal))
    for (const { ref, times, values } of batch) {
      if (found.has(ref)) throw new Error(`series ${ref} came twice`);
      found.set(
        ref,
        [...times].map((time, i) => [time, values[i]] as const),
      );
    }
  return found;
}

const readAll = async (
  store: TelemetryStore,
  selector: string,
  startMs = 0,
  endMs = T0 + DAY_MS,
) => {
  const refs = store.metrics.select("default", parseSelector(selector));
  const series = await store.metrics.range("default", refs, startMs, endMs);
  return series.map((one) => ({
    labels: store.metrics.labels(one.ref),
    samples: [...one.times].map((time, i) => [time, one.values[i]]),
  }));
};

describe.each(adapters.map((make) => ({ make, name: make().name })))(
  "storage battery: $name",
  ({ make }) => {
    let adapter = make();
    let store: TelemetryStore | undefined;
    const open = async (options = optionsAt(() => T0)) => {
      adapter = make();
      store = await adapter.open(options);
      return store;
    };
    /** Closes and opens the same data again; a store that keeps nothing starts empty. */
    const restart = async (options = optionsAt(() => T0)) => {
      await store?.close();
      store = await (adapter.reopen ?? adapter.open)(options);
      return store;
    };
    afterEach(async () => {
      await store?.close();
      store = undefined;
      await adapter.dispose();
      errors.length = 0;
    });

    it("answers what was committed, before and after it reaches the tables", async () => {
      const opened = await open();
      const ref = await write(opened, { __name__: "up", job: "a" }, [
        [T0 - 2000, 1],
        [T0 - 1000, 0],
      ]);
      const expected = [
        {
          labels: { __name__: "up", job: "a" },
          samples: [
            [T0 - 2000, 1],
            [T0 - 1000, 0],
          ],
        },
      ];
      expect(await readAll(opened, "up")).toEqual(expected);
      expect(opened.metrics.latest(ref, T0 - 5000)).toEqual({ ref, timeMs: T0 - 1000, value: 0 });
      expect(opened.metrics.latest(ref, T0)).toBeUndefined();
      await opened.flush();
      expect(opened.stats().pendingRows).toBe(0);
      expect(await readAll(opened, "up")).toEqual(expected);
    });

    it("shows nothing of a batch before it is committed", async () => {
      const opened = await open();
      const appender = opened.metrics.appender("default");
      const ref = appender.series({ __name__: "up" });
      appender.append(ref, T0, 1);
      expect(opened.metrics.latest(ref, 0)).toBeUndefined();
      appender.rollback();
      await appender.commit();
      expect(opened.metrics.latest(ref, 0)).toBeUndefined();
    });

    it("keeps tenants apart", async () => {
      const opened = await open();
      await write(opened, { __name__: "up" }, [[T0, 1]]);
      expect(opened.metrics.select("other", selectMetric("up"))).toEqual([]);
      expect(opened.metrics.metricNames("other").size).toBe(0);
      const other = opened.metrics.appender("other");
      other.append(other.series({ __name__: "up" }), T0, 7);
      await other.commit();
      await opened.flush();
      expect((await readAll(opened, "up"))[0]?.samples).toEqual([[T0, 1]]);
    });

    it("selects by equality, inequality and anchored regular expressions", async () => {
      const opened = await open();
      for (const job of ["api", "api-2", "web"])
        await write(opened, { __name__: "up", job }, [[T0, 1]]);
      const jobs = (selector: string) =>
        opened.metrics
          .select("default", parseSelector(selector))
          .map((ref) => opened.metrics.labels(ref)["job"]);
      expect(jobs('up{job="api"}')).toEqual(["api"]);
      expect(jobs('up{job!="api"}')).toEqual(["api-2", "web"]);
      expect(jobs('up{job=~"api"}')).toEqual(["api"]);
      expect(jobs('up{job=~"api.*|web"}')).toEqual(["api", "api-2", "web"]);
      expect(jobs('{__name__=~"u.",job!~"api.*"}')).toEqual(["web"]);
      expect(jobs('up{missing=""}')).toHaveLength(3);
    });

    it("keeps the bits of stale markers and tells them from other NaNs", async () => {
      const opened = await open(optionsAt(() => T0, { headMaxBytes: 1 }));
      if (adapter.reopen === undefined) return;
      const appender = opened.metrics.appender("default");
      const ref = appender.series({ __name__: "gone" });
      appender.append(ref, T0 - 3000, Number.NaN);
      appender.append(ref, T0 - 2000, 5);
      appender.appendStale(ref, T0 - 1000);
      await appender.commit();
      expect(opened.metrics.latest(ref, 0)).toBeUndefined();
      await opened.flush();
      const reread = await restart();
      const [series] = await reread.metrics.range(
        "default",
        reread.metrics.select("default", selectMetric("gone")),
        0,
        T0,
      );
      const words = wordsOf(series?.values ?? new Float64Array(0));
      expect([0, 1, 2].map((i) => isStale(words, i))).toEqual([false, false, true]);
      expect(series?.values[0]).toBeNaN();
    });

    it("takes late samples and answers each time once, in order, before and after they reach the tables", async () => {
      const opened = await open();
      await write(opened, { __name__: "late" }, [[T0 - 1000, 3]]);
      await write(opened, { __name__: "late" }, [
        [T0 - 5000, 2],
        [T0 - 9000, 1],
        [T0 - 1000, 99],
      ]);
      const expected = [
        [T0 - 9000, 1],
        [T0 - 5000, 2],
        [T0 - 1000, 3],
      ];
      expect((await readAll(opened, "late"))[0]?.samples).toEqual(expected);
      await opened.flush();
      expect((await readAll(opened, "late"))[0]?.samples).toEqual(expected);
    });

    it("stores samples of 1970 when the retention is a century", async () => {
      const century = optionsAt(() => T0, {
        retention: () => ({
          metricsMs: 100 * 365 * DAY_MS,
          eventsMs: DAY_MS,
          tracesMs: DAY_MS,
          maxBytes: undefined,
        }),
      });
      const opened = await open(century);
      await write(opened, { __name__: "old" }, [
        [0, 1],
        [60_000, 2],
      ]);
      await opened.flush();
      expect((await readAll(opened, "old"))[0]?.samples).toEqual([
        [0, 1],
        [60_000, 2],
      ]);
      const again = await restart(century);
      const samples = (await readAll(again, "old"))[0]?.samples;
      expect(samples).toEqual(
        adapter.reopen === undefined
          ? undefined
          : [
              [0, 1],
              [60_000, 2],
            ],
      );
    });

    it("never answers what is past the retention", async () => {
      let now = T0;
      const opened = await open(
        optionsAt(() => now, {
          retention: () => ({
            metricsMs: 600_000,
            eventsMs: 600_000,
            tracesMs: 600_000,
            maxBytes: undefined,
          }),
        }),
      );
      await write(opened, { __name__: "short" }, [
        [T0 - 500_000, 1],
        [T0, 2],
      ]);
      expect((await readAll(opened, "short"))[0]?.samples).toHaveLength(2);
      now = T0 + 200_000;
      expect((await readAll(opened, "short"))[0]?.samples).toEqual([[T0, 2]]);
    });

    it("tells who watches which series got samples, after they are visible", async () => {
      const opened = await open();
      const seen: (number | undefined)[] = [];
      opened.metrics.onSeries(
        (_tenant, ref, labels) => labels["job"] === "a" && opened.metrics.watch(ref),
      );
      opened.metrics.onWatched((refs) =>
        seen.push(...refs.map((ref) => opened.metrics.latest(ref, 0)?.value)),
      );
      await write(opened, { __name__: "up", job: "a" }, [[T0, 4]]);
      await write(opened, { __name__: "up", job: "b" }, [[T0, 5]]);
      expect(seen).toEqual([4]);
    });

    it("refuses more series than allowed and counts them", async () => {
      const opened = await open(optionsAt(() => T0, { maxSeries: 1 }));
      await write(opened, { __name__: "one" }, [[T0, 1]]);
      expect(() => opened.metrics.appender("default").series({ __name__: "two" })).toThrow(
        /1 series already/,
      );
      expect(opened.stats().seriesRefused).toBe(1);
    });

    it("refuses a batch whole when too many rows wait, and loses nothing it took", async () => {
      const opened = await open(optionsAt(() => T0, { maxPendingRows: 5 }));
      await write(opened, { __name__: "m" }, [
        [T0 - 3000, 1],
        [T0 - 2000, 2],
      ]);
      await expect(
        write(opened, { __name__: "m" }, [
          [T0 - 1000, 3],
          [T0, 4],
          [T0 + 1, 5],
        ]),
      ).rejects.toThrow(/behind/);
      expect((await readAll(opened, "m"))[0]?.samples).toEqual([
        [T0 - 3000, 1],
        [T0 - 2000, 2],
      ]);
      await opened.flush();
      await write(opened, { __name__: "m" }, [[T0 - 1000, 3]]);
      expect((await readAll(opened, "m"))[0]?.samples).toHaveLength(3);
    });

    it("answers events newest first, filtered, each once", async () => {
      const opened = await open();
      const event = (n: number, type: string, service: string) => ({
        id: `00000000-0000-4000-8000-00000000000${n}`,
        timeMs: T0 - n * 1000,
        type,
        service,
        attributes: { from: "healthy", "odd key": "line\n\nDROP TABLE samples" },
      });
      await opened.events.append("default", [
        event(2, "service.status_changed", "a"),
        event(1, "alert.firing", "a"),
      ]);
      await opened.flush();
      await opened.events.append("default", [
        event(2, "service.status_changed", "a"),
        event(3, "alert.firing", "b"),
      ]);
      const all = await opened.events.query("default", { limit: 10 });
      expect(all.map((one) => one.id.at(-1))).toEqual(["1", "2", "3"]);
      expect(all[0]?.attributes).toEqual(event(1, "", "").attributes);
      expect(
        await opened.events.query("default", { types: ["alert.firing"], service: "b", limit: 10 }),
      ).toHaveLength(1);
      expect(await opened.events.query("default", { startMs: T0 - 1500, limit: 10 })).toHaveLength(
        1,
      );
      expect(await opened.events.query("other", { limit: 10 })).toEqual([]);
    });

    it("does not run SQL that arrives in names, labels, help texts or tenants", async () => {
      const opened = await open();
      if (adapter.reopen === undefined) return;
      const evil = "x\n\nDROP TABLE samples;\n\n'); DROP TABLE series; --";
      opened.metrics.describe(evil, "evil", { type: "gauge", unit: "", help: evil });
      const appender = opened.metrics.appender(evil);
      appender.append(appender.series({ __name__: "evil", label: evil, "a'b": `{"}` }), T0, 1);
      await appender.commit();
      await opened.flush();
      await write(opened, { __name__: "after" }, [[T0, 1]]);
      await opened.flush();
      expect((await readAll(opened, "after"))[0]?.samples).toEqual([[T0, 1]]);
      const reread = await restart();
      const [ref = -1] = reread.metrics.select(evil, selectMetric("evil"));
      expect(reread.metrics.labels(ref)["label"]).toBe(evil);
      expect(reread.metrics.metadata(evil, "evil")?.help).toBe(evil);
      expect(errors).toEqual([]);
    });

    it("has everything again after a restart: series, samples, metadata, events", async () => {
      const opened = await open();
      if (adapter.reopen === undefined) return;
      opened.metrics.describe("default", "kept", { type: "counter", unit: "bytes", help: "Kept." });
      await write(opened, { __name__: "kept", job: "a" }, [
        [T0 - 3_600_000, 1],
        [T0 - 1000, 2],
      ]);
      await opened.events.append("default", [
        { id: crypto.randomUUID(), timeMs: T0, type: "t", service: "s", attributes: {} },
      ]);
      const again = await restart();
      expect((await readAll(again, "kept"))[0]?.samples).toEqual([
        [T0 - 3_600_000, 1],
        [T0 - 1000, 2],
      ]);
      const [ref = -1] = again.metrics.select("default", selectMetric("kept"));
      expect(again.metrics.latest(ref, T0 - 60_000)?.value).toBe(2);
      expect(again.metrics.metadata("default", "kept")).toEqual({
        type: "counter",
        unit: "bytes",
        help: "Kept.",
      });
      expect(await again.events.query("default", { limit: 5 })).toHaveLength(1);
      await write(again, { __name__: "kept", job: "a" }, [[T0, 3]]);
      expect((await readAll(again, "kept"))[0]?.samples).toHaveLength(3);
    });

    it("scans every series once, whether head, tables or both have it, before and after a restart", async () => {
      const options = optionsAt(() => T0, { headMaxBytes: 1 });
      const opened = await open(options);
      const model = new Map<string, (readonly [number, number])[]>();
      for (let round = 0; round < 4; round++) {
        const appender = opened.metrics.appender("default");
        for (let series = 0; series < 150; series++) {
          const ref = appender.series({ __name__: "many", n: String(series) });
          const samples = model.get(String(series)) ?? [];
          model.set(String(series), samples);
          for (let i = 0; i < (series % 7) * 10; i++) {
            const timeMs = T0 - 3_600_000 + round * 600_000 + i * 1000 + series;
            const value = (series * 7919 + i * 104_729) / 7;
            appender.append(ref, timeMs, value);
            samples.push([timeMs, value]);
          }
        }
        await appender.commit();
        if (round < 3) await opened.flush();
      }
      const check = async (from: TelemetryStore, startMs: number, endMs: number) => {
        const refs = from.metrics.select("default", selectMetric("many"));
        const found = await scanAll(from, refs, startMs, endMs);
        const expected = new Map(
          [...model].flatMap(([n, samples]) => {
            const some = samples.filter(([time]) => time >= startMs && time <= endMs);
            return some.length > 0 ? [[n, some] as const] : [];
          }),
        );
        const byName = new Map(
          [...found].map(([ref, samples]) => [from.metrics.labelsOf(ref).get("n"), samples]),
        );
        expect(byName).toEqual(expected);
      };
      await check(opened, 0, T0);
      await check(opened, -1e15, 1e15);
      await check(opened, T0 - 1_900_000, T0 - 1_780_000);
      if (adapter.reopen === undefined) return;
      const again = await restart(options);
      await check(again, 0, T0);
      await check(again, T0 - 1_900_000, T0 - 1_780_000);
    });

    it("ends a scan when nobody wants it any more", async () => {
      const opened = await open();
      const appender = opened.metrics.appender("default");
      for (let series = 0; series < 300; series++) {
        const ref = appender.series({ __name__: "many", n: String(series) });
        for (let i = 0; i < 500; i++) appender.append(ref, T0 - 500_000 + i * 1000, i);
      }
      await appender.commit();
      const refs = opened.metrics.select("default", selectMetric("many"));
      const stop = new AbortController();
      stop.abort();
      let batches = 0;
      for await (const batch of opened.metrics.scan("default", refs, 0, T0, stop.signal))
        batches += batch.length > 0 ? 1 : 0;
      expect(batches).toBeLessThanOrEqual(1);
      for await (const batch of opened.metrics.scan(
        "default",
        refs,
        0,
        T0,
        new AbortController().signal,
      )) {
        expect(batch.length).toBeGreaterThan(0);
        break;
      }
      expect((await scanAll(opened, refs)).size).toBe(300);
    });

    it("fills memory from the tables after a restart and loses nothing that comes meanwhile", async () => {
      const opened = await open();
      if (adapter.reopen === undefined) return;
      const samples: [number, number][] = Array.from({ length: 200 }, (_, i) => [
        T0 - 6_000_000 + i * 15_000,
        i * 3,
      ]);
      for (let series = 0; series < 30; series++)
        await write(opened, { __name__: "kept", n: String(series) }, samples);
      const again = await restart();
      const refs = again.metrics.select("default", selectMetric("kept"));
      const appender = again.metrics.appender("default");
      const expected = new Map<number, [number, number][]>();
      for (const [i, ref] of refs.entries()) {
        const late: [number, number] = [T0 - 5_999_000 + i, -1];
        appender.append(ref, T0 - 1000, 7);
        appender.append(ref, ...late);
        expected.set(ref, [samples[0] ?? [0, 0], late, ...samples.slice(1), [T0 - 1000, 7]]);
      }
      await appender.commit();
      const inMemory = () => refs.every((ref) => again.metrics.recent(ref, 0).times.length === 202);
      for (let i = 0; i < 500 && !inMemory(); i++) {
        expect(await scanAll(again, refs)).toEqual(expected);
        await again.flush();
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      expect(inMemory()).toBe(true);
      expect(await scanAll(again, refs)).toEqual(expected);
    });

    it("answers from memory right after a restart, however many samples the last minutes had", async () => {
      const opened = await open();
      if (adapter.reopen === undefined) return;
      const expected = [1, 40, 60, 250].map((count) =>
        Array.from({ length: count }, (_, i): [number, number] => [T0 - (count - i) * 1000, i]),
      );
      for (const [n, samples] of expected.entries())
        await write(opened, { __name__: "dense", n: String(n) }, samples);
      const again = await restart();
      const found = new Map<string, unknown>();
      const refs = again.metrics.select("default", selectMetric("dense"));
      for (const [ref, samples] of await scanAll(again, refs, T0 - 260_000, T0))
        found.set(again.metrics.labels(ref)["n"] ?? "", samples);
      expect([...found].toSorted().map(([, samples]) => samples)).toEqual(expected);
    });

    it("answers the same as a plain model whatever is written, late or twice, with little memory", async () => {
      const opened = await open(optionsAt(() => T0, { headMaxBytes: 1 }));
      let state = 42;
      const next = () => (state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0) / 2 ** 32;
      const model = Array.from({ length: 5 }, () => new Map<number, number>());
      const appender = opened.metrics.appender("default");
      const refs = model.map((_, n) => appender.series({ __name__: "walk", n: String(n) }));
      let now = T0 - 8_000_000;
      for (let round = 0; round < 25; round++) {
        for (let i = 0; i < 120; i++) {
          const n = Math.floor(next() * 5);
          now += Math.floor(next() * 1000);
          const timeMs = next() < 0.9 ? now : now - Math.floor(next() * 400_000);
          const value = Math.floor(next() * 1000) / 8;
          const series = model[n];
          // Which of two samples at one time counts is another test's matter.
          if (series === undefined || series.has(timeMs)) continue;
          series.set(timeMs, value);
          appender.append(refs[n] ?? -1, timeMs, value);
        }
        await appender.commit();
        if (next() < 0.3) await opened.flush();
        const startMs = now - Math.floor(next() * 2_000_000);
        const endMs = startMs + Math.floor(next() * 2_000_000);
        const found = await scanAll(opened, refs, startMs, endMs);
        for (const [n, series] of model.entries())
          expect(found.get(refs[n] ?? -1) ?? []).toEqual(
            [...series]
              .filter(([time]) => time >= startMs && time <= endMs)
              .toSorted(([a], [b]) => a - b),
          );
      }
    });

    it("leaves out series that have nothing in a range, and knows names and values", async () => {
      const opened = await open();
      await write(opened, { __name__: "early", job: "a" }, [[T0 - 5000, 1]]);
      await write(opened, { __name__: "late", job: "b", zone: "z" }, [[T0, 1]]);
      const all = parseSelector('{job=~".+"}');
      const names = (startMs: number, endMs: number) =>
        opened.metrics
          .select("default", all, undefined, { startMs, endMs })
          .map((ref) => opened.metrics.labelsOf(ref).get("__name__"));
      expect(names(0, T0 - 1)).toEqual(["early"]);
      expect(names(T0 - 1, T0)).toEqual(["late"]);
      expect(names(0, T0)).toEqual(["early", "late"]);
      expect(opened.metrics.labelNames("default")).toEqual(["__name__", "job", "zone"]);
      const early = await opened.metrics.selectInTurns("default", selectMetric("early"));
      expect(opened.metrics.labelNames("default", early)).toEqual(["__name__", "job"]);
      const range = { startMs: T0, endMs: T0 };
      const late = await opened.metrics.selectInTurns("default", all, { range });
      expect(opened.metrics.labelValues("default", "job", late)).toEqual(["b"]);
      expect(opened.metrics.cardinality("default", 1).seriesByMetric).toHaveLength(1);
      expect(opened.metrics.labelValues("other", "job")).toEqual([]);
    });

    it("rolls up hours that are over, again when samples come late", async () => {
      const rollups = { rollups5mMs: 100 * DAY_MS, rollups1hMs: 100 * DAY_MS };
      const limits = {
        metricsMs: 15 * DAY_MS,
        eventsMs: DAY_MS,
        tracesMs: DAY_MS,
        maxBytes: undefined,
        ...rollups,
      };
      const options = optionsAt(() => T0, { retention: () => limits });
      let opened = await open(options);
      const startMs = T0 - 10 * 3_600_000;
      const hour = (n: number) => startMs + n * 3_600_000;
      // Of which some are beyond 2^32, negative or no whole numbers.
      const values = [1e13 + 7, -3, 0.1, -5e12, 0.3, 12, 1e-300, 8];
      const samples = values.map((value, i): [number, number] => [hour(i) + 600_000, value]);
      await write(opened, { __name__: "up" }, [
        ...samples,
        [hour(0) + 900_000, 2],
        [hour(3) + 900_000, Number.NaN],
      ]);
      await write(opened, { __name__: "other" }, samples);
      // Another after a restart.
      const refOf = (name: string) => opened.metrics.find("default", { __name__: name }) ?? -1;
      const ask = async (fn: string) => {
        const { signal } = new AbortController();
        const question = {
          function: fn,
          startMs,
          endMs: T0,
          rangeMs: 3_600_000,
          stepMs: 3_600_000,
        };
        const found = new Map<number, Record<string, number[]> | "samples">();
        const batches = opened.metrics.rollups?.scan(
          "default",
          [refOf("up"), refOf("other")],
          question,
          signal,
        );
        for await (const { series, fromSamples } of batches ?? []) {
          for (const { ref, times, buckets } of series)
            found.set(ref, {
              times: [...times],
              ...Object.fromEntries(
                Object.entries(buckets.columns).map(([name, column]) => [name, [...column]]),
              ),
            });
          for (const ref of fromSamples) found.set(ref, "samples");
        }
        return found;
      };
      await opened.flush();
      expect(await ask("min_over_time")).toEqual(new Map());
      await opened.rollUp();
      const expected = { times: values.map((_, i) => hour(i + 1)), low: values, high: values };
      const check = async () => {
        for (const [fn, name] of [
          ["min_over_time", "low"],
          ["max_over_time", "high"],
        ] as const) {
          const found = await ask(fn);
          expect(found.get(refOf("up"))).toBe("samples");
          expect(found.get(refOf("other"))).toMatchObject({
            times: expected.times,
            [name]: expected[name],
          });
        }
      };
      await check();
      expect((await ask("sum_over_time")).get(refOf("other"))).toBe("samples");
      await write(opened, { __name__: "other" }, [[hour(1) + 900_000, -4]]);
      expected.low = expected.low.with(1, -4);
      await check();
      await opened.flush();
      await opened.rollUp();
      await check();
      if (adapter.reopen === undefined) return;
      opened = await restart(options);
      await check();
      expect(errors).toEqual([]);
    }, 60_000);
  },
);
