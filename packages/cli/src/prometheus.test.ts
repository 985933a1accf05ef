import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-import-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the real command. */
const run = (...args: string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const env = { PATH: process.env["PATH"], HOME: directory };
    execFile(process.execPath, [MAIN, ...args], { cwd: directory, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });

const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);

const GOOD = `# ours
global:
  scrape_interval: 30s
rule_files: [rules.yml]
scrape_configs:
  - job_name: node # every host
    static_configs: [{targets: ["h:9100"]}]
    authorization: {credentials_file: token}
`;
const RULES = `groups:
- name: g
  rules:
  - {record: "a:b", expr: sum(x)}
`;

describe("fleetlight import", () => {
  it("writes what it takes, with comments, to standard output", async () => {
    write("prometheus.yml", GOOD);
    write("rules.yml", RULES);
    const { code, stdout, stderr } = await run("import", "prometheus.yml");
    expect(code).toBe(0);
    expect(stdout).toContain("# ours");
    expect(stdout).toContain("job_name: node # every host");
    expect(stderr).toContain('prometheus.yml:6: scrape_configs[0]: job "node"');
    expect(stderr).not.toContain("not supported");
  });

  it("writes a file that serve takes, and that others can not read", async () => {
    write("prometheus.yml", GOOD);
    write("rules.yml", RULES);
    mkdirSync(join(directory, "new"));
    const { code, stdout } = await run("import", "prometheus.yml", "-o", "new/fleetlight.yaml");
    expect(code, stdout).toBe(0);
    const file = join(directory, "new/fleetlight.yaml");
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(readFileSync(file, "utf8")).toContain(join(directory, "rules.yml"));
    const check = await run("check-config", "new/fleetlight.yaml");
    expect(check.stdout).toMatch(/scrape jobs +1\n +rule files +1, with 1 rule\n/);
    expect(check.code).toBe(0);
  });

  it("names what it leaves out, with line and reason", async () => {
    write(
      "prometheus.yml",
      `${GOOD}    kubernetes_sd_configs: [{role: pod}]
    enable_http2: true
alerting: {alertmanagers: [{static_configs: [{targets: ["am:9093"]}], consul_sd_configs: [{}]}]}
remote_write: [{url: "http://x/"}]
no_such_thing: 1
`,
    );
    write("rules.yml", `${RULES}  - {alert: A, expr: up == 0}\n`);
    const { code, stdout, stderr } = await run("import", "prometheus.yml");
    expect(code).toBe(2);
    for (const gone of ["kubernetes", "enable_http2", "consul", "remote_write", "no_such"])
      expect(stdout).not.toContain(gone);
    expect(stderr).toMatch(/changed:[^]*prometheus.yml:10: scrape_configs\[0\].enable_http2: /);
    expect(stderr).toMatch(/not supported:[^]*yml:9: scrape_configs\[0\].kubernetes_sd_configs: /);
    expect(stdout).toContain("am:9093");
    expect(stderr).toMatch(/yml:11: alerting.alertmanagers\[0\].consul_sd_configs: /);
    expect(stderr).toMatch(/prometheus.yml:11: alerting: alerts are routed and told here/);
    expect(stderr).toMatch(/prometheus.yml:12: remote_write: /);
    expect(stderr).toMatch(/prometheus.yml:13: no_such_thing: Fleetlight has no such setting/);
    expect(stderr).toMatch(/rules.yml: recording rules: 1, alerting rules: 1/);
  });

  it("tells which job has no targets left", async () => {
    write(
      "prometheus.yml",
      `scrape_configs:
- {job_name: pods, kubernetes_sd_configs: [{role: pod}]}
- {job_name: both, ec2_sd_configs: [{}], static_configs: [{targets: [a:1]}]}
- {job_name: none}
`,
    );
    const { code, stderr } = await run("import", "prometheus.yml");
    expect(code).toBe(2);
    expect(stderr.match(/.* has no targets left/g)).toEqual([
      '  prometheus.yml:2: scrape_configs[0]: job "pods" has no targets left',
    ]);
  });

  it("takes the section otlp, and names what it does not know of it", async () => {
    write(
      "prometheus.yml",
      `otlp:
  translation_strategy: NoTranslation
  promote_resource_attributes: [service.version]
  promote_all_resource_attributes: true
`,
    );
    const { code, stdout, stderr } = await run("import", "prometheus.yml");
    expect(code).toBe(2);
    expect(stdout).toMatch(/translation_strategy: NoTranslation\n +promote_resource_attributes: /);
    expect(stdout).not.toContain("promote_all");
    expect(stderr).toContain("prometheus.yml:4: otlp.promote_all_resource_attributes: ");
  });

  it("gives limits of the global section to the jobs", async () => {
    const jobs = "scrape_configs:\n- job_name: a\n- job_name: b\n  sample_limit: 7\n";
    write("prometheus.yml", `global: {sample_limit: 5}\n${jobs}`);
    const { code, stdout } = await run("import", "prometheus.yml");
    expect(code).toBe(0);
    expect(stdout).toMatch(/job_name: a\n +sample_limit: 5\n/);
    expect(stdout).toMatch(/job_name: b\n +sample_limit: 7\n/);
    expect(stdout).not.toMatch(/global:[^]*sample_limit: 5[^]*scrape_configs/);
  });

  it.each<[string, string, RegExp]>([
    ["is no YAML", "a: [", /prometheus\.yml:/],
    ["is a list", "- a", /expected a map/],
    ["has a wrong job", "scrape_configs: [{job_name: a, scheme: ftp}]", /scheme/],
    [
      "has a wrong regular expression",
      "scrape_configs: [{job_name: a, relabel_configs: [{regex: '(', target_label: x}]}]",
      /yml:1:\d+: scrape_configs\[0\]\.relabel_configs\[0\]\.regex: not a regular expression/,
    ],
    ["has a wrong rule file", "rule_files: [bad.yml]", /bad\.yml:4:/],
    [
      "has a job twice",
      "scrape_configs:\n- job_name: a\n- job_name: a\n",
      /yml:3:\d+: scrape_configs\[1\]\.job_name: found multiple scrape configs with job name "a"/,
    ],
    [
      "waits longer for a job than globally allowed",
      "global: {scrape_interval: 5s}\nscrape_configs: [{job_name: a, scrape_timeout: 9s}]",
      /yml:2:\d+: scrape_configs\[0\]\.scrape_timeout: scrape timeout greater than scrape interval \(5s\)/,
    ],
  ])("writes nothing when the file %s", async (_, text, reason) => {
    write("prometheus.yml", text);
    write("bad.yml", "groups:\n- name: g\n  rules:\n  - {record: a, expr: 'sum('}\n");
    const { code, stdout, stderr } = await run("import", "prometheus.yml");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toMatch(reason);
  });

  it("leaves a file that is there already alone", async () => {
    write("prometheus.yml", GOOD.replace("rule_files: [rules.yml]\n", ""));
    write("fleetlight.yaml", "mine");
    const refused = await run("import", "prometheus.yml", "-o", "fleetlight.yaml");
    expect(refused.code).toBe(1);
    expect(readFileSync(join(directory, "fleetlight.yaml"), "utf8")).toBe("mine");
    const forced = await run("import", "prometheus.yml", "-o", "fleetlight.yaml", "--force");
    expect(forced.code).toBe(0);
    expect(readFileSync(join(directory, "fleetlight.yaml"), "utf8")).toContain("job_name: node");
  });

  it("is wrong usage without a file", async () => {
    expect((await run("import")).code).toBe(2);
  });
});

describe("fleetlight check-rules", () => {
  it("counts the rules of good files", async () => {
    write("a.yml", RULES);
    write("b.yml", `${RULES}  - {alert: A, expr: up == 0}\n`);
    const { code, stdout } = await run("check-rules", "a.yml", "b.yml");
    expect(code).toBe(0);
    expect(stdout).toContain("Checking a.yml\n  SUCCESS: 1 rules found\n");
    expect(stdout).toContain("Checking b.yml\n  SUCCESS: 2 rules found\n");
  });

  it("says what is wrong and where, and goes on with the next file", async () => {
    write("bad.yml", RULES.replace("sum(x)", "'sum('"));
    write("good.yml", RULES);
    const { code, stdout, stderr } = await run("check-rules", "bad.yml", "good.yml");
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /FAILED:\nbad\.yml: 4:\d+: group "g", rule 1, "a:b": could not parse expression: 1:5: parse error/,
    );
    expect(stdout).toContain("Checking good.yml\n  SUCCESS: 1 rules found\n");
  });

  it("names rules that are there twice", async () => {
    write("a.yml", `${RULES}  - {record: "a:b", expr: sum(y)}\n`);
    const { code, stderr } = await run("check-rules", "a.yml");
    expect(code).toBe(0);
    expect(stderr).toContain("1 duplicate rule found.\n  a:b\n");
  });

  it("fails for a file that is missing", async () => {
    const { code, stderr } = await run("check-rules", "no.yml");
    expect(code).toBe(1);
    expect(stderr).toContain("cannot be read");
  });
});
