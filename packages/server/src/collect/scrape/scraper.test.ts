import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";

import { createRegistry } from "@fleetlight/sdk";
import { afterEach, describe, expect, it, vi } from "vitest";

import { ConfigSchema, type Config } from "#config";
import {
  createLogger,
  createOutbound,
  formatLabels,
  isStale,
  parseSelector,
  wordsOf,
  type LabelSet,
  type Outbound,
} from "#lib";
import { createMemoryTelemetry, type TelemetryOptions, type TelemetryStore } from "#store";

import { createScrapeCounters } from "./counters.ts";
import { createMetadataBook } from "./metadata-book.ts";
import { createScraper, type Scraper } from "./scraper.ts";
import { TargetState, type ScrapeTarget } from "./target.ts";

type ScrapeConfig = Config["scrape"];
interface Result {
  up: boolean;
  samples: number;
  error: string | null;
}

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

async function serve(answer: RequestListener): Promise<string> {
  const server: Server = createServer(answer);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`;
}

const page =
  (text: string | (() => string), type = "text/plain; version=0.0.4"): RequestListener =>
  (_, response) => {
    response.setHeader("content-type", type);
    response.end(typeof text === "string" ? text : text());
  };

interface Bench {
  store: TelemetryStore;
  outbound: Outbound;
  results: Map<string, Result[]>;
  logs: string[];
  options: Parameters<typeof createScraper>[0];
}

async function bench(
  limits: Partial<ScrapeConfig> = {},
  storeOptions: Partial<TelemetryOptions> = {},
): Promise<Bench> {
  const store = await createMemoryTelemetry(storeOptions);
  const outbound = createOutbound({ allowLinkLocal: false, allowAddresses: [] });
  cleanups.push(
    () => store.close(),
    () => outbound.close(),
  );
  const results = new Map<string, Result[]>();
  const logs: string[] = [];
  const config = { ...ConfigSchema.parse({}).scrape, ...limits };
  const logger = createLogger(
    { level: "debug", format: "json" },
    { version: "test", output: { write: (line: string) => logs.push(line) } },
  );
  const options = {
    metrics: store.metrics,
    outbound,
    config: () => config,
    now: Date.now,
    random: () => 0.01,
    registry: createRegistry(),
    logger,
    onResult(_tenant: string, id: string, result: Result): void {
      results.set(id, [...(results.get(id) ?? []), result]);
    },
  };
  return { store, outbound, results, logs, options };
}

const target = (url: string, changes: Partial<ScrapeTarget> = {}): ScrapeTarget => ({
  tenant: "default",
  id: "svc",
  url,
  labels: { job: "svc", instance: "host:1" },
  intervalMs: 60_000,
  timeoutMs: 5000,
  honorLabels: false,
  pool: "test",
  ...changes,
});

const single = ({ options }: Bench, what: ScrapeTarget): TargetState =>
  new TargetState(what, 1, {
    ...options,
    monotonicMs: () => performance.now(),
    counters: createScrapeCounters(createRegistry()),
    keepMetadata: createMetadataBook(),
  });

/** Everything that is stored of the series that match: times relative to `origin`, stale markers as "stale". */
async function stored(
  { store }: Bench,
  selector: string,
  origin = 0,
): Promise<Record<string, [number, number | "stale"][]>> {
  const refs = store.metrics.select("default", parseSelector(selector));
  const found = await store.metrics.range("default", refs, 0, Date.now() + 3_600_000);
  return Object.fromEntries(
    found.map(({ ref, times, values }) => {
      const words = wordsOf(values);
      const samples = Array.from(times, (time, at): [number, number | "stale"] => [
        time - origin,
        isStale(words, at) ? "stale" : (values[at] ?? Number.NaN),
      ]);
      return [formatLabels(store.metrics.labels(ref) as LabelSet), samples];
    }),
  );
}

async function until(what: () => boolean, timeoutMs = 20_000): Promise<void> {
  const giveUp = Date.now() + timeoutMs;
  while (!what()) {
    if (Date.now() > giveUp) throw new Error("waited in vain");
    await sleep(10);
  }
}

const start = (options: Bench["options"]): Scraper => {
  const scraper = createScraper(options);
  cleanups.push(() => scraper.stop());
  return scraper;
};

const T0 = Date.now() - 100_000;
const OWN = '{instance="host:1",job="svc"}';

describe("one scrape", () => {
  it("stores samples and its own report with the labels of the target", async () => {
    const bed = await bench();
    const url = await serve(
      page('# HELP a Help of a.\n# TYPE a counter\na{job="own",x="1"} 5\nb 7\n'),
    );
    await single(bed, target(url)).scrape(T0);
    const all = await stored(bed, '{job="svc"}', T0);
    expect(all['a{exported_job="own",instance="host:1",job="svc",x="1"}']).toEqual([[0, 5]]);
    expect(all[`b${OWN}`]).toEqual([[0, 7]]);
    expect(all[`up${OWN}`]).toEqual([[0, 1]]);
    expect(all[`scrape_samples_scraped${OWN}`]).toEqual([[0, 2]]);
    expect(all[`scrape_samples_post_metric_relabeling${OWN}`]).toEqual([[0, 2]]);
    expect(all[`scrape_series_added${OWN}`]).toEqual([[0, 2]]);
    const seconds = all[`scrape_duration_seconds${OWN}`]?.[0]?.[1];
    expect(seconds).toBeGreaterThan(0);
    expect(seconds).toBeLessThan(5);
    expect(Object.keys(all)).toHaveLength(7);
    expect(bed.store.metrics.metadata("default", "a")).toEqual({
      type: "counter",
      unit: "",
      help: "Help of a.",
    });
    expect(bed.results.get("svc")).toEqual([
      expect.objectContaining({ up: true, samples: 2, error: null }),
    ]);
  });

  it("asks as Prometheus does and reads OpenMetrics, compressed", async () => {
    const bed = await bench();
    let asked: IncomingMessage["headers"] = {};
    const url = await serve((request, response) => {
      asked = request.headers;
      response.setHeader("content-type", "application/openmetrics-text; version=1.0.0");
      response.setHeader("content-encoding", "gzip");
      response.end(gzipSync('# TYPE a histogram\na_bucket{le="1"} 2 # {id="x"} 1\n# EOF\n'));
    });
    await single(bed, target(url)).scrape(T0);
    expect(asked.accept).toMatch(
      /^application\/openmetrics-text;version=1\.0\.0;escaping=allow-utf-8;q=0\.5,/,
    );
    expect(asked["accept-encoding"]).toContain("gzip");
    expect(asked["x-prometheus-scrape-timeout-seconds"]).toBe("5");
    expect(await stored(bed, "a_bucket", T0)).toEqual({
      'a_bucket{instance="host:1",job="svc",le="1.0"}': [[0, 2]],
    });
  });

  it("reads a strange content type as text and says so once", async () => {
    const bed = await bench();
    const state = single(bed, target(await serve(page("a 1\n", "application/octet-stream"))));
    await state.scrape(T0);
    await state.scrape(T0 + 1000);
    expect(Object.keys(await stored(bed, "a"))).toHaveLength(1);
    expect(bed.logs.filter((line) => line.includes("application/octet-stream"))).toHaveLength(1);
  });

  it("ends what a page does not show any more, and begins it again", async () => {
    const bed = await bench();
    let text = "a 1\nb 1\n";
    const state = single(bed, target(await serve(page(() => text))));
    await state.scrape(T0);
    text = "b 2\n";
    await state.scrape(T0 + 1000);
    await state.scrape(T0 + 2000);
    text = "a 3\nb 3\n";
    await state.scrape(T0 + 3000);
    const all = await stored(bed, '{__name__=~"a|b|scrape_series_added"}', T0);
    expect(all[`a${OWN}`]).toEqual([
      [0, 1],
      [1000, "stale"],
      [3000, 3],
    ]);
    expect(all[`b${OWN}`]).toEqual([
      [0, 1],
      [1000, 2],
      [2000, 2],
      [3000, 3],
    ]);
    expect(all[`scrape_series_added${OWN}`]).toEqual([
      [0, 2],
      [1000, 0],
      [2000, 0],
      [3000, 1],
    ]);
  });

  it("keeps the target's own timestamps, does not end such series and refuses the future", async () => {
    const bed = await bench();
    let text = `a 1 ${T0 - 5000}\nb 1 ${T0 + 3_600_000}\n`;
    const state = single(bed, target(await serve(page(() => text))));
    await state.scrape(T0);
    text = "c 1\n";
    await state.scrape(T0 + 1000);
    const all = await stored(bed, '{__name__=~"a|b|c"}', T0);
    expect(all).toEqual({ [`a${OWN}`]: [[-5000, 1]], [`c${OWN}`]: [[1000, 1]] });
  });

  it("counts a series that a page has twice once", async () => {
    const bed = await bench();
    await single(bed, target(await serve(page('a{x="1"} 1\na{x="1"} 2\n')))).scrape(T0);
    const all = await stored(bed, '{__name__=~"a|scrape_samples_.*"}', T0);
    expect(all['a{instance="host:1",job="svc",x="1"}']).toEqual([[0, 1]]);
    expect(all[`scrape_samples_scraped${OWN}`]).toEqual([[0, 2]]);
    expect(all[`scrape_samples_post_metric_relabeling${OWN}`]).toEqual([[0, 2]]);
  });

  it.each(["text", "openmetrics"] as const)(
    "reads what our own collector writes as %s",
    async (format) => {
      const bed = await bench();
      const registry = createRegistry();
      registry
        .counter({ name: "jobs_total", help: 'All "jobs".\n', labelNames: ["kind"] })
        .inc({ kind: 'a"\\\n' });
      registry.gauge({ name: "queue_bytes", help: "Waiting." }).set(-1.5e-7);
      registry.histogram({ name: "job_seconds", help: "Time.", buckets: [0.5, 1] }).observe(0.7);
      const { contentType } = registry.contentType(
        format === "text" ? "text/plain" : "application/openmetrics-text",
      );
      await single(bed, target(await serve(page(registry.expose(format), contentType)))).scrape(T0);
      expect(bed.results.get("svc")?.[0]).toMatchObject({ up: true, error: null });
      const all = await stored(bed, '{__name__=~"jobs_total|queue_bytes|job_seconds_bucket"}', T0);
      expect(all['jobs_total{instance="host:1",job="svc",kind="a\\"\\\\\\n"}']).toEqual([[0, 1]]);
      expect(all[`queue_bytes${OWN}`]).toEqual([[0, -1.5e-7]]);
      expect(all['job_seconds_bucket{instance="host:1",job="svc",le="1.0"}']).toEqual([[0, 1]]);
    },
  );

  it("takes an empty page for a success", async () => {
    const bed = await bench();
    await single(bed, target(await serve(page("")))).scrape(T0);
    expect(await stored(bed, "up", T0)).toEqual({ [`up${OWN}`]: [[0, 1]] });
  });

  it("does not read its own page again and again while nothing changes", async () => {
    const bed = await bench();
    const series = vi.fn<(labels: LabelSet) => void>();
    cleanups.push(bed.store.metrics.onSeries((_, __, labels) => series(labels)));
    const state = single(bed, target(await serve(page("a 1\nb 1\n"))));
    for (let round = 0; round < 5; round++) await state.scrape(T0 + round * 1000);
    expect(series).toHaveBeenCalledTimes(7);
    expect(state.size.series).toBe(2);
  });
});

describe("a scrape that fails", () => {
  const limits = {
    body_size_limit_bytes: 4096,
    sample_limit: 5,
    label_limit: 4,
    label_name_length_limit: 20,
    label_value_length_limit: 20,
  };

  it.each<[string, RequestListener, RegExp]>([
    [
      "an error status",
      (_, response) => response.writeHead(503).end("a 1\n"),
      /status 503 Service Unavailable/,
    ],
    [
      "a page that is no page",
      page("<html>hello</html>\n", "text/html"),
      /line 1: expected a metric/,
    ],
    ["a mistake further down", page("a 2\nb 2\nc{\n"), /line 3: /],
    ["OpenMetrics without an end", page("a 2\n", "application/openmetrics-text"), /# EOF/],
    ["too large a body", page(`a 1\n# ${"x".repeat(5000)}\n`), /larger than 4096 bytes/],
    [
      "too many samples",
      page("a 1\nb 1\nc 1\nd 1\ne 1\nf 1\n"),
      /has 6 samples; scrape.sample_limit is 5/,
    ],
    ["too many labels", page('a{x="1",y="2"} 1\n'), /5 labels; scrape.label_limit is 4/],
    ["a long label value", page(`a{x="${"v".repeat(21)}"} 1\n`), /scrape.label_value_length_limit/],
    ["a closed connection", (request) => request.socket.destroy(), /127\.0\.0\.1/],
    [
      "a connection that closes midway",
      (request, response) => {
        response.writeHead(200, { "content-type": "text/plain", "content-length": "1000" });
        response.write("a 5\n", () => request.socket.destroy());
      },
      /./,
    ],
  ])(
    "because of %s stores up 0, ends the series and gives the cause",
    async (_, failing, cause) => {
      const bed = await bench(limits);
      let answer: RequestListener = page("a 1\n");
      const state = single(bed, target(await serve((...exchange) => answer(...exchange))));
      await state.scrape(T0);
      answer = failing;
      await state.scrape(T0 + 1000);
      await state.scrape(T0 + 2000);
      const all = await stored(bed, '{__name__=~"a|b|up"}', T0);
      expect(all).toEqual({
        [`a${OWN}`]: [
          [0, 1],
          [1000, "stale"],
        ],
        [`up${OWN}`]: [
          [0, 1],
          [1000, 0],
          [2000, 0],
        ],
      });
      const results = bed.results.get("svc") ?? [];
      expect(results.map(({ up }) => up)).toEqual([true, false, false]);
      expect(results[1]?.error).toMatch(cause);
      expect(bed.logs.filter((line) => line.includes("scrape failed"))).toHaveLength(1);
    },
  );

  it("says that nobody listens", async () => {
    const bed = await bench();
    const probe = createServer().listen(0, "127.0.0.1");
    await once(probe, "listening");
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, "close");
    await single(bed, target(`http://127.0.0.1:${port}/metrics`)).scrape(T0);
    expect(bed.results.get("svc")?.[0]?.error).toMatch(/refuse/i);
  });

  it("does not remember more than two pages of a target that shows ever new series", async () => {
    const bed = await bench({ sample_limit: 50 });
    let round = 0;
    const bad = (): string =>
      Array.from({ length: 50 }, (_, at) => `a{x="${round}-${at}"} 1\n`).join("") + "garbage\n";
    const state = single(bed, target(await serve(page(bad))));
    for (; round < 20; round++) await state.scrape(T0 + round);
    expect(state.size.series).toBeLessThanOrEqual(100);
  });

  it("leaves out series beyond the limit of the store and keeps the others", async () => {
    const bed = await bench({}, { maxSeries: 7 });
    let text = "a 1\nb 1\n";
    const state = single(bed, target(await serve(page(() => text))));
    await state.scrape(T0);
    text = "a 2\nb 2\nc 2\n";
    await state.scrape(T0 + 1000);
    const all = await stored(bed, '{__name__=~"a|b|c|up"}', T0);
    expect(Object.keys(all)).toHaveLength(3);
    expect(all[`up${OWN}`]).toEqual([
      [0, 1],
      [1000, 1],
    ]);
  });

  it("counts as dropped when the store is too far behind", async () => {
    const bed = await bench({}, { maxPendingRows: 3 });
    const scraper = start(bed.options);
    scraper.sync([target(await serve(page("a 1\nb 1\nc 1\n")), { intervalMs: 200 })]);
    await until(() => (bed.results.get("svc")?.length ?? 0) > 1);
    expect(scraper.stats().dropped).toBeGreaterThan(0);
    expect(bed.results.get("svc")?.[0]?.error).toMatch(/too far behind/);
    expect(await stored(bed, "a")).toEqual({});
  });
});

describe("the schedule", () => {
  it("gives samples the planned times, one interval apart", async () => {
    const bed = await bench();
    const scraper = start({ ...bed.options, random: () => 0.999 });
    scraper.sync([target(await serve(page("a 1\n")), { intervalMs: 250 })]);
    await until(() => (bed.results.get("svc")?.length ?? 0) >= 6);
    const times = Object.values(await stored(bed, "a"))[0]?.map(([time]) => time) ?? [];
    const onGrid = times.filter((time) => time % 250 === (times.at(-1) ?? 0) % 250);
    expect(times.length).toBeGreaterThanOrEqual(6);
    expect(onGrid.length).toBeGreaterThanOrEqual(times.length - 1);
    expect(scraper.stats()).toMatchObject({ targets: 1, failed: 0, dropped: 0, cachedSeries: 1 });
  });

  it("skips and counts scrapes while the one before is under way", async () => {
    const bed = await bench();
    const url = await serve((_, response) => setTimeout(() => response.end("a 1\n"), 350));
    const scraper = start(bed.options);
    scraper.sync([target(url, { intervalMs: 100 })]);
    // The timeout is the interval, so that a scrape may also end just before the next is due.
    await until(() => scraper.stats().skipped > 0);
    await until(() => scraper.stats().scrapes > 0);
    expect(bed.results.get("svc")?.[0]?.error).toMatch(/within 100 ms/);
  });

  it("has no more scrapes under way than allowed", async () => {
    const bed = await bench({ max_concurrency: 2 });
    let open = 0;
    let most = 0;
    const url = await serve((_, response) => {
      most = Math.max(most, ++open);
      setTimeout(() => {
        open--;
        response.end("a 1\n");
      }, 60);
    });
    const scraper = start(bed.options);
    scraper.sync(
      Array.from({ length: 8 }, (_, at) =>
        target(url, { id: `svc-${at}`, labels: { job: `${at}` }, intervalMs: 1000 }),
      ),
    );
    await until(() => bed.results.size === 8);
    expect(most).toBe(2);
  });

  it("ends every series of a target that is removed or has other labels", async () => {
    const bed = await bench();
    const scraper = start(bed.options);
    const url = await serve(page("a 1\n"));
    const one = target(url, { id: "one", labels: { job: "one" }, intervalMs: 200 });
    const two = target(url, { id: "two", labels: { job: "two" }, intervalMs: 200 });
    scraper.sync([one, two]);
    await until(() => bed.results.size === 2);
    scraper.sync([{ ...two, labels: { job: "three" } }]);
    bed.results.clear();
    await until(() => (bed.results.get("two")?.length ?? 0) >= 2);
    const last = Object.fromEntries(
      Object.entries(await stored(bed, '{__name__=~"a|up"}')).map(([series, samples]) => [
        series,
        samples.at(-1)?.[1],
      ]),
    );
    expect(last).toEqual({
      'a{job="one"}': "stale",
      'up{job="one"}': "stale",
      'a{job="two"}': "stale",
      'up{job="two"}': "stale",
      'a{job="three"}': 1,
      'up{job="three"}': 1,
    });
    expect(bed.results.has("one")).toBe(false);
    expect(scraper.stats().targets).toBe(1);
  });

  it("goes on with the series of a target whose pace or address changes", async () => {
    const bed = await bench();
    const scraper = start(bed.options);
    const first = target(await serve(page("a 1\n")), { intervalMs: 60_000 });
    scraper.sync([first]);
    await until(() => bed.results.has("svc"));
    scraper.sync([{ ...first, url: await serve(page("a 2\n")), intervalMs: 150 }]);
    await until(() => (bed.results.get("svc")?.length ?? 0) >= 3);
    const values = Object.values(await stored(bed, "a"))[0]?.map(([, value]) => value) ?? [];
    expect(values.slice(0, 3)).toEqual([1, 2, 2]);
  });

  it("makes a new plan when the clock is set back", async () => {
    const bed = await bench();
    let shiftMs = 0;
    const scraper = start({ ...bed.options, now: () => Date.now() + shiftMs });
    scraper.sync([target(await serve(page("a 1\n")), { intervalMs: 200 })]);
    await until(() => bed.results.has("svc"));
    shiftMs = -3_600_000;
    // A sleep may be under way that was planned by the old clock; it ends within the longest one.
    const before = bed.results.get("svc")?.length ?? 0;
    await until(() => (bed.results.get("svc")?.length ?? 0) > before + 2);
    expect(scraper.stats().failed).toBe(0);
  });

  it("stops at once although targets hang, without ending series", async () => {
    const bed = await bench();
    const scraper = start(bed.options);
    let asked = 0;
    const url = await serve(() => asked++);
    scraper.sync([target(url)]);
    await until(() => asked === 1);
    const started = performance.now();
    await scraper.stop();
    expect(performance.now() - started).toBeLessThan(1000);
    expect(bed.results.size).toBe(0);
    expect(await stored(bed, '{__name__=~".+"}')).toEqual({});
  });
});

describe("targets that misbehave", () => {
  it("harm nobody else", async () => {
    const bed = await bench({ body_size_limit_bytes: 1 << 20 });
    const megabyte = Buffer.alloc(1 << 20, "x");
    const flood: RequestListener = (request, response) => {
      response.writeHead(200, { "content-type": "text/plain" });
      let sent = 0;
      const more = (): void => {
        while (sent < 200 && !request.socket.destroyed) {
          sent++;
          if (!response.write(megabyte)) {
            response.once("drain", more);
            return;
          }
        }
        response.end();
      };
      more();
    };
    const bomb = gzipSync(Buffer.alloc(64 << 20, "a 1\n"));
    const targets: [string, RequestListener][] = [
      ["good", page(() => `a ${Date.now()}\nb 1\n`)],
      ["silent", () => undefined],
      ["garbage", (_, response) => response.end(Buffer.alloc(100_000, 0xff))],
      ["flood", flood],
      [
        "bomb",
        (_, response) => {
          response.setHeader("content-encoding", "gzip");
          response.end(bomb);
        },
      ],
      [
        "drip",
        (request, response) => {
          const timer = setInterval(() => response.write("#\n"), 20);
          request.socket.once("close", () => clearInterval(timer));
        },
      ],
      ["hangup", (request) => request.socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\na")],
      ["nonsense", (request) => request.socket.end("SSH-2.0-OpenSSH\r\n")],
    ];
    const scraper = start(bed.options);
    scraper.sync(
      await Promise.all(
        targets.map(async ([id, answer]) =>
          target(await serve(answer), { id, labels: { job: id }, intervalMs: 500, timeoutMs: 400 }),
        ),
      ),
    );
    // A machine that is busy with other things may cost a scrape now and then; the others must not cost most of them.
    const good = () => bed.results.get("good") ?? [];
    await until(() => good().filter(({ up }) => up).length >= 6, 30_000);
    expect(good().filter(({ up }) => !up).length).toBeLessThan(6);
    for (const [id] of targets.slice(1)) {
      const results = bed.results.get(id) ?? [];
      expect([id, results.length > 0, results.some(({ up }) => up)]).toEqual([id, true, false]);
      expect(results[0]?.error).not.toBe("");
    }
    const times =
      (await stored(bed, 'a{job="good"}'))['a{job="good"}']?.map(([time]) => time) ?? [];
    const onGrid = times.filter((time) => time % 500 === (times.at(-1) ?? 0) % 500);
    // Late scrapes keep their own time; those that were in time stand on one grid.
    expect(onGrid.length).toBeGreaterThan(1);
  }, 60_000);

  it("lets others have a turn while a large page is read", async () => {
    const bed = await bench();
    const lines = Array.from(
      { length: 90_000 },
      (_, at) => `requests_total{path="/api/things/${at}",method="GET"} ${at}\n`,
    );
    const text = lines.join("");
    const state = single(bed, target(await serve(page(text))));
    let turns = 0;
    const count = (): void => {
      turns++;
      timer = setImmediate(count);
    };
    let timer = setImmediate(count);
    await state.scrape(T0);
    clearImmediate(timer);
    expect(turns).toBeGreaterThan(10);
    expect(bed.results.get("svc")?.[0]).toMatchObject({ up: true, samples: 90_000 });
  }, 60_000);

  it("cannot be reached under addresses that are refused", async () => {
    const bed = await bench();
    await single(bed, target("http://169.254.169.254/latest/meta-data")).scrape(T0);
    expect(bed.results.get("svc")?.[0]).toMatchObject({ up: false, samples: 0 });
    expect(bed.results.get("svc")?.[0]?.error).toContain("169.254.169.254");
  });
});
