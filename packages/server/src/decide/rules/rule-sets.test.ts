import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

import { loadConfig } from "#config";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { isPassed, runTestFile } from "../unit-tests/index.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "fleetlight-sets-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const load = (...sets: string[]) => {
  const file = join(directory, "config.yml");
  writeFileSync(file, `alerting: { rule_sets: [${sets.join(", ")}] }\n`);
  return loadConfig({ file, env: {} });
};

describe("the rule sets that come with Fleetlight", () => {
  it.each([
    ["agent-lightning", 8],
    ["tensorfleet", 4],
    ["maos", 9],
    ["agent-hive", 8],
    ["coordination", 6],
  ])("%s is read and does what its tests say", async (set, count) => {
    const { ruleFiles } = load(set);
    expect(ruleFiles.flatMap(({ groups }) => groups.flatMap(({ rules }) => rules))).toHaveLength(
      count,
    );
    const result = await runTestFile(join(dirname(ruleFiles[0]?.path ?? ""), "alerts.test.yml"));
    expect(result, JSON.stringify(result)).toSatisfy(isPassed);
  });

  it("are in force once each, and none that is not there", () => {
    expect(load("maos", "maos", "tensorfleet").ruleFiles).toHaveLength(2);
    expect(() => load("nothing")).toThrow(/rule_sets/);
  });
});
