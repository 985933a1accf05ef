import { basename } from "node:path";

import { Engine } from "../engine/engine.ts";
import { EvaluationError } from "../engine/errors.ts";
import type { QueryResult, ResultData } from "../engine/types.ts";
import type { Storage } from "../storage.ts";
import { PromQLError } from "../syntax/error.ts";
import { toApiBody, toApiData } from "./convert.ts";
import { Loads } from "./load.ts";
import type { Environment, EvalCommand, Kit, LoadCommand } from "./shared-kit.ts";

export interface PlayOptions {
  /** Instant evaluations are made as ranges too, and their middle step compared. */
  rangeCheck?: boolean;
  /** Only evaluations whose text has this. */
  grep?: string;
}

export interface PlayedCase {
  /** File and line of the evaluation in upstream's file. */
  id: string;
  text: string;
  tags: string[];
  /** Of the stable part of PromQL. */
  core: boolean;
  /** Why it failed; undefined when it passed. */
  why: string | undefined;
}

/** What upstream's test engine has. */
const engine = new Engine({ lookbackMs: 300_000, subqueryStepMs: 60_000 });

/** Plays a script against the engine and tells what every evaluation gave. */
export async function playScript(
  kit: Kit,
  path: string,
  text: string,
  options: PlayOptions = {},
): Promise<PlayedCase[]> {
  const lines = text.split("\n");
  const file = basename(path);
  const played: PlayedCase[] = [];
  let environment: Environment = { hist: new Set(), st: false };
  let loads = new Loads(kit, text);
  let storage: Storage | undefined;
  for (const command of kit.parseTestFile(text)) {
    if (command.type === "clear") {
      environment = { hist: new Set(), st: false };
      loads = new Loads(kit, text);
      storage = undefined;
    } else if (command.type === "load") {
      loads.add(command);
      remember(kit, environment, command);
      storage = undefined;
    } else {
      // The line in upstream's file survives the splitting of the suite as a comment above.
      const line = /^#@ L(\d+)/.exec(lines[command.line - 2] ?? "")?.[1] ?? String(command.line);
      const tags = kit.tagsOf(command, environment, file);
      if (options.grep !== undefined && !command.text.includes(options.grep)) continue;
      storage ??= loads.storage();
      const why = await judge(kit, storage, command, options);
      played.push({ id: `${file}:${line}`, text: command.text, tags, core: kit.isCore(tags), why });
    }
  }
  return played;
}

function remember(kit: Kit, environment: Environment, load: LoadCommand): void {
  environment.st ||= load.startTimestamps;
  const converted = load.nhcb ? kit.nhcbSeries(load.series) : [];
  for (const { labels, values } of [...load.series, ...converted]) {
    const native = values.some((value) => typeof value === "object");
    if (native) environment.hist.add(labels["__name__"] ?? "");
  }
}

/** Why an evaluation is not as expected. */
async function judge(
  kit: Kit,
  storage: Storage,
  command: EvalCommand,
  options: PlayOptions,
): Promise<string | undefined> {
  const result = await attempt(() => evaluate(storage, command));
  if (typeof result === "string") {
    if (!command.fail) return result;
    if (result.startsWith("crash")) return result;
    const expected = JSON.stringify(command.failMatch);
    return kit.failMatches(command.failMatch, result)
      ? undefined
      : `expected error ${expected}, got ${JSON.stringify(result)}`;
  }
  if (command.fail) return "expected an error, query succeeded";
  const difference =
    kit.compareResult(command, toApiData(result.data)) ??
    kit.checkAnnotations(command, toApiBody(result)) ??
    undefined;
  if (difference !== undefined || options.rangeCheck !== true) return difference;
  return judgeAsRange(kit, storage, command);
}

function evaluate(storage: Storage, command: EvalCommand): Promise<QueryResult> {
  const { query, time, start, end, step } = command;
  if (command.kind === "instant") return engine.instant(storage, query, time);
  return engine.range(storage, query, start, end, step);
}

/** The result, or the text of the error. */
async function attempt(run: () => Promise<QueryResult>): Promise<QueryResult | string> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof EvaluationError || error instanceof PromQLError) return error.message;
    return `crash: ${error instanceof Error ? error.stack : String(error)}`;
  }
}

async function judgeAsRange(
  kit: Kit,
  storage: Storage,
  command: EvalCommand,
): Promise<string | undefined> {
  const { query, time } = command;
  const absolute = /(start|end|range|step)\(\)/.test(query);
  if (command.kind !== "instant" || command.rangeVector || absolute) return undefined;
  if (command.expectString !== undefined) return undefined;
  const range = () => engine.range(storage, query, time - 60_000, time + 60_000, 60_000);
  const result = await attempt(range);
  if (typeof result === "string") return `range mode: ${result}`;
  if (command.ordered) return undefined;
  const { result: vector } = toApiData(middle(result.data, time)) as {
    result: { value: unknown }[];
  };
  const data = command.hasScalar
    ? { resultType: "scalar", result: vector[0]?.value }
    : { resultType: "vector", result: vector };
  const difference = kit.compareResult(command, data);
  return difference === null ? undefined : `range mode: ${difference}`;
}

/** The samples of a matrix at one time. */
function middle(data: ResultData, timeMs: number): ResultData {
  if (data.kind !== "matrix") throw new TypeError(`a range query gave a ${data.kind}`);
  const samples = data.series.flatMap(({ labels, times, values, histograms }) => {
    const at = times.indexOf(timeMs);
    return at < 0 ? [] : [{ labels, value: values[at] ?? 0, histogram: histograms?.[at] }];
  });
  return { kind: "vector", timeMs, samples };
}
