import { globSync } from "node:fs";
import { dirname, isAbsolute, join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";

import { Engine, Labels } from "@fleetlight/promql";

import { readRuleFile, type RuleFile } from "#config";
import { badRequest, describeError, formatDuration } from "#lib";

import { compareAlerts, compareSamples, named } from "./compare.ts";
import { readTestFile } from "./read-file.ts";
import { RuleRunner, type Evaluated } from "./rule-runner.ts";
import { TestStorage } from "./test-storage.ts";
import type {
  AlertTest,
  ExpectedSample,
  QueryTest,
  TestFailure,
  TestFile,
  TestFileResult,
  TestGroup,
  TestResult,
} from "./types.ts";

/** Most evaluations of one test: a year by the minute. */
const MAX_EVALUATIONS = 525_600;

export interface RunOptions {
  /** Only tests whose name matches. */
  only?: RegExp | undefined;
  /** Told of every evaluation of a rule. */
  onEvaluated?: ((evaluated: Evaluated) => void) | undefined;
  /** Milliseconds of a clock that never goes back. */
  monotonicMs?: () => number;
}

/** Reads the rule files of a test file; a pattern that fits none is a warning. @throws ConfigError */
function rulesOf({ path, ruleFiles }: TestFile): { rules: RuleFile[]; warnings: string[] } {
  const warnings: string[] = [];
  const paths = ruleFiles.flatMap((pattern) => {
    const full = isAbsolute(pattern) ? pattern : join(dirname(path), pattern);
    const found = globSync(full).toSorted();
    if (found.length === 0) warnings.push(`no file matches pattern ${full}`);
    return found;
  });
  return { rules: paths.map((one) => readRuleFile(one)), warnings };
}

/** One test: its series, its rules, and what has come of them so far. */
class TestRun {
  private readonly group: TestGroup;
  private readonly file: TestFile;
  private readonly storage: TestStorage;
  private readonly engine: Engine;
  private readonly runner: RuleRunner;
  private readonly failures: TestFailure[] = [];

  constructor(group: TestGroup, file: TestFile, rules: readonly RuleFile[], options: RunOptions) {
    this.group = group;
    this.file = file;
    this.storage = new TestStorage(group.series, group.startMs, group.intervalMs);
    this.engine = new Engine({ subqueryStepMs: file.evaluationIntervalMs });
    this.runner = new RuleRunner(rules, file.groupOrder, {
      engine: this.engine,
      storage: this.storage,
      externalLabels: group.externalLabels,
      externalUrl: group.externalUrl,
      onEvaluated: options.onEvaluated,
    });
  }

  /** @throws FleetlightError when the test itself is wrong. */
  async run(): Promise<TestFailure[]> {
    const { evaluationIntervalMs: stepMs } = this.file;
    const { alertTests, queryTests, startMs } = this.group;
    const nameless = alertTests.find(({ alertName }) => alertName === "");
    if (nameless)
      throw badRequest(
        `an item under alert_rule_test misses required attribute alertname at eval_time ${formatDuration(nameless.evalMs)}`,
      );
    const lastMs = Math.max(0, ...[...alertTests, ...queryTests].map(({ evalMs }) => evalMs));
    if (lastMs / stepMs > MAX_EVALUATIONS)
      throw badRequest(`a test evaluates its rules at most ${MAX_EVALUATIONS} times`);
    const waiting = alertTests.toSorted((a, b) => a.evalMs - b.evalMs);
    for (let atMs = 0; atMs <= lastMs; atMs += stepMs) {
      this.storage.nowMs = startMs + atMs;
      const problems = await this.runner.evaluate(startMs + atMs);
      if (problems.length > 0) {
        this.failures.push({ about: `evaluation at ${formatDuration(atMs)}`, details: problems });
        return this.failures;
      }
      while ((waiting[0]?.evalMs ?? Infinity) < atMs + stepMs) this.checkAlerts(waiting.shift());
      await nextTurn();
    }
    for (const test of queryTests) await this.checkQuery(test);
    return this.failures;
  }

  private checkAlerts(test: AlertTest | undefined): void {
    if (test === undefined) return;
    const { alertName, evalMs } = test;
    const expected = test.expected.map(({ labels, annotations }) => ({
      labels: named(labels, alertName),
      annotations,
    }));
    const details = compareAlerts(expected, this.runner.firing(alertName));
    if (details.length === 0) return;
    const about = `alertname: ${alertName}, time: ${formatDuration(evalMs)}`;
    this.failures.push({ about, details });
  }

  private async checkQuery(test: QueryTest): Promise<void> {
    const about = `expr: ${JSON.stringify(test.expr)}, time: ${formatDuration(test.evalMs)}`;
    let details: string[];
    try {
      const got = await this.ask(test.expr, this.group.startMs + test.evalMs);
      details = compareSamples(test.expected, got, this.file.isFuzzy);
    } catch (error) {
      details = [describeError(error)];
    }
    if (details.length > 0) this.failures.push({ about, details });
  }

  private async ask(expr: string, timeMs: number): Promise<ExpectedSample[]> {
    const { data } = await this.engine.instant(this.storage, expr, timeMs);
    if (data.kind === "vector") return data.samples;
    if (data.kind === "scalar")
      return [{ labels: Labels.empty, value: data.value, histogram: undefined }];
    throw badRequest("rule result is not a vector or scalar");
  }
}

async function runTest(
  group: TestGroup,
  file: TestFile,
  rules: readonly RuleFile[],
  options: RunOptions,
): Promise<TestResult> {
  const { monotonicMs = () => performance.now() } = options;
  const startedMs = monotonicMs();
  let failures: TestFailure[];
  try {
    failures = await new TestRun(group, file, rules, options).run();
  } catch (error) {
    failures = [{ about: "test", details: [describeError(error)] }];
  }
  return { name: group.name, durationMs: monotonicMs() - startedMs, failures };
}

/** Runs the tests of one file, in the format of `promtool test rules`. Never rejects. */
export async function runTestFile(path: string, options: RunOptions = {}): Promise<TestFileResult> {
  const result: TestFileResult = { path, error: undefined, warnings: [], tests: [] };
  try {
    const file = readTestFile(path);
    const { rules, warnings } = rulesOf(file);
    const tests: TestResult[] = [];
    for (const group of file.tests) {
      if (options.only !== undefined && !options.only.test(group.name)) continue;
      tests.push(await runTest(group, file, rules, options));
    }
    return { ...result, warnings, tests };
  } catch (error) {
    return { ...result, error: describeError(error) };
  }
}
