import { execFileSync, spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import {
  snappyCompress,
  writeRequest,
} from "../../packages/server/src/collect/remote-write/fixture.ts";
import { findPeer } from "../peer.ts";
import { startProduct, type Product } from "../support/product.ts";

const promtool = findPeer("queries of promtool", "promtool");
const prometheus = findPeer("Prometheus that reads from us and federates us", "prometheus");

/** The last sample of what is asked about; a minute ago, so that it is "now" for a federating server as well. */
const LAST = Math.floor(Date.now() / 1000) - 60;
const POINTS = 21;
const STEP = 15;

let directory = "";
let product: Product;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-peer-"));
  product = await startProduct({
    dataDir: join(directory, "data"),
    env: { FLEETLIGHT_HOST__ENABLED: "false", FLEETLIGHT_MONITORING__SELF_METRICS: "false" },
  });
  const samples = (factor: number) =>
    Array.from({ length: POINTS }, (_, i) => {
      const at = LAST - (POINTS - 1 - i) * STEP;
      return [at * 1000, i * factor] as const;
    });
  const body = writeRequest(
    ["a", "b"].map((job, i) => ({
      labels: [
        ["__name__", "peer_requests_total"],
        ["instance", `${job}:1`],
        ["job", job],
      ],
      samples: samples(i + 1),
    })),
  );
  const answer = await fetch(`${product.url}/api/v1/write`, {
    method: "POST",
    headers: { "content-type": "application/x-protobuf", "content-encoding": "snappy" },
    body: new Uint8Array(snappyCompress(body)),
  });
  if (answer.status !== 204) throw new Error(`not written: ${await answer.text()}`);
}, 60_000);
afterAll(async () => {
  await product?.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe.skipIf(promtool === undefined)("promtool", () => {
  const run = (kind: string, ...args: string[]) =>
    execFileSync(promtool ?? "", ["query", kind, ...args], { encoding: "utf8", timeout: 60_000 })
      .trim()
      .split("\n");

  it("asks for an instant", () => {
    const query = "sum by (job) (peer_requests_total)";
    expect(run("instant", `--time=${LAST}`, product.url, query).toSorted()).toEqual([
      `{job="a"} => 20 @[${LAST}]`,
      `{job="b"} => 40 @[${LAST}]`,
    ]);
  });

  it("asks for a range", () => {
    const times = [`--start=${LAST - 2 * STEP}`, `--end=${LAST}`, `--step=${STEP}s`];
    expect(run("range", ...times, product.url, 'peer_requests_total{job="b"}')).toEqual([
      'peer_requests_total{instance="b:1", job="b"} =>',
      `36 @[${LAST - 2 * STEP}]`,
      `38 @[${LAST - STEP}]`,
      `40 @[${LAST}]`,
    ]);
  });

  it("asks for series and labels", () => {
    expect(run("series", "--match=peer_requests_total", product.url).toSorted()).toEqual([
      '{__name__="peer_requests_total", instance="a:1", job="a"}',
      '{__name__="peer_requests_total", instance="b:1", job="b"}',
    ]);
    expect(run("labels", product.url, "job")).toEqual(expect.arrayContaining(["a", "b"]));
  });

  it("finds nothing to say against our own page", async () => {
    const input = await (await fetch(`${product.url}/metrics`)).text();
    expect(input).toContain("fleetlight_fleet_graph_evictions_total");
    // It says what it finds on its other stream, and ends with 3; what it prints here is how many there are of what.
    const { status, stderr } = spawnSync(promtool ?? "", ["check", "metrics"], {
      input,
      encoding: "utf8",
    });
    expect([stderr, status]).toEqual(["", 0]);
  });

  it("is told what is wrong with an expression", () => {
    expect(() => run("instant", product.url, "sum(")).toThrow(/unclosed left parenthesis/);
  });
});

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};

/** Asks until there is a result; the server that is asked has to start, to scrape or to read first. */
async function resultOf(url: string, query: string): Promise<{ metric: object; value: unknown }[]> {
  const asked = `${url}/api/v1/query?${new URLSearchParams({ query })}`;
  for (let attempt = 0; attempt < 240; attempt++) {
    const body: { data?: { result: [] } } = await fetch(asked).then(
      // One that is still starting answers in words.
      (answer) => (answer.ok ? (answer.json() as Promise<{ data?: { result: [] } }>) : {}),
      () => ({}),
    );
    if (body.data !== undefined && body.data.result.length > 0) return body.data.result;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`no result of ${query} in time`);
}

describe.skipIf(prometheus === undefined)("a Prometheus beside us", () => {
  let peer: ChildProcess | undefined;
  let url = "";
  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const target = new URL(product.url).host;
    const file = join(directory, "prometheus.yml");
    writeFileSync(
      file,
      JSON.stringify({
        global: { scrape_interval: "1s" },
        remote_read: [{ url: `${product.url}/api/v1/read`, read_recent: true }],
        scrape_configs: [
          {
            job_name: "federate",
            honor_labels: true,
            metrics_path: "/federate",
            params: { "match[]": ['{job="a"}'] },
            static_configs: [{ targets: [target] }],
          },
        ],
      }),
    );
    peer = spawn(
      prometheus ?? "",
      [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(directory, "tsdb")}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: "ignore" },
    );
  });
  afterAll(async () => {
    if (peer === undefined) return;
    const exited = once(peer, "exit");
    peer.kill("SIGKILL");
    await exited;
  });

  it("reads our samples as its own", async () => {
    const result = await resultOf(
      url,
      `sum_over_time(peer_requests_total{job="b"}[10m] @ ${LAST})`,
    );
    const sum = ((POINTS - 1) * POINTS * 2) / 2;
    expect(result).toEqual([
      { metric: { instance: "b:1", job: "b" }, value: [expect.any(Number), String(sum)] },
    ]);
  }, 90_000);

  it("federates us", async () => {
    const [up] = await resultOf(url, 'up{job="federate"} == 1');
    expect(up?.value).toEqual([expect.any(Number), "1"]);
    const [scraped] = await resultOf(url, 'scrape_samples_scraped{job="federate"} > 0');
    expect(scraped?.value).toEqual([expect.any(Number), "1"]);
  }, 90_000);
});

describe("Grafana's Prometheus data source", () => {
  interface Answer {
    status: string;
    data: never;
  }
  const grafana = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    const answer = await fetch(`${product.url}${path}`, {
      ...init,
      headers: { "accept-encoding": "gzip", "user-agent": "Grafana/11.5.0", ...init.headers },
    });
    expect([path, answer.status]).toEqual([path, 200]);
    return (await answer.json()) as Answer;
  };
  const form = (parameters: Record<string, string>): RequestInit => ({
    method: "POST",
    body: new URLSearchParams(parameters),
  });
  const range = { start: String(LAST - 300), end: String(LAST) };

  it("is content with the connection when it is saved", async () => {
    const { data } = await grafana("/api/v1/status/buildinfo");
    expect(data).toMatchObject({ version: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
    const { data: one } = await grafana(
      "/api/v1/query",
      form({ query: "1+1", time: `${LAST}.123` }),
    );
    expect(one).toEqual({ resultType: "scalar", result: [LAST + 0.123, "2"] });
  });

  it("draws panels, with exemplars when asked", async () => {
    const query = 'sum(rate(peer_requests_total{job=~"a|b"}[1m0s])) by (job)';
    const { data } = await grafana("/api/v1/query_range", form({ query, step: "15", ...range }));
    const { resultType, result } = data as { resultType: string; result: { values: unknown[] }[] };
    expect([resultType, result.length]).toEqual(["matrix", 2]);
    expect(result[0]?.values.length).toBeGreaterThan(15);
    expect((await grafana("/api/v1/query_exemplars", form({ query, ...range }))).data).toEqual([]);
    const instant = await grafana("/api/v1/query", form({ query, time: String(LAST) }));
    expect(instant.data).toMatchObject({ resultType: "vector", result: [{}, {}] });
  });

  it("fills its query builder", async () => {
    const times = new URLSearchParams(range);
    const values = (name: string, match = "") =>
      grafana(`/api/v1/label/${name}/values?${times}${match}`).then(({ data }) => data);
    expect(await values("__name__")).toContain("peer_requests_total");
    const match = `&match[]=${encodeURIComponent('{__name__="peer_requests_total"}')}`;
    expect(await values("job", match)).toEqual(["a", "b"]);
    const labels = form({ ...range, "match[]": "peer_requests_total" });
    expect((await grafana("/api/v1/labels", labels)).data).toEqual(["__name__", "instance", "job"]);
    const series = form({ ...range, "match[]": 'peer_requests_total{job="a"}', limit: "40000" });
    expect((await grafana("/api/v1/series", series)).data).toHaveLength(1);
    expect(Object.keys((await grafana("/api/v1/metadata?limit=40000")).data)).toEqual(
      expect.any(Array),
    );
  });

  it("lists rules and alerts", async () => {
    expect((await grafana("/api/v1/rules")).data).toEqual({ groups: expect.any(Array) });
    expect((await grafana("/api/v1/rules?type=alert&limit_alerts=16")).status).toBe("success");
    expect((await grafana("/api/v1/alerts")).data).toEqual({ alerts: expect.any(Array) });
  });
});
