import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { createRegistry } from "@fleetlight/sdk";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { ConfigSchema, type Config } from "#config";
import { createLogger, createOutbound, parseSelector, type LabelSet } from "#lib";
import { createMemoryTelemetry } from "#store";

import { createScraper } from "../scrape/index.ts";
import { createScrapeJobs } from "./jobs.ts";
import { createTargetViews } from "./views.ts";

let directory = "";
const cleanups: (() => unknown)[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-jobs-"));
  cleanups.push(() => rmSync(directory, { recursive: true, force: true }));
});
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

/** A server that answers; its address as `host:port`. */
async function serve(answer: RequestListener): Promise<string> {
  const server = createServer(answer).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const page =
  (text: string): RequestListener =>
  (_, response) => {
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(text);
  };

type Input = Record<string, unknown>;

/** Scraper and jobs as the server has them, on a store in memory. */
async function bench(...jobs: Input[]) {
  let config: Config = ConfigSchema.parse({ scrape_configs: jobs });
  const store = await createMemoryTelemetry({});
  const outbound = createOutbound({ allowLinkLocal: false, allowAddresses: [] });
  const logs: string[] = [];
  const logger = createLogger(
    { level: "debug", format: "json" },
    { version: "test", output: { write: (line: string) => logs.push(line) } },
  );
  const registry = createRegistry();
  const scraper = createScraper({
    metrics: store.metrics,
    outbound,
    config: () => config.scrape,
    now: Date.now,
    random: () => 0.001,
    registry,
    logger,
    onResult: () => {},
  });
  const scrapeJobs = createScrapeJobs({
    jobs: () => config.scrape_configs,
    global: () => config.global,
    outbound,
    policy: () => ({ allowLinkLocal: false, allowAddresses: [] }),
    logger,
    registry,
    onChange: () => scraper.sync(scrapeJobs.targets()),
  });
  const views = createTargetViews({
    states: () => scraper.states(),
    jobs: scrapeJobs,
    jobsTenant: "default",
    host: "this-host",
  });
  cleanups.push(
    () => store.close(),
    () => outbound.close(),
    () => scraper.stop(),
    () => scrapeJobs.stop(),
  );
  await scrapeJobs.start();
  const active = () => views.targets("default").active;
  return {
    store,
    logs,
    registry,
    views,
    active,
    jobs: scrapeJobs,
    reconfigure: async (...next: Input[]) => {
      config = ConfigSchema.parse({ scrape_configs: next });
      await scrapeJobs.reconfigure();
    },
    /** Waits until every target was scraped at least once. */
    scraped: () =>
      until(() => active().length > 0 && active().every((one) => one.health !== "unknown")),
    latest: (selector: string): { labels: LabelSet; value: number }[] =>
      store.metrics.select("default", parseSelector(selector)).flatMap((ref) => {
        const sample = store.metrics.latest(ref, 0);
        return sample === undefined
          ? []
          : [{ labels: store.metrics.labels(ref), value: sample.value }];
      }),
  };
}

async function until(condition: () => boolean, timeoutMs = 15_000): Promise<void> {
  const endsAt = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > endsAt) throw new Error(`waited ${timeoutMs} ms in vain`);
    await sleep(10);
  }
}

const fixedJob = (address: string, changes: Input = {}): Input => ({
  job_name: "app",
  scrape_interval: "1s",
  static_configs: [{ targets: [address], labels: { env: "test" } }],
  ...changes,
});

describe("a job with fixed targets", () => {
  it("stores what its targets show, under the labels of the target", async () => {
    const address = await serve(page('requests_total{path="/"} 3\n'));
    const { scraped, latest, active, views } = await bench(fixedJob(address));
    await scraped();
    const labels = { job: "app", instance: address, env: "test" };
    expect(latest("requests_total")).toEqual([
      { labels: { __name__: "requests_total", path: "/", ...labels }, value: 3 },
    ]);
    expect(latest("up")).toEqual([{ labels: { __name__: "up", ...labels }, value: 1 }]);
    expect(active()).toMatchObject([
      {
        discoveredLabels: { __address__: address, __scheme__: "http", env: "test", job: "app" },
        labels,
        scrapePool: "app",
        scrapeUrl: `http://${address}/metrics`,
        globalUrl: `http://${address.replace("127.0.0.1", "this-host")}/metrics`,
        lastError: "",
        health: "up",
        scrapeInterval: "1s",
        scrapeTimeout: "1s",
      },
    ]);
    expect(views.pools("default")).toEqual(["app"]);
    expect(views.targets("other")).toEqual({ active: [], dropped: [], droppedCounts: {} });
    expect(views.pools("other")).toEqual([]);
  });

  it("tells what its targets' pages say of their metrics", async () => {
    const address = await serve(
      page("# HELP a_total Things.\n# TYPE a_total counter\na_total 1\n"),
    );
    const { scraped, views } = await bench(fixedJob(address));
    await scraped();
    expect([...views.metadata("default")]).toEqual([
      {
        target: { job: "app", instance: address, env: "test" },
        metric: "a_total",
        type: "counter",
        help: "Things.",
        unit: "",
      },
    ]);
  });

  it("relabels series, and counts what is left", async () => {
    const address = await serve(page('a{x="1"} 1\na{x="2"} 2\nb 3\nsecret 4\n'));
    const { scraped, latest } = await bench(
      fixedJob(address, {
        metric_relabel_configs: [
          { source_labels: ["__name__"], regex: "secret|go_.*", action: "drop" },
          { source_labels: ["__name__"], regex: "b", target_label: "__name__", replacement: "c" },
          { source_labels: ["x"], target_label: "y" },
          { regex: "x", action: "labeldrop" },
        ],
      }),
    );
    await scraped();
    expect(latest("a").map(({ labels }) => labels["y"])).toEqual(["1", "2"]);
    expect(latest('{x!=""}')).toEqual([]);
    expect(latest("secret")).toEqual([]);
    expect(latest("b")).toEqual([]);
    expect(latest("c")[0]?.value).toBe(3);
    expect(latest("scrape_samples_scraped")[0]?.value).toBe(4);
    expect(latest("scrape_samples_post_metric_relabeling")[0]?.value).toBe(3);
  });

  it("drops the same series again and again without making it anew", async () => {
    let pages = 0;
    const address = await serve((request, response) => {
      pages++;
      page("kept 1\ndropped 2\n")(request, response);
    });
    const rules = [{ source_labels: ["__name__"], regex: "dropped", action: "drop" }];
    const { latest } = await bench(
      fixedJob(address, { scrape_interval: "100ms", metric_relabel_configs: rules }),
    );
    await until(() => pages > 4);
    await until(() => latest("scrape_series_added")[0]?.value === 0);
    expect(latest("dropped")).toEqual([]);
    expect(latest("scrape_samples_post_metric_relabeling")[0]?.value).toBe(1);
  });

  it("counts samples after relabelling against sample_limit", async () => {
    const address = await serve(page("a 1\nb 2\nc 3\n"));
    const rules = [{ source_labels: ["__name__"], regex: "[bc]", action: "drop" }];
    const fits = await bench(fixedJob(address, { sample_limit: 1, metric_relabel_configs: rules }));
    await fits.scraped();
    expect(fits.active()[0]?.lastError).toBe("");
    const fails = await bench(fixedJob(address, { sample_limit: 2 }));
    await fails.scraped();
    expect(fails.active()[0]).toMatchObject({
      health: "down",
      lastError: "the page has 3 samples; sample_limit is 2",
    });
  });

  it("fails when relabelling takes the name away", async () => {
    const address = await serve(page("a 1\n"));
    const rules = [{ regex: "__name__", action: "labeldrop" }];
    const { scraped, active } = await bench(fixedJob(address, { metric_relabel_configs: rules }));
    await scraped();
    expect(active()[0]?.lastError).toMatch(/missing metric name/);
  });

  it.each([true, false])(
    "takes times of the page only with honor_timestamps (%s)",
    async (honored) => {
      const address = await serve(page("a 1 1000\n"));
      const { scraped, store } = await bench(fixedJob(address, { honor_timestamps: honored }));
      await scraped();
      const [ref = -1] = store.metrics.select("default", parseSelector("a"));
      expect(store.metrics.latest(ref, 0)?.timeMs === 1000).toBe(honored);
    },
  );

  it("scrapes none of too many targets, and says so at each", async () => {
    const address = await serve(page("a 1\n"));
    const { scraped, active, latest, registry } = await bench(
      fixedJob(address, {
        target_limit: 1,
        static_configs: [{ targets: [address, "127.0.0.1:1"] }],
      }),
    );
    await scraped();
    expect(active().map(({ lastError }) => lastError)).toEqual(
      Array.from({ length: 2 }, () => "target_limit exceeded (number of targets: 2, limit: 1)"),
    );
    expect(latest("up").map(({ value }) => value)).toEqual([0, 0]);
    expect(registry.expose("text")).toContain(
      "fleetlight_scrape_pool_exceeded_target_limit_total 1",
    );
  });

  it("shows the targets that it dropped, and how many", async () => {
    const { views, jobs } = await bench({
      job_name: "app",
      keep_dropped_targets: 1,
      static_configs: [{ targets: ["a:1", "b:1"], labels: { env: "old" } }],
      relabel_configs: [{ source_labels: ["env"], regex: "old", action: "drop" }],
    });
    expect(jobs.targets()).toEqual([]);
    const { dropped, droppedCounts } = views.targets("default");
    expect(droppedCounts).toEqual({ app: 2 });
    expect(dropped).toMatchObject([
      { scrapePool: "app", discoveredLabels: { __address__: "a:1", env: "old" } },
    ]);
    expect(views.pools("default")).toEqual(["app"]);
  });

  it("leaves out what can not be scraped, and says why", async () => {
    const { jobs, logs } = await bench({
      job_name: "app",
      static_configs: [{ targets: ["a:1"] }],
      relabel_configs: [{ target_label: "__scrape_interval__", replacement: "never" }],
    });
    expect(jobs.targets()).toEqual([]);
    expect(logs.join("")).toContain("error parsing scrape interval");
  });
});

describe("requests of a job", () => {
  it.each<[string, Input, string]>([
    ["basic_auth", { basic_auth: { username: "u", password: "p:w" } }, `Basic ${btoa("u:p:w")}`],
    ["authorization", { authorization: { type: "Token", credentials: "abc" } }, "Token abc"],
    ["bearer_token", { bearer_token: "abc" }, "Bearer abc"],
  ])("carry %s", async (_, changes, expected) => {
    const seen: (string | undefined)[] = [];
    const address = await serve((request, response) => {
      seen.push(request.headers.authorization);
      page("a 1\n")(request, response);
    });
    const { scraped } = await bench(fixedJob(address, changes));
    await scraped();
    expect(seen[0]).toBe(expected);
  });

  it("read secrets from files each time", async () => {
    const seen = new Set<string | undefined>();
    const file = join(directory, "secret");
    writeFileSync(file, "one\n");
    const address = await serve((request, response) => {
      seen.add(request.headers.authorization);
      page("a 1\n")(request, response);
    });
    await bench(
      fixedJob(address, { scrape_interval: "100ms", authorization: { credentials_file: file } }),
    );
    await until(() => seen.has("Bearer one"));
    writeFileSync(file, "two\n");
    await until(() => seen.has("Bearer two"));
    expect(seen.size).toBe(2);
  });

  it("fail with the name of a file that is missing, and never with a secret", async () => {
    const { scraped, active } = await bench(
      fixedJob("127.0.0.1:1", {
        basic_auth: { username: "u", password_file: join(directory, "no") },
      }),
    );
    await scraped();
    expect(active()[0]?.lastError).toMatch(/^unable to read password_file .*no: ENOENT/);
  });

  it("ask for plain pages without enable_compression", async () => {
    const seen: unknown[] = [];
    const address = await serve((request, response) => {
      seen.push(request.headers["accept-encoding"]);
      page("a 1\n")(request, response);
    });
    const { scraped } = await bench(fixedJob(address, { enable_compression: false }));
    await scraped();
    expect(seen[0]).toBe("identity");
  });

  it("go through a proxy", async () => {
    const asked: (string | undefined)[] = [];
    const proxy = await serve((request, response) => {
      asked.push(request.url);
      page("a 1\n")(request, response);
    });
    const { scraped, active } = await bench(
      fixedJob("target.example:9100", { proxy_url: `http://${proxy}` }),
    );
    await scraped();
    expect(active()[0]?.lastError).toBe("");
    expect(asked[0]).toBe("http://target.example:9100/metrics");
  });

  it("do not follow redirects when they must not", async () => {
    const address = await serve((_, response) => response.writeHead(302, { location: "/b" }).end());
    const { scraped, active } = await bench(fixedJob(address, { follow_redirects: false }));
    await scraped();
    expect(active()[0]?.lastError).toMatch(/HTTP status 302/);
  });
});

describe("discovery of a job", () => {
  it("follows files of targets", async () => {
    const path = join(directory, "targets.json");
    writeFileSync(path, JSON.stringify([{ targets: ["a:1"], labels: { env: "one" } }]));
    const { active, jobs } = await bench({
      job_name: "files",
      file_sd_configs: [{ files: [join(directory, "*.json")], refresh_interval: "200ms" }],
    });
    expect(jobs.targets()).toMatchObject([
      {
        labels: { instance: "a:1", env: "one", job: "files" },
        discovered: { __meta_filepath: path },
      },
    ]);
    writeFileSync(path, JSON.stringify([{ targets: ["b:1"], labels: { __scheme__: "https" } }]));
    await until(() => active()[0]?.scrapeUrl === "https://b:1/metrics");
    writeFileSync(path, "{");
    await sleep(300);
    expect(active()[0]?.scrapeUrl).toBe("https://b:1/metrics");
  });

  it("follows an HTTP service, and keeps what it had while that fails", async () => {
    let answer: [number, string, string] = [
      200,
      "application/json",
      JSON.stringify([{ targets: ["a:1"], labels: { __meta_dc: "x" } }]),
    ];
    let asked = 0;
    const address = await serve((_, response) => {
      asked++;
      const [status, type, body] = answer;
      response.writeHead(status, { "content-type": type }).end(body);
    });
    const url = `http://${address}/targets`;
    const { jobs } = await bench({
      job_name: "http",
      http_sd_configs: [{ url, refresh_interval: "100ms" }],
      relabel_configs: [{ source_labels: ["__meta_dc"], target_label: "dc" }],
    });
    await until(() => jobs.targets().length === 1);
    expect(jobs.targets()[0]).toMatchObject({
      labels: { job: "http", instance: "a:1", dc: "x" },
      discovered: { __meta_url: url },
    });
    for (const bad of [
      [500, "application/json", "[]"],
      [200, "text/html", "[]"],
      [200, "application/json", '{"targets": 1}'],
    ] as [number, string, string][]) {
      answer = bad;
      const before = asked;
      await until(() => asked > before + 1);
      expect(jobs.targets().length, JSON.stringify(bad)).toBe(1);
    }
    answer = [200, "application/json", "[]"];
    await until(() => jobs.targets().length === 0);
  });
});

describe("a reload", () => {
  it("leaves what did not change as it is", async () => {
    let scrapes = 0;
    const address = await serve((request, response) => {
      scrapes++;
      page("a 1\n")(request, response);
    });
    const job = fixedJob(address, { scrape_interval: "1d" });
    const { scraped, reconfigure, active, latest } = await bench(job);
    await scraped();
    await reconfigure(job, fixedJob("127.0.0.1:1", { job_name: "other", scrape_interval: "1d" }));
    await until(() => active().length === 2);
    await scraped();
    expect(scrapes).toBe(1);
    expect(latest("a")).toHaveLength(1);
  });

  it("ends the series of targets that are gone", async () => {
    const address = await serve(page("a 1\n"));
    const { scraped, reconfigure, active, latest } = await bench(fixedJob(address));
    await scraped();
    await reconfigure();
    await until(() => latest("a").length === 0);
    expect(active()).toEqual([]);
  });

  it("takes other rules for series into force", async () => {
    const address = await serve(page("a 1\nb 2\n"));
    const { scraped, reconfigure, latest } = await bench(fixedJob(address));
    await scraped();
    expect(latest("b")).toHaveLength(1);
    await reconfigure(
      fixedJob(address, {
        metric_relabel_configs: [{ source_labels: ["__name__"], regex: "b", action: "drop" }],
      }),
    );
    await until(() => latest("b").length === 0);
    await until(() => latest("a").length === 1);
  });
});
