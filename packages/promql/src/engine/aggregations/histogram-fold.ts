import { compactHistogram, HistogramSum, type FloatHistogram } from "../../histogram/index.ts";
import { METRIC_NAME, type Labels } from "../../labels.ts";
import { quote } from "../../syntax/strings.ts";
import type { AggregateExpr } from "../../syntax/ast.ts";
import type { EvalContext } from "../context.ts";
import type { Vector } from "../vector.ts";
import { operand } from "./remarks.ts";

/** What a place of a group has seen at a step. */
const FLOAT = 1;
const HISTOGRAM = 2;
/** Exponential and custom buckets met: there is no sum, and upstream stops looking. */
const INCOMPATIBLE = 4;

/** Sums or means of histograms, beside those of floats; where both are in a group at a step nothing comes out. */
export class HistogramFold {
  private readonly expr: AggregateExpr;
  private readonly ctx: EvalContext;
  private readonly seen: Uint8Array;
  private readonly sums: (HistogramSum | undefined)[] = [];

  constructor(expr: AggregateExpr, places: number, ctx: EvalContext) {
    this.expr = expr;
    this.ctx = ctx;
    this.seen = new Uint8Array(places);
  }

  addFloat(place: number): void {
    const seen = this.seen[place] ?? 0;
    if ((seen & INCOMPATIBLE) === 0) this.seen[place] = seen | FLOAT;
  }

  add(place: number, histogram: FloatHistogram, labels: Labels): void {
    const seen = this.seen[place] ?? 0;
    if (seen & INCOMPATIBLE) return;
    this.seen[place] = seen | HISTOGRAM;
    if (seen === 0) {
      this.sums[place] = new HistogramSum(histogram, this.expr.op === "avg" ? "mean" : "sum");
      return;
    }
    const sum = this.sums[place];
    // Where a float came first there is no result, and no need to add.
    if (!sum || sum.add(histogram)) return;
    this.seen[place] = seen | HISTOGRAM | INCOMPATIBLE;
    const name = quote(labels.get(METRIC_NAME) ?? "");
    this.warn(
      `vector contains a mix of histograms with exponential and custom buckets schemas for metric name ${name}`,
    );
  }

  /** Puts the results, and takes those away where there is none. */
  finish(out: Vector): void {
    for (let place = 0; place < this.seen.length; place++) {
      const seen = this.seen[place] ?? 0;
      const sum = this.sums[place];
      if (sum?.boundsReconciled) {
        const text = "mismatched custom buckets were reconciled during aggregation";
        this.ctx.annotations.info(text, operand(this.expr));
      }
      if ((seen & FLOAT) !== 0 && (seen & HISTOGRAM) !== 0) {
        this.warn("encountered a mix of histograms and floats for aggregation");
        out.present[place] = 0;
      } else if (seen & INCOMPATIBLE) {
        out.present[place] = 0;
      } else if (sum) {
        if (sum.resetsConflict) {
          this.warn("conflicting counter resets during histogram aggregation");
        }
        out.setHistogram(place, compactHistogram(sum.result()));
      }
    }
  }

  private warn(text: string): void {
    this.ctx.annotations.warn(text, operand(this.expr));
  }
}
