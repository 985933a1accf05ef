import {
  addHistograms,
  Labels,
  parsePromQL,
  STALE,
  subHistograms,
  type FloatHistogram,
} from "@fleetlight/promql";

import { badRequest, describeError } from "#lib";

import { readHistogram } from "./histogram-notation.ts";

/** A sample of a series that a test is given; undefined where there is none. */
export type GivenValue = number | typeof STALE | FloatHistogram | undefined;

/** Samples of one series: a test that needs more has a slip in its `x`. */
const MAX_SAMPLES = 1_000_000;

/**
 * Reads `name{label="value"}`; without a name, `{}` is the empty set.
 * @throws FleetlightError `bad_request`
 */
export function readMetric(text: string): Labels {
  const trimmed = text.trim();
  if (/^\{\s*\}$/.test(trimmed)) return Labels.empty;
  const shown = JSON.stringify(text.slice(0, 200));
  let expr: ReturnType<typeof parsePromQL>;
  try {
    expr = parsePromQL(trimmed);
  } catch (error) {
    throw badRequest(`${shown} is no series: ${describeError(error)}`);
  }
  const isPlain = expr.kind === "vector" && expr.at === undefined && expr.offset === undefined;
  if (!isPlain || expr.kind !== "vector") throw badRequest(`${shown} is no series`);
  const entries = expr.matchers.map(({ name, op, value }) => {
    if (op !== "=") throw badRequest(`${shown}: labels of a series are given by =, not by ${op}`);
    return [name, value] as const;
  });
  return Labels.from(entries);
}

const NUMBER = String.raw`(?:\d[\d_]*\.?[\d_]*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?|[iI][nN][fF]|[nN][aA][nN])`;
const ITEM = new RegExp(
  String.raw`(?:(_)|(stale)|([+-]?${NUMBER})([+-]${NUMBER})?|(\{\{[^}]*\}\})(?:([+-])(\{\{[^}]*\}\}))?)(?:x(\d+))?(?=\s|$)`,
  "y",
);
const SPACE = /\s*/y;

function numberOf(text: string): number {
  if (/nan$/i.test(text)) return Number.NaN;
  if (/inf$/i.test(text)) return text.startsWith("-") ? -Infinity : Infinity;
  return Number(text.replaceAll("_", ""));
}

function* rising(start: string, step: string | undefined, count: number): Generator<GivenValue> {
  let value = numberOf(start);
  const by = step === undefined ? 0 : numberOf(step);
  for (let at = 0; at < count; at++) {
    yield value;
    if (step !== undefined) value += by;
  }
}

function* risingHistogram(
  start: string,
  sign: string | undefined,
  step: string | undefined,
  count: number,
): Generator<GivenValue> {
  let value = readHistogram(start);
  const by = step === undefined ? undefined : readHistogram(step);
  for (let at = 0; at < count; at++) {
    yield value;
    if (by === undefined || at === count - 1) continue;
    const next = sign === "-" ? subHistograms(value, by) : addHistograms(value, by);
    if (next === undefined) throw badRequest("histograms of different kinds cannot be added");
    value = { ...next.histogram, counterResetHint: by.counterResetHint };
  }
}

/** `_x3` is three gaps, but `1x3` is one value and three more. */
function valuesOf(found: RegExpExecArray): Iterable<GivenValue> {
  const [, gap, stale, start, step, histogram, sign, histogramStep, times] = found;
  const more = Number(times ?? 0);
  if (more > MAX_SAMPLES) throw badRequest(`a series has at most ${MAX_SAMPLES} samples`);
  if (gap !== undefined) return Array.from<GivenValue>({ length: times === undefined ? 1 : more });
  if (stale !== undefined) return Array.from<GivenValue>({ length: more + 1 }).fill(STALE);
  if (start !== undefined) return rising(start, step, more + 1);
  return risingHistogram(histogram ?? "", sign, histogramStep, more + 1);
}

/**
 * Reads the values of a series: `1 2.5 NaN`, `_` for none, `stale`, `1+2x3` for 1, 3, 5, 7, and histograms in `{{…}}`.
 * @throws FleetlightError `bad_request`
 */
export function readValues(text: string): GivenValue[] {
  const values: GivenValue[] = [];
  for (let at = 0; ;) {
    SPACE.lastIndex = at;
    at += SPACE.exec(text)?.[0].length ?? 0;
    if (at >= text.length) return values;
    ITEM.lastIndex = at;
    const found = ITEM.exec(text);
    if (found === null)
      throw badRequest(`column ${at + 1}: ${JSON.stringify(text.slice(at, at + 30))} is no value`);
    for (const value of valuesOf(found)) {
      values.push(value);
      if (values.length > MAX_SAMPLES)
        throw badRequest(`a series has at most ${MAX_SAMPLES} samples`);
    }
    at += found[0].length;
  }
}
