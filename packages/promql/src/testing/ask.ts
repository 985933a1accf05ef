import { Engine } from "../engine/engine.ts";
import { EvaluationError } from "../engine/errors.ts";
import type { EngineOptions } from "../engine/types.ts";
import { formatHistogram, type FloatHistogram } from "../histogram/index.ts";
import { formatLabels } from "../labels-text.ts";
import { METRIC_NAME } from "../labels.ts";
import { memoryStorage } from "../memory-storage.ts";
import type { Storage } from "../storage.ts";
import { parsePromQL } from "../syntax/parse.ts";

/** Samples of one minute each by selector, `undefined` where there is none. */
export type Load = Readonly<Record<string, readonly (number | FloatHistogram | undefined)[]>>;

export type Shown = number | string | undefined;

const MINUTE = 60_000;
/** So short that a sample counts at its own step only. */
const options = { lookbackMs: 30_000 };

function storageOf(load: Load): Storage {
  return memoryStorage(
    Object.entries(load).map(([text, values]) => {
      const expr = parsePromQL(text);
      if (expr.kind !== "vector") throw new Error(`${text} is no selector`);
      const samples = values.flatMap((value, i) =>
        value === undefined ? [] : [[i * MINUTE, value] as const],
      );
      return {
        labels: Object.fromEntries(expr.matchers.map((one) => [one.name, one.value])),
        samples,
      };
    }),
  );
}

/** `a{x="1"}`, as one would write it. */
function name(labels: Parameters<typeof formatLabels>[0]): string {
  const rest = formatLabels(labels.without(METRIC_NAME));
  return (labels.get(METRIC_NAME) ?? "") + rest;
}

export interface Asked {
  rows: Record<string, Shown[]>;
  warnings: string[];
  infos: string[];
}

/** A range query over all minutes of the load. */
export async function askRange(
  load: Load,
  text: string,
  engineOptions: Partial<EngineOptions> = {},
): Promise<Asked> {
  const steps = Math.max(...Object.values(load).map((values) => values.length));
  const end = (steps - 1) * MINUTE;
  const engine = new Engine(engineOptions);
  const result = await engine.range(storageOf(load), text, 0, end, MINUTE, options);
  const rows: Record<string, Shown[]> = {};
  if (result.data.kind !== "matrix") throw new Error(`${text} gave no matrix`);
  for (const { labels, times, values, histograms } of result.data.series) {
    const row: Shown[] = Array.from({ length: steps });
    times.forEach((time, i) => {
      const histogram = histograms?.[i];
      row[time / MINUTE] = histogram ? formatHistogram(histogram) : values[i];
    });
    rows[name(labels)] = row;
  }
  return { rows, warnings: result.warnings, infos: result.infos };
}

/** An instant query at the first minute; rows in their order. */
export async function askOnce(
  load: Load,
  text: string,
): Promise<{ rows: [string, Shown][]; warnings: string[]; infos: string[] }> {
  const result = await new Engine().instant(storageOf(load), text, 0, options);
  const { data, warnings, infos } = result;
  if (data.kind === "scalar") return { rows: [["", data.value]], warnings, infos };
  if (data.kind !== "vector") throw new Error(`${text} gave a ${data.kind}`);
  const rows = data.samples.map(({ labels, value, histogram }): [string, Shown] => [
    name(labels),
    histogram ? formatHistogram(histogram) : value,
  ]);
  return { rows, warnings, infos };
}

/** The message of an evaluation that MUST fail. */
export async function failureOf(run: Promise<unknown>): Promise<string> {
  try {
    await run;
  } catch (error) {
    if (error instanceof EvaluationError) return error.message;
    throw error;
  }
  throw new Error("it did not fail");
}
