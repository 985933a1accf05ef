import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { SCENARIOS } from "@fleetlight/demo";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { SCENARIO_NAMES } from "./program.ts";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

let directory: string;
const started: ReturnType<typeof spawn>[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-cli-"));
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface RunOptions {
  env?: Record<string, string>;
  input?: string;
}

/** Starts the real command. `seen` resolves once standard output matches. */
function start(args: string[], { env = {}, input = "" }: RunOptions = {}) {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory, ...env },
  });
  started.push(child);
  const output = { stdout: "", stderr: "" };
  const waiting: { pattern: RegExp; resolve: (match: RegExpMatchArray) => void }[] = [];
  child.stdout.on("data", (chunk: Buffer) => {
    output.stdout += chunk.toString();
    for (const { pattern, resolve } of waiting) {
      const match = output.stdout.match(pattern);
      if (match) resolve(match);
    }
  });
  child.stderr.on("data", (chunk: Buffer) => (output.stderr += chunk.toString()));
  child.stdin.end(input);
  const ended = new Promise<Ended>((resolve) =>
    child.on("close", (code) => resolve({ code, ...output })),
  );
  const seen = (pattern: RegExp) =>
    new Promise<RegExpMatchArray>((resolve, reject) => {
      const match = output.stdout.match(pattern);
      if (match) resolve(match);
      else waiting.push({ pattern, resolve });
      void ended.then(({ code, stdout, stderr }) =>
        reject(new Error(`ended with ${code}: ${stdout}${stderr}`)),
      );
    });
  return { child, ended, seen };
}

const run = (args: string[], options?: RunOptions): Promise<Ended> => start(args, options).ended;

function write(name: string, text: string): string {
  const file = join(directory, name);
  writeFileSync(file, text);
  return file;
}

describe("help and version", () => {
  it.each([
    [],
    ["serve"],
    ["demo"],
    ["check-config"],
    ["hash-token"],
    ["print-config"],
    ["import"],
    ["check-rules"],
  ])("of `fleetlight %s` exit with 0, with examples", async (...command) => {
    const help = await run([...command, "--help"]);
    expect(help).toMatchObject({ code: 0, stderr: "" });
    expect(help.stdout).toContain("Examples:");
    const { stdout } = await run([...command, "--version"]);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("names the scenarios that there are", async () => {
    expect([...SCENARIO_NAMES]).toEqual([...SCENARIOS]);
    const { stdout } = await run(["demo", "--help"]);
    for (const scenario of SCENARIOS) expect(stdout).toMatch(new RegExp(`^ {2}${scenario} `, "m"));
  });
});

describe("a wrong command line", () => {
  it.each([
    [[], "Usage: fleetlight"],
    [["sevre"], "Did you mean serve?"],
    [["serve", "--prot", "1"], "unknown option '--prot'"],
    [["serve", "--port", "65536"], "Give a port from 0 to 65535."],
    [["serve", "--port"], "argument missing"],
    [["serve", "--log-level", "loud"], "Allowed choices are trace, debug"],
    [["serve", "extra"], "too many arguments"],
    [["check-config"], "missing required argument 'file'"],
    [["demo", "--scenario", "flood"], "Allowed choices are calm, outage, overload"],
  ])("%j exits with 2 and says what is wrong", async (args, message) => {
    const { code, stdout, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(message);
  });
});

describe("check-config", () => {
  it("sums up a configuration that is right", async () => {
    const file = write(
      "fleet.yaml",
      "services: [{id: a, name: A, url: http://a}]\nauth: {tokens: [{name: t, token: short, scopes: [read]}]}\n",
    );
    const { code, stdout } = await run(["check-config", file], {
      env: { FLEETLIGHT_SERVER__PORT: "9000" },
    });
    expect(code).toBe(0);
    expect(stdout).toContain(`${file}: OK`);
    expect(stdout).toContain("http://127.0.0.1:9000");
    expect(stdout).toMatch(/environment +FLEETLIGHT_SERVER__PORT/);
    expect(stdout).toContain("warning: ");
    expect(stdout).not.toContain("short\n");
  });

  it("tells every problem with its place and exits with 1", async () => {
    const file = write("fleet.yaml", "server:\n  prot: 1\nscrape:\n  interval: soon\n");
    const { code, stderr } = await run(["check-config", file]);
    expect(code).toBe(1);
    expect(stderr.trimEnd().split("\n")).toEqual([
      `${file}:2:3: server.prot: unknown key "prot"; did you mean "port"?`,
      expect.stringMatching(/fleet\.yaml:4:13: scrape\.interval: "soon" is not a duration/),
    ]);
  });

  it.each(["alertmanager.yml", "fleet.yaml"])("reads the templates that %s names", async (name) => {
    write("bad.tmpl", '{{ define "a" }}\n{{ .Labels | nosuch }}{{ end }}\n');
    write(
      "alertmanager.yml",
      "templates: ['*.tmpl']\nroute: {receiver: ops}\nreceivers: [{name: ops}]\n",
    );
    write("fleet.yaml", "alerting: {alertmanager_config: alertmanager.yml}\n");
    const { code, stderr } = await run(["check-config", name]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/bad\.tmpl:2:\d+: .*"nosuch" not defined/);
  });

  it("exits with 1 for a file that is not there", async () => {
    expect(await run(["check-config", "no.yaml"])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("no.yaml: cannot be read"),
    });
  });
});

describe("hash-token", () => {
  it("hashes what it is given", async () => {
    const { code, stdout } = await run(["hash-token", "--stdin"], { input: "abc\n" });
    expect(code).toBe(0);
    expect(stdout).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n");
    expect(await run(["hash-token", "--stdin"])).toMatchObject({ code: 1, stdout: "" });
  });

  it("makes a new token each time, whose hash is right", async () => {
    const outputs = await Promise.all([run(["hash-token"]), run(["hash-token"])]);
    const tokens = outputs.map(({ stdout }) => stdout.match(/^token +(\S{43})$/m)?.[1] ?? "");
    expect(new Set(tokens).size).toBe(2);
    const { stdout } = await run(["hash-token", "--stdin"], { input: tokens[0] ?? "" });
    expect(outputs[0]?.stdout).toContain(stdout.trim());
  });
});

describe("print-config", () => {
  it("prints what is in effect without secrets", async () => {
    const file = write(
      "fleet.json",
      '{"storage": {"state_url": "postgres://u:hunter2@h/db"}, "server": {"port": 1}}',
    );
    const { code, stdout } = await run(["print-config", "--port", "3"], {
      env: { FLEETLIGHT_CONFIG: file, METRICS_RETENTION: "100y", PORT: "2" },
    });
    expect(code).toBe(0);
    expect(stdout).not.toContain("hunter2");
    expect(JSON.parse(stdout)).toMatchObject({
      server: { port: 3 },
      storage: { retention: { metrics: "100y" } },
    });
  });
});

describe("serve", () => {
  it("refuses a wrong configuration before it opens anything", async () => {
    const { code, stderr } = await run(["serve", "--host", "0.0.0.0", "--data-dir", "data"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/command line: server\.host: .*auth\.tokens.*auth\.mode: none/);
    expect(existsSync(join(directory, "data"))).toBe(false);
  });

  it("says that it is ready, answers, reloads on SIGHUP, and stops with 0 within five seconds", async () => {
    const file = write("fleet.yaml", "logging: {level: info}\n");
    const { child, ended, seen } = start([
      "serve",
      "-c",
      file,
      "--port",
      "0",
      "--data-dir",
      "data",
    ]);
    const [, url = ""] = await seen(/"url":"(http:\/\/[^ "]+)"[^\n]*"msg":"ready"/);
    expect((await fetch(`${url}/-/ready`)).status).toBe(200);
    write("fleet.yaml", "logging: {level: info}\nscrape: {interval: 20s}\n");
    child.kill("SIGHUP");
    await seen(/"changed":\["scrape\.interval"\]/);
    const asked = performance.now();
    child.kill("SIGTERM");
    expect(await ended).toMatchObject({ code: 0 });
    expect(performance.now() - asked).toBeLessThan(20_000);
  });

  it("says so in words on a pretty log", async () => {
    const { child, ended, seen } = start(["serve", "--port", "0", "--data-dir", "data"], {
      env: { FLEETLIGHT_LOGGING__FORMAT: "pretty" },
    });
    await seen(/^Fleetlight is ready: http:\/\/127\.0\.0\.1:\d+$/m);
    child.kill("SIGINT");
    expect((await ended).code).toBe(0);
  });

  it("names a port that is in use, and what to do", async () => {
    const blocker = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => blocker.once("listening", resolve));
    const { port } = blocker.address() as AddressInfo;
    const { code, stderr } = await run(["serve", "--port", String(port), "--data-dir", "data"]);
    blocker.close();
    expect(code).toBe(1);
    expect(stderr).toBe(
      `fleetlight: cannot listen on 127.0.0.1:${port}: another program listens there; choose another port with --port\n`,
    );
  });
});

describe("demo", () => {
  it("shows a fleet at work and stops everything on Ctrl-C", { timeout: 120_000 }, async () => {
    const { child, ended, seen } = start([
      "demo",
      "--scenario",
      "calm",
      "--port",
      "0",
      "--data-dir",
      "data",
    ]);
    const [, url = ""] = await seen(/Fleetlight is ready: (http:\/\/[^ "\n]+)/);
    const count = async () => {
      const response = await fetch(`${url}/api/v1/services`);
      return ((await response.json()) as { count: number }).count;
    };
    await expect.poll(count, { timeout: 30_000, interval: 100 }).toBe(12);
    const asked = performance.now();
    child.kill("SIGINT");
    const { code, stdout } = await ended;
    expect(performance.now() - asked).toBeLessThan(20_000);
    expect(code).toBe(0);
    expect(stdout).toContain("Everything has stopped.");
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });
});
