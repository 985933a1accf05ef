import type { FloatHistogram } from "../histogram/index.ts";
import type { StoredSeries } from "../storage.ts";
import type { SubqueryExpr } from "../syntax/ast.ts";
import type { EvalContext, Evaluate } from "./context.ts";
import { EvaluationError } from "./errors.ts";
import type { Vector } from "./vector.ts";

/** The context in which the inside of a subquery is evaluated: its steps are multiples of the subquery's step. */
export function subqueryContext(expr: SubqueryExpr, ctx: EvalContext): EvalContext {
  const { rangeMs, stepMs, offsetMs, atMs } = ctx.plan.of(expr);
  const first = (atMs ?? ctx.startMs) - offsetMs - rangeMs;
  const endMs = (atMs ?? ctx.startMs + (ctx.steps - 1) * ctx.stepMs) - offsetMs;
  // The grid is open on the left as every range is.
  const startMs = (Math.floor(first / stepMs) + 1) * stepMs;
  const steps = endMs < startMs ? 0 : Math.floor((endMs - startMs) / stepMs) + 1;
  ctx.budget.checkSteps(steps);
  return { ...ctx, startMs, endMs: startMs + Math.max(0, steps - 1) * stepMs, stepMs, steps };
}

/** Evaluates the inside of a subquery. */
export async function evaluateSubquery(
  expr: SubqueryExpr,
  inner: EvalContext,
  evaluate: Evaluate,
): Promise<Vector> {
  const value = await evaluate(expr.expr, inner);
  if (value.kind === "vector") return value;
  throw new EvaluationError("internal", `subquery over a ${value.kind}`);
}

/** One row of a subquery as a series: the steps that have a sample. */
export function rowSeries(vector: Vector, row: number, inner: EvalContext): StoredSeries {
  const { steps, present, histograms } = vector;
  const base = row * steps;
  let count = 0;
  for (let i = base; i < base + steps; i++) count += present[i] ?? 0;
  const times = new Float64Array(count);
  const values = new Float64Array(count);
  let sparse: (FloatHistogram | undefined)[] | undefined;
  let to = 0;
  for (let step = 0; step < steps; step++) {
    if (!present[base + step]) continue;
    times[to] = inner.startMs + step * inner.stepMs;
    const histogram = histograms?.[base + step];
    if (histogram) {
      sparse ??= Array.from<FloatHistogram | undefined>({ length: count });
      sparse[to] = forgetResets(histogram);
    } else {
      values[to] = vector.values[base + step] ?? 0;
    }
    to++;
  }
  const labels = vector.labels[row];
  if (!labels) throw new EvaluationError("internal", "a row without labels");
  return { labels, times, values, ...(sparse && { histograms: sparse }) };
}

/**
 * Hints about counter resets are about the samples that were stored; a subquery leaves some out or repeats them, so that
 * resets have to be found by comparing, as with floats.
 */
function forgetResets(histogram: FloatHistogram): FloatHistogram {
  const { counterResetHint } = histogram;
  if (counterResetHint !== "reset" && counterResetHint !== "not_reset") return histogram;
  return { ...histogram, counterResetHint: "unknown" };
}
