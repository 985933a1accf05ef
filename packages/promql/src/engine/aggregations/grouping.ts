import { METRIC_NAME, type Labels } from "../../labels.ts";
import type { AggregateExpr } from "../../syntax/ast.ts";
import type { EvalContext } from "../context.ts";
import { signatures } from "../operators/signature.ts";
import { Pacer } from "../pacer.ts";
import type { Vector } from "../vector.ts";

/** The groups of an aggregation, in order of their first row. */
export interface Groups {
  count: number;
  /** Group of each row. */
  of: Int32Array;
  /** Labels of each group. */
  labels: Labels[];
}

export async function groupRows(
  expr: AggregateExpr,
  input: Vector,
  ctx: EvalContext,
): Promise<Groups> {
  const numbers = signatures(!expr.without, expr.grouping);
  const pacer = new Pacer(ctx.budget);
  const of = new Int32Array(input.rows);
  const labels: Labels[] = [];
  for (let row = 0; row < input.rows; row++) {
    const own = input.labels[row];
    if (!own) continue;
    const group = numbers.number(own);
    of[row] = group;
    if (group === labels.length) labels.push(labelsOfGroup(expr, own));
    if (pacer.due(16)) await ctx.budget.pause();
  }
  return { count: numbers.count, of, labels };
}

/** The labels that the rows of a group share. */
export function labelsOfGroup(
  { without, grouping }: Pick<AggregateExpr, "without" | "grouping">,
  labels: Labels,
): Labels {
  if (without) return labels.filter((name) => name !== METRIC_NAME && !grouping.includes(name));
  return labels.filter((name) => grouping.includes(name));
}

/**
 * Sets which groups lose their name in the end: those that have a sample at their last step that does. It matters only where
 * the name is a label of the group.
 */
export function dropNames(input: Vector, groups: Groups, out: Vector): void {
  const { steps } = input;
  if (!input.dropName.subarray(0, input.rows).includes(1)) return;
  const last = new Int32Array(groups.count).fill(-1);
  for (let group = 0; group < groups.count; group++) {
    last[group] = out.present.subarray(group * steps, (group + 1) * steps).lastIndexOf(1);
  }
  for (let row = 0; row < input.rows; row++) {
    const group = groups.of[row] ?? 0;
    const step = last[group] ?? -1;
    if (step < 0 || !input.dropName[row]) continue;
    if (input.present[row * steps + step]) out.dropName[group] = 1;
  }
}
