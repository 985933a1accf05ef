import type { TestFailure, TestFileResult, TestResult } from "./types.ts";

export const isPassed = ({ error, tests }: TestFileResult): boolean =>
  error === undefined && tests.every(({ failures }) => failures.length === 0);

function failureLines(test: TestResult, { about, details }: TestFailure): string[] {
  const name = test.name === "" ? [] : [`    name: ${test.name},`];
  return [...name, `    ${about}`, ...details.map((line) => `        ${line}`), ""];
}

/** What came of a file, for people: lines that begin with `-` are expected and missing, with `+` came instead. */
export function formatResult(result: TestFileResult): string {
  const { path, error, warnings, tests } = result;
  const lines = [`Unit testing: ${path}`, ...warnings.map((warning) => `  WARNING: ${warning}`)];
  if (isPassed(result)) return [...lines, "  SUCCESS", ""].join("\n");
  lines.push("  FAILED:");
  if (error !== undefined) lines.push(...error.split("\n").map((line) => `    ${line}`), "");
  for (const test of tests)
    for (const failure of test.failures) lines.push(...failureLines(test, failure));
  return lines.join("\n");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
  "\t": "&#9;",
  "\r": "&#13;",
};

/** Text of XML; what XML cannot hold at all is replaced. */
const escape = (text: string): string =>
  text
    // oxlint-disable-next-line no-control-regex -- These have no form in XML 1.0.
    .replace(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\uFFFE\uFFFF]|\p{Surrogate}/gu, "\uFFFD")
    .replace(/[&<>"\n\t\r]/g, (char) => ENTITIES[char] ?? char);

const seconds = (ms: number): string => (ms / 1000).toFixed(3);

function testCase(name: string, test: TestResult): string[] {
  const open = `    <testcase name="${escape(name)}" time="${seconds(test.durationMs)}"`;
  if (test.failures.length === 0) return [`${open}/>`];
  const failures = test.failures.map(({ about, details }) => {
    const body = details.map(escape).join("\n");
    return `      <failure message="${escape(about)}">${body}</failure>`;
  });
  return [`${open}>`, ...failures, "    </testcase>"];
}

function suite({ path, error, tests }: TestFileResult): string[] {
  const failed = tests.filter(({ failures }) => failures.length > 0).length;
  const total = tests.reduce((sum, { durationMs }) => sum + durationMs, 0);
  const counts = `tests="${tests.length}" failures="${failed}" errors="${error === undefined ? 0 : 1}"`;
  return [
    `  <testsuite name="${escape(path)}" ${counts} time="${seconds(total)}">`,
    ...tests.flatMap((test, index) => testCase(test.name || `test ${index + 1}`, test)),
    ...(error === undefined
      ? []
      : [`    <testcase name="reading the file"><error message="${escape(error)}"/></testcase>`]),
    "  </testsuite>",
  ];
}

/** Results in the format of JUnit, which continuous integration shows. */
export const toJunit = (results: readonly TestFileResult[]): string =>
  [
    '<?xml version="1.0" encoding="UTF-8"?>',
    "<testsuites>",
    ...results.flatMap(suite),
    "</testsuites>",
    "",
  ].join("\n");
