import { writeFileSync } from "node:fs";

import {
  formatResult,
  isPassed,
  runTestFile,
  toJunit,
  type Evaluated,
  type TestFileResult,
} from "@fleetlight/server/rule-tests";

export interface TestRulesOptions {
  junit?: string;
  debug?: boolean;
  run?: RegExp;
}

const showEvaluated = ({ atMs, group, rule, samples }: Evaluated): void => {
  process.stderr.write(
    `DEBUG: ${atMs / 1000} s: group ${group}, rule ${rule}: ${samples} samples\n`,
  );
};

/**
 * Runs files of rule tests and tells about each as `promtool test rules` does.
 * @returns the exit code: 0 when all is as expected, 1 when something is not.
 */
export async function testRules(
  files: readonly string[],
  { junit, debug = false, run }: TestRulesOptions,
): Promise<number> {
  const results: TestFileResult[] = [];
  for (const file of files) {
    const result = await runTestFile(file, {
      only: run,
      onEvaluated: debug ? showEvaluated : undefined,
    });
    results.push(result);
    const stream = isPassed(result) ? process.stdout : process.stderr;
    stream.write(`${formatResult(result)}\n`);
  }
  if (junit !== undefined) writeFileSync(junit, toJunit(results));
  return results.every(isPassed) ? 0 : 1;
}
