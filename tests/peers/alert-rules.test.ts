import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { findPeer } from "../peer.ts";
import { startProduct, type Product } from "../support/product.ts";

const prometheus = findPeer("alert rules beside Prometheus", "prometheus");

const RULES = `groups:
- name: alerts
  interval: 1s
  rules:
  - record: job:load:sum
    expr: sum by (job) (load)
  - alert: High
    expr: load > 10
    labels: {severity: page, load: '{{ $value | printf "%.2f" }}', empty: ""}
    annotations:
      summary: '{{ $labels.host | toUpper }} has {{ $value | humanize }} {{ $labels.none }}'
      all: '{{ with query "sum(load)" }}{{ . | first | value | humanize }}{{ end }}'
      broken: '{{ $labels.host | humanize }}'
  - alert: Waits
    expr: load > 10
    for: 1h
  - alert: Waited
    expr: job:load:sum > 1
    for: 2s
    labels: {team: a}
  - alert: Kept
    expr: pulse == 1
    keep_firing_for: 1h
  - alert: Over
    expr: pulse == 1
  - alert: Absent
    expr: absent(nothing{job="x", path=~"/a.*"})
  - alert: Constant
    expr: vector(1)
  - alert: Scalar
    expr: scalar(count(load))
  - alert: Same
    expr: load > 1
    labels: {host: all}
  - alert: Broken
    expr: load * on (job) load
  - alert: Infinite
    expr: pulse_limit / 0
  - alert: Meta
    expr: count by (alertname) (ALERTS{alertname="Constant", alertstate="firing"}) == 1
- name: limited
  interval: 1s
  limit: 1
  rules:
  - alert: Limited
    expr: load
`;

interface RuleView {
  type: string;
  name: string;
  query: string;
  state?: string;
  duration?: number;
  keepFiringFor?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  alerts?: {
    labels: Record<string, string>;
    annotations: Record<string, string>;
    state: string;
    value: string;
    keepFiringSince?: string;
  }[];
  health: string;
  lastError?: string;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

const byKeys = (one: object): string =>
  JSON.stringify(Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)));

/**
 * Without what is not the same even between two runs of Prometheus, which of two series is named first, and without columns of
 * templates: upstream counts the variables that it puts before each.
 */
const settled = (text: string): string =>
  text.replace(/\[\{.*\}\]/, "[…]").replace(/(__alert_\w+:\d+):\d+/g, "$1");

const settledTexts = (texts: Record<string, string>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(texts)
      .map(([name, text]): [string, string] => [name, settled(text)])
      .toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );

/** What both must say; times are their own affair. */
const comparable = (rule: RuleView) => ({
  type: rule.type,
  name: rule.name,
  query: rule.query,
  state: rule.state,
  duration: rule.duration,
  keepFiringFor: rule.keepFiringFor,
  labels: settledTexts(rule.labels ?? {}),
  annotations: settledTexts(rule.annotations ?? {}),
  health: rule.health,
  lastError: settled(rule.lastError ?? ""),
  alerts: rule.alerts
    ?.map(({ labels, annotations, state, value, keepFiringSince }) => ({
      labels: settledTexts(labels),
      annotations: settledTexts(annotations),
      state,
      value,
      isKept: keepFiringSince !== undefined && !keepFiringSince.startsWith("0001"),
    }))
    .toSorted((a, b) => (byKeys(a.labels) < byKeys(b.labels) ? -1 : 1)),
});

type Rules = Record<string, ReturnType<typeof comparable>>;

async function rulesOf(url: string): Promise<Rules> {
  const answer = await fetch(`${url}/api/v1/rules`);
  const { data } = (await answer.json()) as { data: { groups: { rules: RuleView[] }[] } };
  const rules = data.groups.flatMap((group) => group.rules.map(comparable));
  return Object.fromEntries(rules.map((rule) => [rule.name, rule]));
}

describe.skipIf(prometheus === undefined)(
  "alert rules in a real Prometheus and in Fleetlight",
  () => {
    let directory = "";
    let product: Product;
    let child: ChildProcess;
    let exporter: Server;
    let theirs = "";
    let pulse = 1;

    beforeAll(async () => {
      directory = mkdtempSync(join(tmpdir(), "fleetlight-alert-rules-"));
      exporter = createHttpServer((_, response) => {
        response.end(
          `load{host="a"} 12.345\nload{host="b"} 4\nload{host="c"} 11\npulse ${pulse}\npulse_limit 1\n`,
        );
      }).listen(0, "127.0.0.1");
      await once(exporter, "listening");
      const rules = join(directory, "rules.yml");
      writeFileSync(rules, RULES);
      const config = join(directory, "fleetlight.yml");
      writeFileSync(
        config,
        "rule_files: [rules.yml]\nalerting: { builtin_rules: false }\nserver: { external_url: 'http://here' }\n",
      );
      product = await startProduct({
        dataDir: join(directory, "data"),
        args: ["--config", config],
      });
      const port = await freePort();
      theirs = `http://127.0.0.1:${port}`;
      const { port: target } = exporter.address() as AddressInfo;
      writeFileSync(
        join(directory, "prometheus.yml"),
        `global: {scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}
rule_files: [rules.yml]
scrape_configs:
- {job_name: load, static_configs: [{targets: ["127.0.0.1:${target}"]}]}
remote_write:
- url: ${product.url}/api/v1/write
  queue_config: {batch_send_deadline: 200ms}
  write_relabel_configs:
  - {source_labels: [__name__], regex: "ALERTS.*|job:.*", action: drop}
`,
      );
      mkdirSync(join(directory, "tsdb"));
      child = spawn(
        prometheus ?? "",
        [
          `--config.file=${join(directory, "prometheus.yml")}`,
          `--storage.tsdb.path=${join(directory, "tsdb")}`,
          `--web.listen-address=127.0.0.1:${port}`,
          "--web.external-url=http://here",
          "--web.route-prefix=/",
        ],
        { stdio: "ignore" },
      );
    }, 90_000);

    afterAll(async () => {
      child?.kill("SIGKILL");
      exporter?.close();
      await product?.stop();
      rmSync(directory, { recursive: true, force: true });
    });

    /** Both, asked until they say the same and `isReached`, or for a minute. */
    async function both(isReached: (rules: Rules) => boolean) {
      const endsAt = Date.now() + 60_000;
      for (;;) {
        const [upstream, ours] = await Promise.all(
          [theirs, product.url].map((url) => rulesOf(url).catch((): Rules => ({}))),
        );
        const isSame = JSON.stringify(upstream) === JSON.stringify(ours);
        if ((isSame && isReached(ours ?? {})) || Date.now() > endsAt) return { upstream, ours };
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    }

    it("are the same: states, labels, texts, values, errors", { timeout: 90_000 }, async () => {
      const { upstream, ours } = await both(
        (rules) =>
          rules["Waited"]?.state === "firing" &&
          rules["Kept"]?.state === "firing" &&
          rules["Meta"]?.state === "firing",
      );
      expect(ours).toEqual(upstream);
      expect(ours?.["Waits"]?.state).toBe("pending");
      expect(ours?.["Same"]?.health).toBe("err");
    });

    it("are the same after a condition ceased", { timeout: 90_000 }, async () => {
      pulse = 0;
      const { upstream, ours } = await both((rules) => rules["Over"]?.state === "inactive");
      expect(ours).toEqual(upstream);
      expect(ours?.["Kept"]?.state).toBe("firing");
    });

    it("shows its alerts where Prometheus does", async () => {
      const alertsOf = async (url: string) => {
        const answer = (await (await fetch(`${url}/api/v1/alerts`)).json()) as {
          data: { alerts: { labels: Record<string, string>; state: string; value: string }[] };
        };
        return answer.data.alerts
          .map(({ labels, state, value }) => byKeys({ ...labels, state, value }))
          .toSorted();
      };
      expect(await alertsOf(product.url)).toEqual(await alertsOf(theirs));
    });
  },
);
