import { Labels } from "../../labels.ts";
import type { AggregateExpr } from "../../syntax/ast.ts";
import type { EvalContext } from "../context.ts";
import { signatures, type Signatures } from "../operators/signature.ts";
import { Vector } from "../vector.ts";
import type { Fold } from "./fold.ts";
import { labelsOfGroup } from "./grouping.ts";
import { HistogramFold } from "./histogram-fold.ts";
import { folds, isReduceOp } from "./reduce.ts";
import { infoHistogramIgnored } from "./remarks.ts";

/** An aggregation of few steps is cheaper with all groups in the same columns. */
const LEAST_STEPS = 32;

/** Whether the rows can be taken in as they come, so that they need not all be held. */
export function canStream(expr: AggregateExpr, ctx: EvalContext): boolean {
  return isReduceOp(expr.op) && ctx.steps >= LEAST_STEPS;
}

interface Group {
  out: Vector;
  fold: Fold;
  histograms: HistogramFold | undefined;
  /** The last step with a sample, and whether one of that step's samples loses its name in the end. */
  last: number;
  dropName: boolean;
}

/** Aggregates rows that come in parts, with the same result as if they came at once. */
export class StreamedReduce {
  private readonly expr: AggregateExpr;
  private readonly ctx: EvalContext;
  private readonly numbers: Signatures;
  private readonly groups: Group[] = [];
  private ignored = false;

  constructor(expr: AggregateExpr, ctx: EvalContext) {
    this.expr = expr;
    this.ctx = ctx;
    this.numbers = signatures(!expr.without, expr.grouping);
  }

  /** Takes in a part; the vector may be used again afterwards. */
  add(part: Vector): void {
    const { steps } = part;
    for (let row = 0; row < part.rows; row++) {
      const labels = part.labels[row] ?? Labels.empty;
      const number = this.numbers.number(labels);
      const group = (this.groups[number] ??= this.open(labels));
      const from = row * steps;
      if (part.histograms) this.addMixed(part, row, group);
      else {
        group.fold.add(part.values, part.present, from, from + steps, 0);
        if (group.histograms) noteFloats(group.histograms, part.present, from, steps);
      }
      const last = part.present.lastIndexOf(1, from + steps - 1) - from;
      if (last < group.last) continue;
      const drops = part.dropName[row] === 1;
      group.dropName = drops || (last === group.last && group.dropName);
      group.last = last;
    }
  }

  /** The result. */
  finish(): Vector {
    const { steps } = this.ctx;
    if (this.ignored) infoHistogramIgnored(this.expr, this.ctx, false);
    const out = new Vector(steps, this.groups.length);
    for (const group of this.groups) {
      group.fold.finish();
      group.histograms?.finish(group.out);
      const row = out.addRow(group.out.labels[0] ?? Labels.empty, group.dropName);
      out.values.set(group.out.values, row * steps);
      out.present.set(group.out.present, row * steps);
      for (const [step, histogram] of group.out.histograms?.entries() ?? []) {
        if (histogram) out.setHistogram(row * steps + step, histogram);
      }
    }
    return out;
  }

  private open(labels: Labels): Group {
    const { expr, ctx } = this;
    ctx.budget.hold(ctx.steps);
    const out = new Vector(ctx.steps, 1);
    out.addRow(labelsOfGroup(expr, labels), false);
    const fold = new folds[expr.op as keyof typeof folds](out.values, out.present);
    return { out, fold, histograms: undefined, last: -1, dropName: false };
  }

  private addMixed(part: Vector, row: number, group: Group): void {
    const { expr, ctx } = this;
    const { steps } = part;
    const adds = expr.op === "sum" || expr.op === "avg";
    if (adds && !group.histograms) {
      group.histograms = new HistogramFold(expr, steps, ctx);
      noteFloats(group.histograms, group.fold.seen, 0, steps);
    }
    for (let step = 0; step < steps; step++) {
      const at = row * steps + step;
      if (!part.present[at]) continue;
      const histogram = part.histograms?.[at];
      if (!histogram || group.fold.countsHistograms) {
        group.histograms?.addFloat(step);
        group.fold.add(part.values, part.present, at, at + 1, step);
      } else if (group.histograms) {
        group.histograms.add(step, histogram, part.labels[row] ?? Labels.empty);
      } else {
        this.ignored = true;
      }
    }
  }
}

function noteFloats(
  histograms: HistogramFold,
  present: Uint8Array,
  from: number,
  steps: number,
): void {
  for (let step = 0; step < steps; step++) if (present[from + step]) histograms.addFloat(step);
}
