import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

import { findPeer } from "../peer.ts";
import { startProduct, type Product } from "../support/product.ts";

const prometheus = findPeer("a Prometheus that sends us its alerts", "prometheus");
const peer = findPeer(
  "an Alertmanager that is sent our alerts",
  "alertmanager",
  "prometheus-alertmanager",
);

interface Shown {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt: string;
  generatorURL?: string;
  receivers: { name: string }[];
}

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-alertmanager-peer-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const ROUTES = "route: {receiver: team}\nreceivers: [{name: team}]\n";
const QUIET = {
  FLEETLIGHT_HOST__ENABLED: "false",
  FLEETLIGHT_MONITORING__SELF_METRICS: "false",
  FLEETLIGHT_ALERTING__BUILTIN_RULES: "false",
};

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

const write = (name: string, text: string): string => {
  const path = join(directory, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text);
  return path;
};

const alertsAt = async (url: string): Promise<Shown[]> =>
  (await (await fetch(`${url}/api/v2/alerts`)).json()) as Shown[];

const SOON = { timeout: 30_000, interval: 100 };
const untilReady = (url: string): Promise<unknown> =>
  vi.waitFor(async () => expect((await fetch(`${url}/-/ready`)).ok).toBe(true), SOON);

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}

describe.skipIf(prometheus === undefined)("a real Prometheus", () => {
  let product: Product;
  let child: ChildProcess | undefined;
  beforeAll(async () => {
    product = await startProduct({
      dataDir: join(directory, "own"),
      args: ["--alertmanager-config", write("routes.yml", ROUTES)],
      env: QUIET,
    });
    write(
      "rules.yml",
      "groups: [{name: g, rules: [{alert: Watchdog, expr: vector(1), labels: {severity: none}, annotations: {summary: always}}]}]\n",
    );
    const config = write(
      "prometheus.yml",
      `global: {evaluation_interval: 1s, external_labels: {cluster: test}}
rule_files: [rules.yml]
alerting: {alertmanagers: [{static_configs: [{targets: ['${new URL(product.url).host}']}]}]}
`,
    );
    const port = await freePort();
    child = spawn(
      prometheus ?? "",
      [
        `--config.file=${config}`,
        `--storage.tsdb.path=${join(directory, "tsdb")}`,
        // What is sent before it has found us is dropped, and comes again after this.
        "--rules.alert.resend-delay=1s",
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      { stdio: "ignore" },
    );
    await untilReady(`http://127.0.0.1:${port}`);
  }, 60_000);
  afterAll(async () => {
    await end(child);
    await product?.stop();
  });

  it("sends us its alerts", async () => {
    await vi.waitFor(async () => expect(await alertsAt(product.url)).toHaveLength(1), SOON);
    const [alert] = await alertsAt(product.url);
    expect(alert).toMatchObject({
      labels: { alertname: "Watchdog", severity: "none", cluster: "test" },
      annotations: { summary: "always" },
      receivers: [{ name: "team" }],
    });
    expect(alert?.generatorURL).toContain("/graph?g0.expr=vector");
  });
});

describe.skipIf(peer === undefined)("a real Alertmanager", () => {
  let product: Product;
  let child: ChildProcess | undefined;
  let url = "";
  beforeAll(async () => {
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    child = spawn(
      peer ?? "",
      [
        `--config.file=${write("upstream.yml", ROUTES)}`,
        `--storage.path=${join(directory, "am")}`,
        `--web.listen-address=127.0.0.1:${port}`,
        `--web.route-prefix=/am`,
        "--cluster.listen-address=",
      ],
      { stdio: "ignore" },
    );
    await untilReady(`${url}/am`);
    const config = write(
      "fleet.yml",
      `alerting:
  builtin_rules: false
  alertmanagers: [{path_prefix: /am, static_configs: [{targets: ['127.0.0.1:${port}']}]}]
  alert_relabel_configs: [{target_label: from, replacement: fleetlight}]
  rules: {full: {name: Disk full, metric: peer_full, condition: '>', threshold: 1, severity: critical}}
`,
    );
    product = await startProduct({
      dataDir: join(directory, "forwarding"),
      args: ["--config", config],
      env: QUIET,
    });
  }, 60_000);
  afterAll(async () => {
    await product?.stop();
    await end(child);
  });

  /** Sends a sample as any script may. */
  const push = async (value: number): Promise<void> => {
    const answer = await fetch(`${product.url}/metrics/job/peer`, {
      method: "PUT",
      body: `peer_full ${value}\n`,
    });
    expect(answer.ok, await answer.text()).toBe(true);
  };
  const names = async (): Promise<(string | undefined)[]> =>
    (await alertsAt(`${url}/am`)).map(({ labels }) => labels["alertname"]);

  it("is told of our alerts, and when they end", async () => {
    await push(2);
    await vi.waitFor(async () => expect(await names()).toEqual(["Disk full"]), SOON);
    const [alert] = await alertsAt(`${url}/am`);
    expect(alert).toMatchObject({
      labels: { from: "fleetlight", severity: "critical" },
      receivers: [{ name: "team" }],
    });
    await push(0);
    await vi.waitFor(async () => expect(await names()).toEqual([]), SOON);
  });
});
