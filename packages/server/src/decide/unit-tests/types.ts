import type { FloatHistogram, Labels } from "@fleetlight/promql";

import type { LabelSet } from "#lib";

import type { GivenValue } from "./notation.ts";

export interface GivenSeries {
  labels: Labels;
  values: readonly GivenValue[];
}

/** What an alert of a rule has to look like at a time. */
export interface AlertTest {
  evalMs: number;
  alertName: string;
  expected: readonly { labels: LabelSet; annotations: LabelSet }[];
}

/** What an expression has to give at a time. */
export interface QueryTest {
  evalMs: number;
  expr: string;
  expected: readonly ExpectedSample[];
}

export interface ExpectedSample {
  labels: Labels;
  value: number;
  histogram: FloatHistogram | undefined;
}

/** Series and what the rules make of them. */
export interface TestGroup {
  /** Empty when it has none. */
  name: string;
  /** Between two samples of a series. */
  intervalMs: number;
  /** When the first sample is, Unix milliseconds. */
  startMs: number;
  series: readonly GivenSeries[];
  alertTests: readonly AlertTest[];
  queryTests: readonly QueryTest[];
  externalLabels: LabelSet;
  externalUrl: string;
}

/** A file of tests in the format of `promtool test rules`. */
export interface TestFile {
  path: string;
  /** Patterns, relative to the file. */
  ruleFiles: readonly string[];
  evaluationIntervalMs: number;
  groupOrder: readonly string[];
  /** Whether values may differ in their last bit. */
  isFuzzy: boolean;
  tests: readonly TestGroup[];
}

/** Something that is not as a test wants it. */
export interface TestFailure {
  /** Name of the test, or of what could not be evaluated. */
  about: string;
  /** Lines that tell what was expected and what came. */
  details: readonly string[];
}

export interface TestResult {
  name: string;
  /** Milliseconds that it took. */
  durationMs: number;
  failures: readonly TestFailure[];
}

export interface TestFileResult {
  path: string;
  /** Why nothing was tested. */
  error: string | undefined;
  warnings: readonly string[];
  tests: readonly TestResult[];
}
