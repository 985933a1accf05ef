import { execFile, execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { findPeer } from "../../../tests/peer.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));
const promtool = findPeer("generated configurations of Prometheus", "promtool");

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-generate-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the real command. */
const run = (args: string[], env: Record<string, string> = {}) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const all = { PATH: process.env["PATH"], HOME: directory, ...env };
    execFile(
      process.execPath,
      [MAIN, "generate", ...args],
      { cwd: directory, env: all },
      (error, stdout, stderr) =>
        resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });

const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);

const FLEET = `server: {port: 18777}
services:
  - {id: a, name: A, url: "http://10.0.0.1:8001/base", labels: {team: x, __hidden: y}, scrape: {interval_seconds: 1.5}}
  - {id: b, name: B, url: "https://h", metrics_endpoint: "/m?format=prom", scrape: {honor_labels: true}}
  - {id: c, name: C, url: "http://h2/", check: {mode: heartbeat}}
  - {id: d, name: D, url: "http://u:p@[::1]/"}
global: {external_labels: {region: eu}}
rule_files: [rules.yml]
scrape_configs:
  - job_name: node
    scrape_interval: 30
    basic_auth: {username: u, password: secret}
    static_configs: [{targets: ["h:9100"]}]
scrape_config_files: ["more-*.yml"]
`;
const MORE = `scrape_configs:
  - {job_name: more, file_sd_configs: [{files: ["*.json"], refresh_interval: 1.5m}]}
`;

function writeFleet(): void {
  write("fleet.yaml", FLEET);
  write("more-1.yml", MORE);
  write("rules.yml", "groups: [{name: g, rules: [{record: 'a:b', expr: sum(x)}]}]\n");
  write("list.json", "[]");
  write("token", "secret");
}

describe("fleetlight generate prometheus", () => {
  const offline = ["prometheus", "-c", "fleet.yaml", "--offline", "--token-file", "token"];

  it("scrapes every service of the configuration, every job, and Fleetlight", async () => {
    writeFleet();
    const { code, stdout, stderr } = await run(offline);
    expect(code, stderr).toBe(0);
    const jobs = [...stdout.matchAll(/job_name: (.*)/g)].map(([, name]) => name);
    expect(jobs).toEqual([
      "fleetlight",
      "fleetlight_services",
      "fleetlight_services_honored",
      "node",
      "more",
    ]);
    const targets = [...stdout.matchAll(/ - "?(\S+:\d+)"?\n/g)].map(([, target]) => target);
    expect(targets).toEqual(["127.0.0.1:18777", "10.0.0.1:8001", "[::1]:80", "h:443", "h:9100"]);
    for (const expected of [
      /region: eu/,
      /rules\.yml/,
      /team: x\n +service: a\n +__scheme__: http\n +__metrics_path__: \/base\/metrics\n +__scrape_interval__: 1s500ms/,
      /__scheme__: https\n +__metrics_path__: \/m\n +__param_format: prom\n/,
      /scrape_interval: 30s/,
      /password: secret/,
      /refresh_interval: 1m30s/,
    ])
      expect(stdout).toMatch(expected);
    expect(stdout).not.toMatch(/hidden|remote_write|u:p/);
    expect(stderr).toBe(
      "note: service d: the password in its URL is left out; add basic_auth to its job\n",
    );
  });

  it.skipIf(promtool === undefined)("is what promtool takes", async () => {
    writeFleet();
    for (const more of [[], ["--remote-write"], ["--remote-write", "--tenant", "team-a"]]) {
      const { code, stderr } = await run([...offline, ...more, "-f", "-o", "prometheus.yml"]);
      expect(code, stderr).toBe(0);
      const said = execFileSync(promtool ?? "", ["check", "config", "prometheus.yml"], {
        cwd: directory,
        encoding: "utf8",
        timeout: 60_000,
      });
      expect(said).toContain("prometheus.yml is valid prometheus config file syntax");
    }
    const file = join(directory, "prometheus.yml");
    expect(statSync(file).mode & 0o077).toBe(0);
    expect(readFileSync(file, "utf8")).toMatch(
      /remote_write:\n +- url: http:\/\/127\.0\.0\.1:18777\/api\/v1\/write\n +authorization:\n +credentials_file: token\n +headers:\n +X-Scope-OrgID: team-a\n/,
    );
  });

  it("asks the running server for services that came to it in other ways", async () => {
    let asked: unknown;
    const server = createServer((request, response) => {
      const { authorization, "x-scope-orgid": tenant } = request.headers;
      asked = { path: request.url, authorization, tenant };
      response.end(
        JSON.stringify({
          services: [{ id: "seen", url: "http://10.9.9.9:1", metrics_endpoint: "/m", labels: {} }],
          count: 1,
        }),
      );
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const { code, stdout, stderr } = await run(["prometheus", "--url", url, "--tenant", "t1"], {
      FLEETLIGHT_TOKEN: "let-me-in",
    });
    server.close();
    expect(code, stderr).toBe(0);
    expect(asked).toEqual({
      path: "/api/v1/services",
      authorization: "Bearer let-me-in",
      tenant: "t1",
    });
    expect(stdout).toMatch(/- 10\.9\.9\.9:1\n/);
    expect(stdout).not.toContain("let-me-in");
  });

  it("says what to do when no server answers, and writes nothing", async () => {
    const { code, stderr } = await run([
      "prometheus",
      "--url",
      "http://127.0.0.1:1",
      "-o",
      "p.yml",
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/cannot ask http:\/\/127\.0\.0\.1:1\/api\/v1\/services.*--offline/);
    expect(existsSync(join(directory, "p.yml"))).toBe(false);
  });
});

describe("fleetlight generate grafana", () => {
  it("points at the server, with tenant and token where there are any", async () => {
    write("fleet.yaml", FLEET.replace(/(rule_files|scrape_config_files).*\n/g, ""));
    const plain = await run(["grafana", "-c", "fleet.yaml"]);
    expect(plain.stdout).toContain("type: prometheus\n");
    expect(plain.stdout).toContain("url: http://127.0.0.1:18777\n");
    expect(plain.stdout).not.toContain("secureJsonData");
    const options = ["--url", "http://fleet:1", "--tenant", "t1", "--token-file", "/run/token"];
    const { stdout } = await run(["grafana", ...options]);
    expect(stdout).toContain("url: http://fleet:1\n");
    expect(stdout).toMatch(
      /httpHeaderName1: X-Scope-OrgID\n +httpHeaderName2: Authorization\n +secureJsonData:\n +httpHeaderValue1: t1\n +httpHeaderValue2: Bearer \$__file\{\/run\/token\}\n/,
    );
  });

  it("is wrong usage without a kind", async () => {
    expect((await run([])).code).toBe(2);
  });
});
