import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, describe, expect, it } from "vitest";

import { findPeer } from "../peer.ts";
import { startProduct } from "../support/product.ts";

const prometheus = findPeer("relabelling beside a real Prometheus", "prometheus");
const nodeExporter = findPeer(
  "relabelling beside a real Prometheus",
  "prometheus-node-exporter",
  "node_exporter",
);
const skipped = prometheus === undefined || nodeExporter === undefined;

const directory = mkdtempSync(join(tmpdir(), "fleetlight-relabelling-"));
const cleanups: (() => unknown)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.toReversed()) await cleanup();
  rmSync(directory, { recursive: true, force: true });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function until<T>(get: () => Promise<T>, wanted: (value: T) => boolean): Promise<T> {
  const endsAt = performance.now() + 45_000;
  for (;;) {
    const value = await get().catch(() => undefined);
    if (value !== undefined && wanted(value)) return value;
    if (performance.now() > endsAt)
      throw new Error(`waited in vain; last: ${JSON.stringify(value)?.slice(0, 2000)}`);
    await sleep(100);
  }
}

/** Starts a peer on a port that was free a moment ago; another one when somebody was faster. */
async function startPeer(
  program: string,
  args: (address: string) => string[],
  path: string,
): Promise<string> {
  for (let tries = 0; ; tries++) {
    const address = `127.0.0.1:${await freePort()}`;
    const child: ChildProcess = spawn(program, args(address), { stdio: "ignore" });
    cleanups.push(() => child.kill("SIGKILL"));
    const ended = once(child, "exit").then(() => "ended" as const);
    const ready = until(
      async () => (await fetch(`http://${address}${path}`)).status,
      (status) => status === 200,
    );
    ready.catch(() => undefined);
    if ((await Promise.race([ready, ended])) !== "ended") return address;
    if (tries === 3) throw new Error(`${program} does not start`);
  }
}

const PAGE = `# TYPE clash gauge
clash{job="theirs",instance="theirs",exported_job="older"} 1
named{path="/a/1",Code="2xx"} 2
named{path="/a/2",Code="5xx"} 3
secret{token="x"} 4
unlabelled 5
`;

async function startPage(): Promise<string> {
  const server = createHttpServer((request, response) => {
    const { searchParams } = new URL(request.url ?? "", "http://x");
    response.setHeader("content-type", "text/plain; version=0.0.4");
    response.end(`${PAGE}asked{module="${searchParams.get("module") ?? ""}"} 1\n`);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanups.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Jobs that both read; written in the part of the format that Prometheus 2 knows too. */
const configOf = (page: string, node: string): string => `global:
  scrape_interval: 2s
  scrape_timeout: 2s
scrape_configs:
- job_name: machines
  static_configs: [{targets: ["${node}"], labels: {zone: eu-1, Rack: "7"}}]
  relabel_configs:
  - {source_labels: [zone], regex: "([a-z]+)-(\\\\d)", target_label: region, replacement: "\${1}_$2"}
  - {source_labels: [__address__], regex: "(.*):.*", target_label: host}
  - {source_labels: [__address__, zone], separator: "/", target_label: __tmp_both}
  - {source_labels: [__tmp_both], target_label: both}
  - {source_labels: [host], modulus: 16, action: hashmod, target_label: shard}
  - {regex: "R(.*)", action: labelmap, replacement: "r$1"}
  - {regex: Rack, action: labeldrop}
  metric_relabel_configs:
  - {source_labels: [__name__], regex: "go_.*|process_.*|promhttp_.*", action: drop}
  - {source_labels: [device], regex: "lo|veth.*", action: drop}
  - {source_labels: [mode], action: uppercase, target_label: mode}
  - {source_labels: [__name__, cpu], separator: "@", regex: "node_cpu_seconds_total@(.*)", target_label: core, replacement: "core-$1"}
- job_name: page
  honor_labels: false
  params: {module: [fast, ignored]}
  static_configs: [{targets: ["${page}"]}]
  metric_relabel_configs:
  - {source_labels: [path], regex: "/a/(.+)", target_label: id}
  - {regex: path, action: labeldrop}
  - {source_labels: [__name__], regex: secret, action: drop}
  - {source_labels: [__name__], regex: unlabelled, target_label: __name__, replacement: renamed}
  - {source_labels: [Code], action: lowercase, target_label: code}
- job_name: honored
  honor_labels: true
  static_configs: [{targets: ["${page}"]}]
- job_name: picked
  static_configs: [{targets: ["${page}", "127.0.0.1:1"]}]
  relabel_configs:
  - {source_labels: [__address__], regex: "127.0.0.1:1", action: drop}
  - {source_labels: [__address__], target_label: __param_module}
  - {target_label: instance, replacement: fixed}
  metric_relabel_configs:
  - {source_labels: [__name__], regex: "asked|up|named", action: keep}
  - {regex: "__name__|module|instance|job|path", action: labelkeep}
`;

interface Targets {
  data: { activeTargets: Record<string, unknown>[] };
}

/** Every label set that the server has of the scrape jobs now, in order. */
async function seriesOf(url: string): Promise<string[]> {
  const query = encodeURIComponent('{job=~"machines|page|honored|picked|theirs|older"}');
  const response = await fetch(`${url}/api/v1/query?query=${query}`);
  const { data } = (await response.json()) as {
    data: { result: { metric: Record<string, string> }[] };
  };
  return data.result
    .map(({ metric }) =>
      JSON.stringify(Object.entries(metric).toSorted(([a], [b]) => (a < b ? -1 : 1))),
    )
    .toSorted();
}

async function targetsOf(url: string): Promise<Record<string, unknown>[]> {
  const { data } = (await (await fetch(`${url}/api/v1/targets?state=active`)).json()) as Targets;
  return data.activeTargets
    .map(
      ({
        discoveredLabels,
        labels,
        scrapePool,
        scrapeUrl,
        scrapeInterval,
        scrapeTimeout,
        health,
      }) => ({
        discoveredLabels,
        labels,
        scrapePool,
        scrapeUrl,
        scrapeInterval,
        scrapeTimeout,
        health,
      }),
    )
    .toSorted((a, b) => (String(a.scrapePool) < String(b.scrapePool) ? -1 : 1));
}

describe.skipIf(skipped)("relabelling beside a real Prometheus", () => {
  it("gives the same targets and the same series", { timeout: 120_000 }, async () => {
    const page = await startPage();
    const node = await startPeer(
      nodeExporter ?? "",
      (address) => [`--web.listen-address=${address}`],
      "/metrics",
    );
    const file = join(directory, "prometheus.yml");
    writeFileSync(file, configOf(page, node));
    const theirs = await startPeer(
      prometheus ?? "",
      (address) => [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(directory, "tsdb")}`,
        `--web.listen-address=${address}`,
      ],
      "/-/ready",
    );
    const product = await startProduct({
      dataDir: join(directory, "data"),
      args: ["--config", file],
    });
    cleanups.push(() => product.kill());
    const isComplete = (targets: Record<string, unknown>[]): boolean =>
      targets.length === 4 && targets.every(({ health }) => health === "up");
    const [expectedTargets, targets] = await Promise.all([
      until(() => targetsOf(`http://${theirs}`), isComplete),
      until(() => targetsOf(product.url), isComplete),
    ]);
    expect(targets).toEqual(expectedTargets);

    // Both may be between two scrapes of a node whose series come and go.
    const [expected, series] = await until(
      () => Promise.all([seriesOf(`http://${theirs}`), seriesOf(product.url)]),
      ([a, b]) => a.length > 300 && a.length === b.length && a.join() === b.join(),
    ).catch(() => Promise.all([seriesOf(`http://${theirs}`), seriesOf(product.url)]));
    const onlyIn = (a: string[], b: string[]): string[] => a.filter((one) => !b.includes(one));
    expect({ missing: onlyIn(expected, series), extra: onlyIn(series, expected) }).toEqual({
      missing: [],
      extra: [],
    });
    expect(series.length).toBeGreaterThan(300);
  });
});
