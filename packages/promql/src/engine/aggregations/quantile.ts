import { quantileOfSorted, sortNaNFirst } from "../../math/quantile.ts";
import type { AggregateExpr } from "../../syntax/ast.ts";
import type { EvalContext } from "../context.ts";
import { rowsByGroup, rowsOf } from "../operators/match-groups.ts";
import { Pacer } from "../pacer.ts";
import type { Vector } from "../vector.ts";
import { dropNames, groupRows } from "./grouping.ts";
import { emptyGroups } from "./reduce.ts";
import { checkQuantiles, infoHistogramIgnored } from "./remarks.ts";

/** What sorting costs in comparison to reading. */
const SORT_WORK = 8;

/** The quantile of each group; `quantiles` has one for each step. */
export async function quantile(
  expr: AggregateExpr,
  input: Vector,
  quantiles: Float64Array,
  ctx: EvalContext,
): Promise<Vector> {
  checkQuantiles(expr, quantiles, ctx);
  const { steps, values, present, histograms } = input;
  const groups = await groupRows(expr, input, ctx);
  ctx.budget.hold(groups.count * steps);
  const out = emptyGroups(groups, steps);
  const rows = rowsByGroup(groups.of, groups.count);
  const sorted = new Float64Array(input.rows);
  const pacer = new Pacer(ctx.budget);
  let ignored = false;
  for (let group = 0; group < groups.count; group++) {
    const own = rowsOf(rows, group);
    for (let step = 0; step < steps; step++) {
      let count = 0;
      for (const row of own) {
        const at = row * steps + step;
        if (!present[at]) continue;
        if (histograms?.[at]) ignored = true;
        else sorted[count++] = values[at] ?? 0;
      }
      if (pacer.due(own.length * SORT_WORK)) await ctx.budget.pause();
      if (count === 0) continue;
      const some = sorted.subarray(0, count);
      sortNaNFirst(some);
      out.values[group * steps + step] = quantileOfSorted(quantiles[step] ?? NaN, some);
      out.present[group * steps + step] = 1;
    }
  }
  if (ignored) infoHistogramIgnored(expr, ctx, false);
  dropNames(input, groups, out);
  return out;
}
