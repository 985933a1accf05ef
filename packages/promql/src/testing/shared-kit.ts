import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath, pathToFileURL } from "node:url";

/** A histogram in the notation of the test scripts. */
export interface ScriptHistogram {
  isHist: true;
  schema: number;
  sum: number;
  count: number;
  zeroCount: number;
  zeroThreshold: number;
  pos: ReadonlyMap<number, number>;
  neg: ReadonlyMap<number, number>;
  custom: number[] | null;
  hint: string;
}

export type ScriptValue = number | symbol | ScriptHistogram | undefined;

export interface ScriptSeries {
  labels: Record<string, string>;
  values: ScriptValue[];
}

export interface LoadCommand {
  type: "load";
  line: number;
  lineEnd: number;
  nhcb: boolean;
  /** Milliseconds from one sample to the next; the first one is at 0. */
  step: number;
  series: ScriptSeries[];
  startTimestamps: boolean;
}

export interface EvalCommand {
  type: "eval";
  line: number;
  text: string;
  kind: "instant" | "range";
  query: string;
  time: number;
  start: number;
  end: number;
  step: number;
  fail: boolean;
  failMatch?: object;
  ordered: boolean;
  hasScalar?: boolean;
  rangeVector?: object;
  expectString?: string;
}

export type Command = LoadCommand | EvalCommand | { type: "clear"; line: number };

/** What a tag depends on: the metrics with native histograms since the last `clear`. */
export interface Environment {
  hist: Set<string>;
  st: boolean;
}

/** The parts of shared/promql/conformance that are used here. */
export interface Kit {
  parseTestFile(text: string): Command[];
  parseDuration(text: string): number;
  parseMetric(line: string): { labels: Record<string, string>; rest: string };
  labelKey(labels: Record<string, string>): string;
  STALE: symbol;
  nhcbSeries(series: ScriptSeries[]): ScriptSeries[];
  compareResult(expected: EvalCommand, data: object): string | null;
  checkAnnotations(expected: EvalCommand, body: object): string | null;
  failMatches(match: object | undefined, error: string): boolean;
  tagsOf(expected: EvalCommand, environment: Environment, file: string): string[];
  isCore(tags: string[]): boolean;
}

/** Where the kit is, beside the project or beside the checkout; undefined when it is not there. */
export function findShared(): string | undefined {
  return ["../../../../../shared/promql/", "../../../../../../shared/promql/"]
    .map((up) => fileURLToPath(new URL(up, import.meta.url)))
    .find((path) => existsSync(`${path}conformance/run.mjs`));
}

/** Loads the kit's parser and comparison, so that what passes here passes there. */
export async function loadKit(shared: string): Promise<Kit> {
  const modules = ["testfile", "nhcb", "compare", "tags"].map(
    (name) => import(pathToFileURL(`${shared}conformance/lib/${name}.mjs`).href),
  );
  return Object.assign({}, ...(await Promise.all(modules))) as Kit;
}

/** The scripts of a suite, in order: paths of `.test` files. */
export function suiteFiles(folder: string): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith(".test"));
  return names.toSorted().map((name) => `${folder}/${name}`);
}

export function readScript(path: string): string {
  return readFileSync(path, "utf8");
}
