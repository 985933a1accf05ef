import type { EvalContext, Evaluate } from "../engine/context.ts";
import type { Value } from "../engine/vector.ts";
import type { CallExpr } from "../syntax/ast.ts";
import { changes, resets } from "./changes.ts";
import { histogramFunctions } from "./histograms.ts";
import { info } from "./info.ts";
import { idelta, irate } from "./instant-rate.ts";
import { labelFunctions } from "./labels.ts";
import { overTimeFunctions } from "./over-time.ts";
import { madOverTime, quantileOverTime } from "./quantile-over-time.ts";
import { rateFunctions } from "./rate.ts";
import { deriv, doubleExponentialSmoothing, predictLinear } from "./regression.ts";
import { scalarFunctions } from "./scalars.ts";
import { simpleFunctions } from "./simple.ts";
import { sortFunctions } from "./sort.ts";
import { timeFunctions } from "./time.ts";
import type { RangeFunction, VectorFunction } from "./types.ts";

/** A function whose arguments are not all evaluated. */
export type SpecialFunction = (
  expr: CallExpr,
  ctx: EvalContext,
  evaluate: Evaluate,
) => Promise<Value>;

/** Functions of vectors and scalars. */
export const vectorFunctions: ReadonlyMap<string, VectorFunction> = new Map([
  ...simpleFunctions,
  ...scalarFunctions,
  ...timeFunctions,
  ...labelFunctions,
  ...sortFunctions,
  ...histogramFunctions,
]);

/** Functions of a range; `absent_over_time` is the evaluator's own, since it looks at all series at once. */
export const rangeFunctions: ReadonlyMap<string, RangeFunction> = new Map([
  ...rateFunctions,
  ...overTimeFunctions,
  ["irate", irate],
  ["idelta", idelta],
  ["changes", changes],
  ["resets", resets],
  ["deriv", deriv],
  ["predict_linear", predictLinear],
  ["double_exponential_smoothing", doubleExponentialSmoothing],
  ["quantile_over_time", quantileOverTime],
  ["mad_over_time", madOverTime],
]);

export const specialFunctions: ReadonlyMap<string, SpecialFunction> = new Map([["info", info]]);
