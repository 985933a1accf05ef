import { RE2JS } from "re2js";

import type { EvalContext } from "../engine/context.ts";
import { EvaluationError } from "../engine/errors.ts";
import { LabelNumbers } from "../engine/operators/label-numbers.ts";
import type { Vector } from "../engine/vector.ts";
import { Labels, METRIC_NAME } from "../labels.ts";
import type { CallExpr } from "../syntax/ast.ts";
import { checkLength, expand, readTemplate } from "./expand.ts";
import type { Call, VectorFunction } from "./types.ts";
import { eachRow, textArgument, vectorArgument } from "./vectors.ts";

/** Of so many different source values the replacement is remembered; beyond it is made again. */
const MAX_REMEMBERED = 10_000;

/** A label name may be any UTF-8 text that is not empty; bytes that were no UTF-8 have become U+FFFD. */
function isLabelName(name: string): boolean {
  return name !== "" && !/\uFFFD|\p{Cs}/u.test(name);
}

function labelName(call: CallExpr, index: number, role: string): string {
  const name = textArgument(call, index);
  if (isLabelName(name)) return name;
  throw new EvaluationError("execution", `invalid ${role} label name in ${call.name}(): ${name}`);
}

async function labelReplace(call: Call): Promise<Vector> {
  const { expr } = call;
  const source = textArgument(expr, 3);
  const pattern = compile(expr, textArgument(expr, 4));
  const target = labelName(expr, 1, "destination");
  const template = readTemplate(textArgument(expr, 2));
  const vector = vectorArgument(call, 0);
  const remembered = new Map<string, string | undefined>();
  const replacement = (text: string) => {
    if (remembered.has(text)) return remembered.get(text);
    const result = expand(pattern, template, text);
    if (remembered.size < MAX_REMEMBERED) remembered.set(text, result);
    return result;
  };
  await eachRow(vector.rows, call.ctx, (row) => {
    const value = replacement(vector.labels[row]?.get(source) ?? "");
    if (value !== undefined) setLabel(vector, row, target, value);
  });
  return mergeRows(vector, call.ctx);
}

function compile(call: CallExpr, pattern: string): RE2JS {
  try {
    // Upstream puts the pattern between these as text, so `a)|(b` is a pattern too.
    return RE2JS.compile(`^(?s:${pattern})$`);
  } catch {
    const text = `invalid regular expression in ${call.name}(): ${pattern}`;
    throw new EvaluationError("execution", text);
  }
}

async function labelJoin(call: Call): Promise<Vector> {
  const { expr } = call;
  const separator = textArgument(expr, 2);
  const sources = expr.args.slice(3).map((_, i) => labelName(expr, i + 3, "source"));
  const target = labelName(expr, 1, "destination");
  const vector = vectorArgument(call, 0);
  await eachRow(vector.rows, call.ctx, (row) => {
    const labels = vector.labels[row];
    let value = "";
    for (const [i, name] of sources.entries()) {
      value += (i === 0 ? "" : separator) + (labels?.get(name) ?? "");
      checkLength(value.length);
    }
    setLabel(vector, row, target, value);
  });
  return mergeRows(vector, call.ctx);
}

/** Writing the name keeps it from being dropped. */
function setLabel(vector: Vector, row: number, name: string, value: string): void {
  vector.distinct = false;
  vector.labels[row] = (vector.labels[row] ?? Labels.empty).with(name, value);
  if (name === METRIC_NAME) vector.dropName[row] = 0;
}

/** Rows that have become equal are one series where they do not overlap. @throws EvaluationError where they do. */
async function mergeRows(vector: Vector, ctx: EvalContext): Promise<Vector> {
  const numbers = new LabelNumbers();
  const first: number[] = [];
  await eachRow(vector.rows, ctx, (row) => {
    const number = numbers.number(vector.labels[row] ?? Labels.empty);
    const into = first[number];
    if (into === undefined) first[number] = row;
    else moveSamples(vector, row, into);
  });
  return vector;
}

function moveSamples(vector: Vector, row: number, into: number): void {
  const { steps, present, values, histograms } = vector;
  for (let step = 0; step < steps; step++) {
    const from = row * steps + step;
    const to = into * steps + step;
    if (present[from] !== 1) continue;
    if (present[to] === 1) {
      const text = "vector cannot contain metrics with the same labelset";
      throw new EvaluationError("execution", text);
    }
    present[from] = 0;
    present[to] = 1;
    values[to] = values[from] ?? 0;
    if (histograms === undefined) continue;
    histograms[to] = histograms[from];
    histograms[from] = undefined;
  }
}

export const labelFunctions: [string, VectorFunction][] = [
  ["label_replace", labelReplace],
  ["label_join", labelJoin],
];
