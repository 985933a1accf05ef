import type { Vector } from "../engine/vector.ts";
import {
  histogramAvg,
  histogramCount,
  histogramFraction,
  histogramQuantile,
  histogramStddev,
  histogramStdvar,
  histogramSum,
  type FloatHistogram,
} from "../histogram/index.ts";
import type { Labels } from "../labels.ts";
import type { Span } from "../syntax/ast.ts";
import { bucketFraction, bucketQuantile, prepare } from "./bucket.ts";
import { HistogramInput, RowsByLabels, type HistogramVisitor } from "./histogram-input.ts";
import {
  argument,
  checkQuantile,
  infoForcedMonotonicity,
  infoFractionWithoutNan,
  infoQuantileOfNan,
} from "./remarks.ts";
import { formatOpenMetrics } from "./text.ts";
import type { Call, VectorFunction } from "./types.ts";
import { eachRow, scalarArgument, textArgument, vectorArgument } from "./vectors.ts";

/** Functions of one native histogram; floats are left out. */
const ofHistogram: Record<string, (histogram: FloatHistogram) => number> = {
  histogram_avg: histogramAvg,
  histogram_count: histogramCount,
  histogram_sum: histogramSum,
  histogram_stddev: histogramStddev,
  histogram_stdvar: histogramStdvar,
};

async function mapHistograms(
  call: Call,
  fn: (histogram: FloatHistogram) => number,
): Promise<Vector> {
  const vector = vectorArgument(call, 0);
  const { histograms, values, present, steps } = vector;
  await eachRow(vector.rows, call.ctx, (row) => {
    for (let at = row * steps; at < (row + 1) * steps; at++) {
      const histogram = histograms?.[at];
      if (histogram === undefined) present[at] = 0;
      else values[at] = fn(histogram);
    }
  });
  vector.histograms = undefined;
  vector.dropName.fill(1, 0, vector.rows);
  return vector;
}

/** Each value is checked once in a row, however many steps have it. */
function checkQuantiles(call: Call, quantiles: Float64Array, place: Span): void {
  let checked: number | undefined;
  for (const quantile of quantiles) {
    if (checked === undefined || !Object.is(quantile, checked)) {
      checkQuantile(call.ctx.annotations, quantile, place);
    }
    checked = quantile;
  }
}

/** Takes quantiles of histograms. Remarks point to the vector. */
function quantileVisitor(call: Call, quantiles: Float64Array, vectorAt: number): HistogramVisitor {
  const { annotations } = call.ctx;
  const place = argument(call.expr, vectorAt);
  return {
    classic(buckets, step, labels) {
      const quantile = quantiles[step] ?? NaN;
      if (Number.isNaN(quantile)) return NaN;
      if (quantile < 0) return -Infinity;
      if (quantile > 1) return Infinity;
      const { usable, forced } = prepare(buckets);
      if (forced) infoForcedMonotonicity(annotations, labels, place);
      return usable ? bucketQuantile(quantile, buckets) : NaN;
    },
    native(histogram, step, labels) {
      const { value, nan } = histogramQuantile(quantiles[step] ?? NaN, histogram);
      if (nan !== "none") infoQuantileOfNan(annotations, labels, place, nan);
      return value;
    },
  };
}

async function quantile(call: Call): Promise<Vector> {
  const quantiles = scalarArgument(call, 0);
  checkQuantiles(call, quantiles, argument(call.expr, 0));
  const place = argument(call.expr, 1);
  const input = await HistogramInput.of(vectorArgument(call, 1), call.ctx, place);
  const out = new RowsByLabels(call.ctx.steps);
  await input.visit(out, quantileVisitor(call, quantiles, 1), (labels) => labels);
  return out.vector;
}

/** Each quantile gets a row of its own, with itself as a label. */
async function quantiles(call: Call): Promise<Vector> {
  const name = textArgument(call.expr, 1);
  const place = argument(call.expr, 0);
  const columns = call.args.slice(2).map((_, i) => scalarArgument(call, i + 2));
  for (const [i, column] of columns.entries()) {
    checkQuantiles(call, column, argument(call.expr, i + 2));
  }
  const input = await HistogramInput.of(vectorArgument(call, 0), call.ctx, place);
  const out = new RowsByLabels(call.ctx.steps);
  for (const column of columns) {
    await input.visit(out, quantileVisitor(call, column, 0), labelled(name, column));
  }
  return out.vector;
}

/** Adds the quantile as a label; the last result is kept, since most quantiles are the same at every step. */
function labelled(name: string, column: Float64Array): (labels: Labels, step: number) => Labels {
  let from: Labels | undefined;
  let value: number | undefined;
  let made: Labels | undefined;
  return (labels, step) => {
    const quantile = column[step] ?? NaN;
    if (made !== undefined && labels === from && Object.is(quantile, value)) return made;
    from = labels;
    value = quantile;
    return (made = labels.with(name, formatOpenMetrics(quantile)));
  };
}

async function fraction(call: Call): Promise<Vector> {
  const lower = scalarArgument(call, 0);
  const upper = scalarArgument(call, 1);
  const { annotations } = call.ctx;
  const place = argument(call.expr, 2);
  const input = await HistogramInput.of(vectorArgument(call, 2), call.ctx, place);
  const out = new RowsByLabels(call.ctx.steps);
  const visitor: HistogramVisitor = {
    classic: (buckets, step) => bucketFraction(lower[step] ?? NaN, upper[step] ?? NaN, buckets),
    native(histogram, step, labels) {
      const outcome = histogramFraction(lower[step] ?? NaN, upper[step] ?? NaN, histogram);
      if (outcome.nanExcluded) infoFractionWithoutNan(annotations, labels, place);
      return outcome.value;
    },
  };
  await input.visit(out, visitor, (labels) => labels);
  return out.vector;
}

export const histogramFunctions: [string, VectorFunction][] = [
  ...Object.entries(ofHistogram).map(([name, fn]): [string, VectorFunction] => [
    name,
    (call) => mapHistograms(call, fn),
  ]),
  ["histogram_quantile", quantile],
  ["histogram_quantiles", quantiles],
  ["histogram_fraction", fraction],
];
