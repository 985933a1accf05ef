import type { BinaryExpr } from "../../syntax/ast.ts";
import type { EvalContext } from "../context.ts";
import { EvaluationError } from "../errors.ts";
import { Pacer } from "../pacer.ts";
import { Vector } from "../vector.ts";
import { LabelNumbers } from "./label-numbers.ts";
import { signatures, type Signatures } from "./signature.ts";

/** Two samples of one step have the same labels. */
export const SAME_LABELSET = "vector cannot contain metrics with the same labelset";

/** `and`, `or` and `unless`, step by step. May change and answer with the left vector. */
export async function setOperation(
  expr: BinaryExpr,
  left: Vector,
  right: Vector,
  ctx: EvalContext,
): Promise<Vector> {
  const numbers = signatures(expr.matching?.on ?? false, expr.matching?.labels ?? []);
  if (expr.op === "or") {
    const seen = await presence(left, numbers, ctx);
    await restrict(right, numbers, seen, false, ctx);
    return unite(left, right, ctx);
  }
  const seen = await presence(right, numbers, ctx);
  await restrict(left, numbers, seen, expr.op === "and", ctx);
  return left;
}

/** Per signature and step, whether there is a sample. */
async function presence(
  vector: Vector,
  numbers: Signatures,
  ctx: EvalContext,
): Promise<Uint8Array> {
  const { steps, present } = vector;
  const pacer = new Pacer(ctx.budget);
  const signature = new Int32Array(vector.rows);
  for (let row = 0; row < vector.rows; row++) {
    const labels = vector.labels[row];
    if (labels) signature[row] = numbers.number(labels);
    if (pacer.due(16)) await ctx.budget.pause();
  }
  const seen = new Uint8Array(numbers.count * steps);
  for (let row = 0; row < vector.rows; row++) {
    const from = row * steps;
    const to = (signature[row] ?? 0) * steps;
    for (let step = 0; step < steps; step++) if (present[from + step]) seen[to + step] = 1;
    if (pacer.due(steps)) await ctx.budget.pause();
  }
  return seen;
}

/** Takes the samples away whose signature was (`wanted` false) or was not (true) seen at their step. */
async function restrict(
  vector: Vector,
  numbers: Signatures,
  seen: Uint8Array,
  wanted: boolean,
  ctx: EvalContext,
): Promise<void> {
  const { steps, present } = vector;
  const pacer = new Pacer(ctx.budget);
  for (let row = 0; row < vector.rows; row++) {
    const labels = vector.labels[row];
    const number = labels ? numbers.find(labels) : -1;
    const from = row * steps;
    if (number >= 0) {
      for (let step = 0; step < steps; step++) {
        if ((seen[number * steps + step] === 1) !== wanted) present[from + step] = 0;
      }
    } else if (wanted) {
      present.fill(0, from, from + steps);
    }
    if (pacer.due(steps + 16)) await ctx.budget.pause();
  }
}

/** All samples of both. Over several steps rows with equal labels become one. */
async function unite(left: Vector, right: Vector, ctx: EvalContext): Promise<Vector> {
  if (left.rows === 0) return right;
  if (right.rows === 0) return left;
  const { steps } = left;
  ctx.budget.hold((left.rows + right.rows) * steps);
  const pacer = new Pacer(ctx.budget);
  const out = new Vector(steps, left.rows + right.rows);
  const numbers = new LabelNumbers();
  for (const vector of [left, right]) {
    for (let row = 0; row < vector.rows; row++) {
      const labels = vector.labels[row];
      const from = row * steps;
      if (!labels || !vector.present.subarray(from, from + steps).includes(1)) continue;
      const drop = vector.dropName[row] === 1;
      // One step may hold equal labels until the very end: a name that goes may be all that tells them apart.
      let to = steps > 1 ? numbers.number(labels) : out.rows;
      if (to === out.rows) to = out.addRow(labels, drop);
      copyRow(vector, from, out, to * steps);
      if (pacer.due(steps + 16)) await ctx.budget.pause();
    }
  }
  return out;
}

function copyRow(source: Vector, from: number, out: Vector, to: number): void {
  const { steps, present, values, histograms } = source;
  for (let step = 0; step < steps; step++) {
    if (!present[from + step]) continue;
    if (out.present[to + step]) throw new EvaluationError("execution", SAME_LABELSET);
    out.present[to + step] = 1;
    out.values[to + step] = values[from + step] ?? 0;
    const histogram = histograms?.[from + step];
    if (histogram) out.setHistogram(to + step, histogram);
  }
}
