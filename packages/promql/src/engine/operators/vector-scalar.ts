import type { BinaryExpr } from "../../syntax/ast.ts";
import type { EvalContext } from "../context.ts";
import { HISTOGRAM_WORK, Pacer } from "../pacer.ts";
import type { Vector } from "../vector.ts";
import { changesMetric, floatKernel, type FloatKernel } from "./arithmetic.ts";
import { computeRun } from "./columns.ts";
import { operateHistograms } from "./histograms.ts";
import { StepRemarks, incompatibleTypes } from "./remarks.ts";

/** A vector and a scalar, in the place of the vector. `swapped`: the scalar stands on the left. */
export async function vectorScalar(
  expr: BinaryExpr,
  vector: Vector,
  scalar: Float64Array,
  swapped: boolean,
  ctx: EvalContext,
): Promise<Vector> {
  const { steps, rows } = vector;
  const kernel = floatKernel(expr.op);
  const remarks = new StepRemarks();
  const pacer = new Pacer(ctx.budget);
  if (changesMetric(expr.op) || expr.bool) vector.dropName.fill(1, 0, rows);
  for (let row = 0; row < rows; row++) {
    const from = row * steps;
    if (vector.histograms) histogramRow(expr, vector, from, scalar, swapped, remarks);
    floatRow(expr, kernel, vector, from, scalar, swapped, remarks);
    if (pacer.due(vector.histograms ? steps * HISTOGRAM_WORK : steps)) await ctx.budget.pause();
  }
  remarks.tell(ctx.annotations, expr);
  return vector;
}

function floatRow(
  expr: BinaryExpr,
  kernel: FloatKernel,
  vector: Vector,
  from: number,
  scalar: Float64Array,
  swapped: boolean,
  remarks: StepRemarks,
): void {
  const { steps, values, present, histograms } = vector;
  if (kernel.kind === "arithmetic") {
    const row = { values, from };
    const other = { values: scalar, from: 0 };
    computeRun(expr.op, kernel, swapped ? other : row, swapped ? row : other, row, steps);
    return;
  }
  for (let step = 0; step < steps; step++) {
    const at = from + step;
    if (!present[at] || histograms?.[at]) continue;
    if (kernel.kind === "comparison") {
      compare(expr, kernel.apply, vector, at, scalar[step] ?? 0, swapped);
    } else {
      present[at] = 0;
      remarks.add(step, incompatibleTypes("float", expr.op, "float"));
    }
  }
}

/** Filters keep the vector's value, also where it stands on the right. */
function compare(
  expr: BinaryExpr,
  apply: (left: number, right: number) => boolean,
  vector: Vector,
  at: number,
  other: number,
  swapped: boolean,
): void {
  const value = vector.values[at] ?? 0;
  const keep = swapped ? apply(other, value) : apply(value, other);
  if (expr.bool) vector.values[at] = keep ? 1 : 0;
  else if (!keep) vector.present[at] = 0;
}

function histogramRow(
  expr: BinaryExpr,
  vector: Vector,
  from: number,
  scalar: Float64Array,
  swapped: boolean,
  remarks: StepRemarks,
): void {
  const { steps, present, histograms } = vector;
  for (let step = 0; histograms && step < steps; step++) {
    const at = from + step;
    const histogram = histograms[at];
    if (!histogram || !present[at]) continue;
    const other = scalar[step] ?? 0;
    const outcome = swapped
      ? operateHistograms(expr.op, undefined, histogram, other, 0)
      : operateHistograms(expr.op, histogram, undefined, 0, other);
    if (outcome.remark) remarks.add(step, outcome.remark);
    if (outcome.histogram) {
      histograms[at] = outcome.histogram;
      continue;
    }
    // The place MUST NOT be taken for a float by what follows.
    present[at] = 0;
    histograms[at] = undefined;
  }
}
