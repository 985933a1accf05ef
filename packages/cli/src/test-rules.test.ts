import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterEach, beforeEach, describe, expect, it } from "vitest";

const MAIN = fileURLToPath(new URL("main.ts", import.meta.url));

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-test-rules-"));
  write("rules.yml", RULES);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

/** Runs the real command. */
const run = (...args: string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const env = { PATH: process.env["PATH"], HOME: directory };
    const all = [MAIN, "test", "rules", ...args];
    execFile(process.execPath, all, { cwd: directory, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });

const write = (name: string, text: string): void => writeFileSync(join(directory, name), text);

const RULES = `groups:
- name: g
  rules:
  - alert: Down
    expr: up == 0
    annotations: {summary: "{{ $labels.job }} is down"}
`;
const test = (summary: string) => `rule_files: [rules.yml]
tests:
- name: one service
  input_series: [{series: 'up{job="web"}', values: 1 0}]
  alert_rule_test:
  - eval_time: 1m
    alertname: Down
    exp_alerts: [{exp_labels: {job: web}, exp_annotations: {summary: ${summary}}}]
`;

describe("fleetlight test rules", () => {
  it("says that all is as expected", async () => {
    write("good.yml", test("web is down"));
    expect(await run("good.yml")).toEqual({
      code: 0,
      stdout: "Unit testing: good.yml\n  SUCCESS\n\n",
      stderr: "",
    });
  });

  it("fails with what is missing and what came, and writes JUnit", async () => {
    write("good.yml", test("web is down"));
    write("bad.yml", test("all is well"));
    const { code, stdout, stderr } = await run("bad.yml", "good.yml", "--junit", "out.xml");
    expect(code).toBe(1);
    expect(stdout).toContain("Unit testing: good.yml\n  SUCCESS");
    expect(stderr).toContain('- annotations: {summary="all is well"}');
    expect(stderr).toContain('+ annotations: {summary="web is down"}');
    const xml = readFileSync(join(directory, "out.xml"), "utf8");
    expect(xml).toContain('<testsuite name="bad.yml" tests="1" failures="1"');
    expect(xml).toContain('<testsuite name="good.yml" tests="1" failures="0"');
  });

  it("tells of evaluations, and runs the tests that are asked for", async () => {
    write("bad.yml", test("all is well"));
    const other = await run("bad.yml", "--run", "another");
    expect(other.code).toBe(0);
    const { code, stderr } = await run("bad.yml", "--run", "^one", "--debug");
    expect(code).toBe(1);
    expect(stderr).toContain("DEBUG: 60 s: group g, rule Down: 2 samples\n");
  });

  it("is told what is wrong with the command line", async () => {
    expect((await run()).code).toBe(2);
    const { code, stderr } = await run("a.yml", "--run", "(");
    expect(code).toBe(2);
    expect(stderr).toContain("Give a regular expression.");
  });
});
