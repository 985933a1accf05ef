export { formatResult, isPassed, toJunit } from "./report.ts";
export { runTestFile, type RunOptions } from "./run-tests.ts";
export type { Evaluated } from "./rule-runner.ts";
export type { TestFailure, TestFileResult, TestResult } from "./types.ts";
