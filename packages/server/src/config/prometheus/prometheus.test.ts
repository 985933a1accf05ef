import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { loadConfig } from "../load.ts";
import { createConfigManager } from "../manager.ts";
import { ConfigError, formatProblem } from "../problems.ts";
import { redactConfig } from "../redact.ts";
import { readRuleFile } from "./rule-file.ts";
import { paceOf } from "./scrape-job.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-prometheus-config-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function write(name: string, text: string): string {
  const file = join(directory, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return file;
}

const load = (text: string) => loadConfig({ file: write("fleet.yaml", text), env: {} });

/** Every problem as it is shown, without the directory; empty when there is none. */
function problemsOf(action: () => unknown): string[] {
  try {
    action();
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.problems.map((one) => formatProblem(one).replaceAll(`${directory}/`, ""));
  }
}

const problems = (text: string): string[] => problemsOf(() => load(text));
const job = (text: string): string => `scrape_configs:\n- job_name: a\n  ${text}\n`;

describe("scrape_configs", () => {
  it("have Prometheus' defaults", () => {
    const { scrapeJobs, config } = load("scrape_configs: [{job_name: a}]\n");
    expect(scrapeJobs).toMatchObject([
      {
        job_name: "a",
        metrics_path: "/metrics",
        scheme: "http",
        honor_labels: false,
        honor_timestamps: true,
        follow_redirects: true,
        enable_compression: true,
        sample_limit: 0,
        relabel_configs: [],
      },
    ]);
    expect(config.global).toMatchObject({
      scrape_interval: 60_000,
      evaluation_interval: 60_000,
      rule_query_offset: 0,
      external_labels: {},
    });
  });

  it.each<[string, string, { intervalMs: number; timeoutMs: number }]>([
    ["{}", "{}", { intervalMs: 60_000, timeoutMs: 10_000 }],
    ["{scrape_interval: 5s}", "{}", { intervalMs: 5000, timeoutMs: 5000 }],
    [
      "{scrape_interval: 30s, scrape_timeout: 20s}",
      "{}",
      { intervalMs: 30_000, timeoutMs: 20_000 },
    ],
    ["{scrape_timeout: 20s}", "{scrape_interval: 15s}", { intervalMs: 15_000, timeoutMs: 15_000 }],
    [
      "{}",
      "{scrape_interval: 1m30s, scrape_timeout: 1m}",
      { intervalMs: 90_000, timeoutMs: 60_000 },
    ],
  ])("with global %s and a job %s have this pace", (global, changes, expected) => {
    const { config, scrapeJobs } = load(
      `global: ${global}\nscrape_configs: [{job_name: a, ${changes.slice(1)}]\n`,
    );
    const [first] = scrapeJobs;
    expect(first && paceOf(first, config.global)).toEqual(expected);
  });

  it("take numbers and booleans for texts", () => {
    const { scrapeJobs } = load(
      job("static_configs: [{targets: ['h:1'], labels: {zone: 1, on: true}}]\n  params: {v: [2]}"),
    );
    expect(scrapeJobs[0]?.static_configs[0]?.labels).toEqual({ zone: "1", on: "true" });
    expect(scrapeJobs[0]?.params).toEqual({ v: ["2"] });
  });

  it.each<[string, string]>([
    [
      "scrape_intervall: 5s",
      'fleet.yaml:3:3: scrape_configs[0].scrape_intervall: unknown key "scrape_intervall"; did you mean "scrape_interval"?',
    ],
    [
      "kubernetes_sd_configs: []",
      "fleet.yaml:3:3: scrape_configs[0].kubernetes_sd_configs: unknown key",
    ],
    [
      "static_configs: [{targets: ['http://h:1/']}]",
      'static_configs[0].targets[0]: "http://h:1/" is not a valid hostname',
    ],
    [
      "scrape_timeout: 2m",
      "scrape timeout greater than scrape interval (1m) for scrape config with job name",
    ],
    [
      "{scrape_interval: 1s, scrape_timeout: 2s}".slice(1, -1).replace(", ", "\n  "),
      "2s is longer than the job's scrape_interval (1s)",
    ],
    [
      "basic_auth: {username: u, password: a, password_file: b}",
      "at most one of basic_auth password & password_file must be configured",
    ],
    [
      "basic_auth: {username: u}\n  bearer_token: x",
      "at most one of basic_auth, authorization, bearer_token",
    ],
    ["authorization: {type: Basic}", 'authorization type cannot be set to "basic"'],
    ["tls_config: {cert_file: x}", "exactly one of key or key_file must be configured"],
    ["tls_config: {ca: x, ca_file: y}", "at most one of ca and ca_file must be configured"],
    ["file_sd_configs: [{files: [targets.txt]}]", "path name is not valid for file discovery"],
    ["dns_sd_configs: [{names: [a], type: A}]", "a port is required in DNS-SD configs"],
    ["http_sd_configs: [{url: 'ftp://x/'}]", "expected a URL that starts with http:// or https://"],
    [
      "relabel_configs: [{regex: '(a', target_label: b}]",
      "syntax: error parsing regexp: missing closing ): `(a`",
    ],
    ["scheme: gopher", 'scrape_configs[0].scheme: expected one of "http"|"https"'],
  ])("with %s are refused with place and reason", (text, expected) => {
    const found = problems(job(text));
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^fleet\.yaml:3:\d+: |^fleet\.yaml:4:\d+: /);
    expect(found[0]).toContain(expected);
  });

  it("take URLs as targets when relabelling makes addresses of them", () => {
    const text =
      "static_configs: [{targets: ['https://example.org']}]\n  relabel_configs: [{target_label: __address__, replacement: 'prober:9115'}]";
    expect(problems(job(text))).toEqual([]);
  });

  it("have different names", () => {
    expect(problems("scrape_configs: [{job_name: a}, {job_name: a}]\n")).toEqual([
      'fleet.yaml:1:44: scrape_configs[1].job_name: found multiple scrape configs with job name "a"',
    ]);
  });

  it("have paths relative to the file", () => {
    const { scrapeJobs } = load(
      job(
        "file_sd_configs: [{files: [t/*.json]}]\n  tls_config: {ca_file: ca.pem}\n  basic_auth: {username: u, password_file: /abs}",
      ),
    );
    expect(scrapeJobs[0]?.file_sd_configs[0]?.files).toEqual([join(directory, "t/*.json")]);
    expect(scrapeJobs[0]?.tls_config?.ca_file).toBe(join(directory, "ca.pem"));
    expect(scrapeJobs[0]?.basic_auth?.password_file).toBe("/abs");
  });

  it("are printed without their secrets", () => {
    const { config } = load(
      `scrape_configs:
- {job_name: a, basic_auth: {username: u, password: SECRET}}
- {job_name: b, authorization: {credentials: SECRET}, proxy_url: "http://u:SECRET@p/"}
- {job_name: c, bearer_token: SECRET, tls_config: {cert: x, key: SECRET}}
- {job_name: d, http_sd_configs: [{url: "http://u:SECRET@sd/?t=SECRET", bearer_token: SECRET}]}
`,
    );
    expect(JSON.stringify(redactConfig(config))).not.toContain("SECRET");
  });
});

describe("scrape_config_files", () => {
  it("add their jobs, with paths relative to themselves", () => {
    write("jobs/a.yml", "scrape_configs: [{job_name: b, basic_auth: {password_file: pw}}]\n");
    write("jobs/b.yml", "scrape_configs: [{job_name: c}]\n");
    const { scrapeJobs, config } = load(`${job("")}scrape_config_files: [jobs/*.yml]\n`);
    expect(scrapeJobs.map(({ job_name }) => job_name)).toEqual(["a", "b", "c"]);
    expect(scrapeJobs[1]?.basic_auth?.password_file).toBe(join(directory, "jobs/pw"));
    expect(config.scrape_configs).toHaveLength(1);
  });

  it("are refused with their own lines", () => {
    write("jobs/a.yml", "scrape_configs:\n- job_name: a\n- job_name: b\n  scheme: ftp\n");
    expect(problems("scrape_config_files: [jobs/a.yml]\n")).toEqual([
      expect.stringMatching(/^jobs\/a\.yml:4:11: scrape_configs\[1\]\.scheme: /),
    ]);
    write("jobs/a.yml", "scrape_configs: [{job_name: a}]\n");
    expect(problems(`${job("")}scrape_config_files: [jobs/a.yml]\n`)).toEqual([
      expect.stringMatching(/^jobs\/a\.yml:1:\d+: .*found multiple scrape configs/),
    ]);
  });

  it("must exist when they are named without a pattern", () => {
    expect(problems("scrape_config_files: [no.yml, no*.yml]\n")).toEqual([
      expect.stringMatching(
        /^fleet\.yaml:1:23: scrape_config_files\[0\]: .* does not point to an existing file$/,
      ),
    ]);
  });
});

describe("rule files", () => {
  const read = (text: string) => readRuleFile(write("rules.yml", text));
  const group = (rule: string, extra = ""): string =>
    `groups:\n- name: g\n${extra}  rules:\n  - ${rule.replaceAll("\n", "\n    ")}\n`;

  it("give groups with canonical expressions and merged labels", () => {
    const { groups } = read(
      `groups:
- name: g
  interval: 20s
  limit: 3
  query_offset: 10s
  labels: {team: a, tier: x}
  rules:
  - {record: "a:b", expr: "sum  by(job)(x )", labels: {tier: y}}
  - {alert: A, expr: up == 0, for: 5m, keep_firing_for: 1m, annotations: {summary: "{{ $value }}"}}
- {name: empty}
`,
    );
    expect(groups).toEqual([
      {
        name: "g",
        intervalMs: 20_000,
        queryOffsetMs: 10_000,
        limit: 3,
        rules: [
          {
            kind: "recording",
            name: "a:b",
            query: "sum by (job) (x)",
            labels: { team: "a", tier: "y" },
          },
          {
            kind: "alerting",
            name: "A",
            query: "up == 0",
            labels: { team: "a", tier: "x" },
            forMs: 300_000,
            keepFiringForMs: 60_000,
            annotations: { summary: "{{ $value }}" },
          },
        ],
      },
      { name: "empty", intervalMs: undefined, queryOffsetMs: undefined, limit: 0, rules: [] },
    ]);
  });

  it.each<[string, string]>([
    [
      group("record: a\nexpr: sum("),
      'rules.yml:5:11: groups[0].rules[0].expr: group "g", rule 1, "a": could not parse expression: 1:5: parse error',
    ],
    [group("record: a\nalert: b\nexpr: x"), "only one of 'record' and 'alert' must be set"],
    [group("expr: x"), "one of 'record' or 'alert' must be set"],
    [group("record: a"), "field 'expr' must be set in rule"],
    [group("record: a\nexpr: x\nfor: 5m"), "invalid field 'for' in recording rule"],
    [
      group("record: a\nexpr: x\nannotations: {a: b}"),
      "invalid field 'annotations' in recording rule",
    ],
    [
      group("record: a\nexpr: x\nkeep_firing_for: 5m"),
      "invalid field 'keep_firing_for' in recording rule",
    ],
    [group("record: 'a{b=\"c\"}'\nexpr: x"), "invalid recording rule name"],
    [group("record: a\nexpr: x\nlabels: {__name__: b}"), "invalid label name: __name__"],
    [group("record: a\nexpr: x\nexprr: y"), 'unknown key "exprr"; did you mean "expr"?'],
    [group("record: a\nexpr: x", "  interval: never\n"), "groups[0].interval"],
    ["groups: [{name: ''}]\n", "Groupname must not be empty"],
    ["groups: [{name: a}, {name: a}]\n", 'groupname: "a" is repeated in the same file'],
    ["groups: {}\n", "groups: expected array"],
    ["groups: [\n", "rules.yml:"],
  ])("are refused with the place of what is wrong: %j", (text, expected) => {
    const found = problemsOf(() => read(text));
    expect(found.join("\n")).toContain(expected);
    expect(found[0]).toMatch(/^rules\.yml:\d+:\d+: /);
  });

  it("that are shipped are right", () => {
    const shipped = fileURLToPath(
      new URL("../../../../../profiles/recording-rules/fleet.yml", import.meta.url),
    );
    expect(readRuleFile(shipped).groups.map(({ rules }) => rules.length)).toEqual([4, 4]);
  });

  it("are taken with the configuration or refuse it as a whole", async () => {
    const rules = write("rules/a.yml", group("record: a\nexpr: x"));
    const file = write("fleet.yaml", "rule_files: [rules/*.yml]\n");
    const manager = createConfigManager({ file, env: {} });
    const names = () => manager.ruleFiles()[0]?.groups[0]?.rules.map(({ name }) => name);
    expect(names()).toEqual(["a"]);
    const [read] = manager.ruleFiles();
    await manager.reload();
    expect(manager.ruleFiles()[0]).toBe(read);

    write("rules/a.yml", group("record: b\nexpr: x"));
    expect(await manager.reload()).toEqual({
      ok: true,
      changed: ["rule_files"],
      restart_needed: [],
    });
    expect(names()).toEqual(["b"]);

    write("rules/a.yml", group("record: c\nexpr: )"));
    expect(await manager.reload()).toMatchObject({ ok: false });
    expect(manager.status().error).toContain(`${rules}:5:`);
    expect(names()).toEqual(["b"]);
  });
});
