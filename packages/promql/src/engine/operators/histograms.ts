import {
  addHistograms,
  compactHistogram,
  divideHistogram,
  histogramsEqual,
  scaleHistogram,
  subHistograms,
  trimHistogram,
  withHint,
  type FloatHistogram,
} from "../../histogram/index.ts";
import type { BinaryOp } from "../../syntax/ast.ts";
import type { Remark } from "./remarks.ts";
import {
  boundsReconciled,
  incompatibleLayout,
  incompatibleTypes,
  resetsConflict,
} from "./remarks.ts";

/** The outcome of an operation on samples of which at least one is a histogram. */
export interface HistogramOutcome {
  /** Undefined where nothing comes out. */
  histogram: FloatHistogram | undefined;
  /** False where a filter takes the sample away. */
  keep: boolean;
  remark: Remark | undefined;
}

function result(histogram: FloatHistogram, keep = true): HistogramOutcome {
  return { histogram, keep, remark: undefined };
}

/** Applies an operator; an operand that is no histogram is the float. */
export function operateHistograms(
  op: BinaryOp,
  left: FloatHistogram | undefined,
  right: FloatHistogram | undefined,
  leftValue: number,
  rightValue: number,
): HistogramOutcome {
  if (left && right) return betweenHistograms(op, left, right);
  if (left) {
    if (op === "*") return result(compactHistogram(scaleHistogram(left, rightValue)));
    if (op === "/") return result(compactHistogram(divideHistogram(left, rightValue)));
    if (op === "</") return result(trimHistogram(left, rightValue, "upper"));
    if (op === ">/") return result(trimHistogram(left, rightValue, "lower"));
  } else if (right && op === "*") {
    return result(compactHistogram(scaleHistogram(right, leftValue)));
  }
  return nothing(op, left, right);
}

function nothing(op: BinaryOp, left: unknown, right: unknown): HistogramOutcome {
  const remark = incompatibleTypes(left ? "histogram" : "float", op, right ? "histogram" : "float");
  return { histogram: undefined, keep: false, remark };
}

function betweenHistograms(
  op: BinaryOp,
  left: FloatHistogram,
  right: FloatHistogram,
): HistogramOutcome {
  if (op === "==") return result(left, histogramsEqual(left, right));
  if (op === "!=") return result(left, !histogramsEqual(left, right));
  if (op !== "+" && op !== "-") return nothing(op, left, right);
  const sum = op === "+" ? addHistograms(left, right) : subHistograms(left, right);
  if (!sum) return { histogram: undefined, keep: false, remark: incompatibleLayout(op) };
  const compact = compactHistogram(sum.histogram);
  const what = op === "+" ? "addition" : "subtraction";
  return {
    histogram: op === "-" ? withHint(compact, "gauge") : compact,
    keep: true,
    remark: sum.resetsConflict
      ? resetsConflict(what)
      : sum.boundsReconciled
        ? boundsReconciled(what)
        : undefined,
  };
}
