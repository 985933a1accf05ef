import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { ConfigError, loadConfig, readRuleFile } from "@fleetlight/server/config";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { findPeer } from "../peer.ts";

const promtool = findPeer("configuration and rule files of Prometheus", "promtool");

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-promtool-"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Whether promtool takes the file, and what it said. */
function asked(...args: string[]): { taken: boolean; said: string } {
  try {
    const said = execFileSync(promtool ?? "", ["check", ...args], {
      stdio: "pipe",
      timeout: 30_000,
    });
    return { taken: true, said: String(said) };
  } catch (error) {
    const { stdout = "", stderr = "" } = error as { stdout?: Buffer; stderr?: Buffer };
    return { taken: false, said: `${String(stdout)}${String(stderr)}` };
  }
}

/** Whether we take it, and why not. */
function ours(read: () => unknown): { taken: boolean; said: string } {
  try {
    read();
    return { taken: true, said: "" };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { taken: false, said: error.message };
  }
}

const job = (text: string): string => `scrape_configs:\n- job_name: a\n  ${text}\n`;
const relabel = (text: string): string => job(`relabel_configs: [{${text}}]`);

const CONFIGS: [string, boolean][] = [
  ["global: {scrape_interval: 5s}\n", true],
  ["global: {scrape_interval: 5s, scrape_timeout: 10s}\n", false],
  ["global: {scrape_interval: 1h30m, evaluation_interval: 15s, external_labels: {a: b}}\n", true],
  ["global: {scrape_interval: five}\n", false],
  ["global: {scrape_every: 5s}\n", false],
  [job(""), true],
  ["scrape_configs: [{job_name: a}, {job_name: a}]\n", false],
  ["scrape_configs: [{metrics_path: /x}]\n", false],
  [job("scrape_interval: 5s"), true],
  [job("scrape_interval: 5s\n  scrape_timeout: 6s"), false],
  [job("scrape_timeout: 2m"), false],
  [job("static_configs: [{targets: ['h:1', '[::1]:2'], labels: {x: 1}}]"), true],
  [job("static_configs: [{targets: ['http://h:1/m']}]"), false],
  [job("params: {module: [a, b]}"), true],
  [job("params: {module: a}"), false],
  [job("honor_labels: true\n  honor_timestamps: false"), true],
  [job("honor_labels: maybe"), false],
  [job("file_sd_configs: [{files: ['t/*.json', 'x.yml']}]"), true],
  [job("file_sd_configs: [{files: [targets.txt]}]"), false],
  [job("file_sd_configs: [{files: ['*/t.json']}]"), false],
  [job("file_sd_configs: [{}]"), false],
  [job("http_sd_configs: [{url: 'http://h/', refresh_interval: 10s}]"), true],
  [job("http_sd_configs: [{url: 'ftp://h/'}]"), false],
  [job("http_sd_configs: [{}]"), false],
  [job("dns_sd_configs: [{names: [a.b], type: A, port: 9100}]"), true],
  [job("dns_sd_configs: [{names: [a.b], type: A}]"), false],
  [job("dns_sd_configs: [{names: [a.b]}]"), true],
  [job("dns_sd_configs: [{names: []}]"), false],
  [job("basic_auth: {username: u, password: p}"), true],
  [job("basic_auth: {username: u, password: p, password_file: f}"), false],
  [job("basic_auth: {username: u}\n  bearer_token: t"), false],
  [job("authorization: {type: Basic}"), false],
  [job("authorization: {credentials: a}\n  basic_auth: {username: u}"), false],
  [job("tls_config: {server_name: h, insecure_skip_verify: true}"), true],
  [job("sample_limit: 10\n  label_limit: 5\n  target_limit: 7\n  body_size_limit: 10MB"), true],
  [job("sample_limit: -1"), false],
  [job("proxy_url: http://p:3128"), true],
  [job("follow_redirects: false"), true],
  [job("unknown_key: 1"), false],
  [relabel("source_labels: [a], target_label: b"), true],
  [relabel("action: replace"), false],
  [relabel("source_labels: [a], regex: '(', target_label: b"), false],
  [relabel("source_labels: [a], regex: '(?=x)', target_label: b"), false],
  [relabel("source_labels: [a], regex: 'x{1001}', target_label: b"), false],
  [relabel("action: hashmod, source_labels: [a], target_label: b, modulus: 8"), true],
  [relabel("action: hashmod, source_labels: [a], target_label: b"), false],
  [relabel("action: labelmap, regex: '__meta_(.+)'"), true],
  [relabel("action: labelmap, regex: a, replacement: ''"), false],
  [relabel("action: labeldrop, regex: a"), true],
  [relabel("action: labeldrop, regex: a, source_labels: [b]"), false],
  [relabel("action: LabelKeep, regex: a"), true],
  [relabel("action: keepequal, source_labels: [a], target_label: b"), true],
  [relabel("action: dropequal, source_labels: [a], target_label: b, regex: x"), false],
  [relabel("action: lowercase, source_labels: [a], target_label: b"), true],
  [relabel("action: uppercase, source_labels: [a], target_label: b, replacement: x"), false],
  [relabel("action: lowercase, source_labels: [a]"), false],
  [relabel("action: explode"), false],
  ["scrape_configs: {}\n", false],
];

const group = (rule: string, extra = ""): string =>
  `groups:\n- name: g\n${extra}  rules:\n  - ${rule.replaceAll("\n", "\n    ")}\n`;

const RULES: [string, boolean][] = [
  [group("record: a:b\nexpr: sum(x)"), true],
  [group("record: a:b\nexpr: sum("), false],
  [group("record: a:b"), false],
  [group("expr: x"), false],
  [group("record: a\nalert: b\nexpr: x"), false],
  [group("alert: A\nexpr: up == 0\nfor: 5m\nlabels: {severity: page}"), true],
  [group("alert: A\nexpr: up == 0\nfor: soon"), false],
  [group("record: a\nexpr: x\nfor: 5m"), false],
  [group("record: a\nexpr: x\nannotations: {a: b}"), false],
  [group("record: a\nexpr: x\nlabels: {__name__: b}"), false],
  [group("record: a\nexpr: x\nlabels: {b: 1}"), true],
  [group("record: a\nexpr: 1"), true],
  [group("record: a\nexpr: x", "  interval: 30s\n  limit: 10\n"), true],
  [group("record: a\nexpr: x", "  interval: often\n"), false],
  [group("record: a\nexpr: x", "  intervall: 30s\n"), false],
  [group("record: a\nexpr: x\nexprr: y"), false],
  ["groups: []\n", true],
  ["groups: [{name: a}]\n", true],
  ["groups: [{name: ''}]\n", false],
  ["groups: [{name: a}, {name: a}]\n", false],
  ["groups: {}\n", false],
  ["rules: []\n", false],
  ["groups: [\n", false],
];

describe.skipIf(promtool === undefined)("what promtool says of files", () => {
  it.each(CONFIGS)("%j of the configuration: taken is %s", (text, taken) => {
    const file = join(directory, "prometheus.yml");
    writeFileSync(file, text);
    const theirs = asked("config", "--syntax-only", file);
    const own = ours(() => loadConfig({ file, env: {} }));
    expect({ promtool: theirs.taken, fleetlight: own.taken }, theirs.said + own.said).toEqual({
      promtool: taken,
      fleetlight: taken,
    });
  });

  it.each(RULES)("%j of rules: taken is %s", (text, taken) => {
    const file = join(directory, "rules.yml");
    writeFileSync(file, text);
    const theirs = asked("rules", file);
    const own = ours(() => readRuleFile(file));
    expect({ promtool: theirs.taken, fleetlight: own.taken }, theirs.said + own.said).toEqual({
      promtool: taken,
      fleetlight: taken,
    });
  });
});
