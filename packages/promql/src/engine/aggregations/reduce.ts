import { Labels } from "../../labels.ts";
import type { AggregateExpr } from "../../syntax/ast.ts";
import type { EvalContext } from "../context.ts";
import { Pacer } from "../pacer.ts";
import { Vector } from "../vector.ts";
import {
  AvgFold,
  CountFold,
  GroupFold,
  MaxFold,
  MinFold,
  StddevFold,
  StdvarFold,
  SumFold,
  type Fold,
} from "./fold.ts";
import { dropNames, groupRows, type Groups } from "./grouping.ts";
import { HistogramFold } from "./histogram-fold.ts";
import { infoHistogramIgnored } from "./remarks.ts";

/** Aggregations that make one value of many by taking in one after the other. */
export type ReduceOp = "avg" | "count" | "group" | "max" | "min" | "stddev" | "stdvar" | "sum";

export const folds: Record<ReduceOp, new (values: Float64Array, seen: Uint8Array) => Fold> = {
  avg: AvgFold,
  count: CountFold,
  group: GroupFold,
  max: MaxFold,
  min: MinFold,
  stddev: StddevFold,
  stdvar: StdvarFold,
  sum: SumFold,
};

export function isReduceOp(op: string): op is ReduceOp {
  return Object.hasOwn(folds, op);
}

/** Steps of a row with histograms that are taken in before the clock is looked at. */
const HISTOGRAM_STEPS = 256;

export async function reduce(
  op: ReduceOp,
  expr: AggregateExpr,
  input: Vector,
  ctx: EvalContext,
): Promise<Vector> {
  const { steps } = input;
  const groups = await groupRows(expr, input, ctx);
  ctx.budget.hold(groups.count * steps);
  const out = emptyGroups(groups, steps);
  const fold = new folds[op](out.values, out.present);
  if (input.histograms) {
    await reduceMixed(expr, input, groups, fold, out, ctx);
  } else {
    const pacer = new Pacer(ctx.budget);
    for (let row = 0; row < input.rows; row++) {
      const from = row * steps;
      const into = (groups.of[row] ?? 0) * steps;
      fold.add(input.values, input.present, from, from + steps, into);
      if (pacer.due(steps)) await ctx.budget.pause();
    }
    fold.finish();
  }
  dropNames(input, groups, out);
  return out;
}

/** A row for each group, without samples. */
export function emptyGroups(groups: Groups, steps: number): Vector {
  const out = new Vector(steps, groups.count);
  for (const labels of groups.labels) out.addRow(labels, false);
  return out;
}

async function reduceMixed(
  expr: AggregateExpr,
  input: Vector,
  groups: Groups,
  fold: Fold,
  out: Vector,
  ctx: EvalContext,
): Promise<void> {
  const { steps } = input;
  const adds = expr.op === "sum" || expr.op === "avg";
  const histograms = adds ? new HistogramFold(expr, out.values.length, ctx) : undefined;
  let ignored = false;
  for (let row = 0; row < input.rows; row++) {
    const into = (groups.of[row] ?? 0) * steps;
    for (let step = 0; step < steps; step++) {
      if (step % HISTOGRAM_STEPS === 0 && ctx.budget.due) await ctx.budget.pause();
      const took = takeIn(input, row, step, into + step, fold, histograms);
      if (!took) ignored = true;
    }
  }
  if (ignored) infoHistogramIgnored(expr, ctx, false);
  fold.finish();
  histograms?.finish(out);
}

/** Takes in the sample of a row at a step, if there is one; false when it is a histogram that nobody wants. */
function takeIn(
  input: Vector,
  row: number,
  step: number,
  place: number,
  fold: Fold,
  histograms: HistogramFold | undefined,
): boolean {
  const at = row * input.steps + step;
  if (!input.present[at]) return true;
  const histogram = input.histograms?.[at];
  if (!histogram || fold.countsHistograms) {
    histograms?.addFloat(place);
    fold.add(input.values, input.present, at, at + 1, place);
    return true;
  }
  if (!histograms) return false;
  histograms.add(place, histogram, input.labels[row] ?? Labels.empty);
  return true;
}
