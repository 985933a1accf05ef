import type { Expr } from "../syntax/ast.ts";
import type { EvalContext } from "./context.ts";
import { EvaluationError } from "./errors.ts";
import { extendSeries } from "./extend.ts";
import { evaluate } from "./evaluate.ts";
import { fetchSeries, selectRequest } from "./fetch.ts";
import { sortMatrix, toMatrix, toMatrixSeries } from "./result.ts";
import { withoutStale } from "./stale.ts";
import { evaluateSubquery, subqueryContext } from "./subquery.ts";
import type { MatrixSeries } from "./types.ts";

/** A range vector that is the whole of an instant query: its samples. */
export async function evaluateRange(expr: Expr, ctx: EvalContext): Promise<MatrixSeries[]> {
  switch (expr.kind) {
    case "paren":
      return evaluateRange(expr.expr, ctx);
    case "subquery": {
      const inner = subqueryContext(expr, ctx);
      const vector = await evaluateSubquery(expr, inner, evaluate);
      return toMatrix(vector, inner.startMs, inner.stepMs, ctx.budget);
    }
    case "matrix": {
      const resolved = ctx.plan.of(expr);
      const { extended } = expr.selector;
      const endMs = (resolved.atMs ?? ctx.startMs) - resolved.offsetMs;
      const request = selectRequest(ctx, expr.selector.matchers, resolved, {
        beforeMs: resolved.rangeMs + (extended ? ctx.lookbackMs : 0),
        afterMs: extended === "smoothed" ? ctx.lookbackMs : 0,
      });
      const result: MatrixSeries[] = [];
      for await (const batch of fetchSeries(ctx, request, resolved.detectsHints)) {
        for (const stored of batch) {
          const samples = withoutStale(stored);
          const series = extended
            ? extendSeries(samples, endMs - resolved.rangeMs, endMs, extended === "smoothed")
            : toMatrixSeries(samples, request.startMs, request.endMs);
          if (series) result.push(series);
          ctx.budget.hold(series?.times.length ?? 0);
        }
      }
      return sortMatrix(result, ctx.budget);
    }
    default:
      throw new EvaluationError("internal", `a ${expr.kind} is no range vector`);
  }
}
