import { Vector } from "../engine/vector.ts";
import { Labels } from "../labels.ts";
import { naturallyBefore } from "./natural-order.ts";
import type { Call, VectorFunction } from "./types.ts";
import { dropHistograms, textArgument, vectorArgument } from "./vectors.ts";

/** Puts the rows in another order. */
function reorder(vector: Vector, order: readonly number[]): Vector {
  const { steps } = vector;
  const sorted = new Vector(steps, order.length);
  for (const from of order) {
    const row = sorted.addRow(vector.labels[from] ?? Labels.empty, vector.dropName[from] === 1);
    const start = from * steps;
    sorted.values.set(vector.values.subarray(start, start + steps), row * steps);
    sorted.present.set(vector.present.subarray(start, start + steps), row * steps);
    for (let step = 0; step < steps; step++) {
      const histogram = vector.histograms?.[start + step];
      if (histogram) sorted.setHistogram(row * steps + step, histogram);
    }
  }
  return sorted;
}

/** Only an instant query has an order to keep; results of range queries are ordered by labels. */
function inOneStep(call: Call, vector: Vector, compare: (a: number, b: number) => number): Vector {
  const { startMs, endMs, annotations } = call.ctx;
  if (startMs !== endMs) {
    const text = "sort is ineffective for range queries since results are always ordered by labels";
    annotations.warn(text, call.expr);
  }
  if (vector.steps !== 1) return vector;
  const rows: number[] = [];
  for (let row = 0; row < vector.rows; row++) if (vector.present[row] === 1) rows.push(row);
  return reorder(vector, rows.toSorted(compare));
}

/** NaN comes last, whichever the direction. */
function byValue(sign: 1 | -1): VectorFunction {
  return (call) => {
    const vector = vectorArgument(call, 0);
    dropHistograms(vector);
    const { values } = vector;
    return inOneStep(call, vector, (a, b) => {
      const left = values[a] ?? 0;
      const right = values[b] ?? 0;
      if (Number.isNaN(left) || Number.isNaN(right)) {
        return Number(Number.isNaN(left)) - Number(Number.isNaN(right));
      }
      return left < right ? -sign : left > right ? sign : 0;
    });
  };
}

function byLabels(sign: 1 | -1): VectorFunction {
  return (call) => {
    const vector = vectorArgument(call, 0);
    const names = call.expr.args.slice(1).map((_, i) => textArgument(call.expr, i + 1));
    return inOneStep(call, vector, (a, b) => {
      const left = vector.labels[a] ?? Labels.empty;
      const right = vector.labels[b] ?? Labels.empty;
      for (const name of names) {
        const x = left.get(name) ?? "";
        const y = right.get(name) ?? "";
        if (x !== y) return naturallyBefore(x, y) ? -sign : sign;
      }
      return sign * Labels.compare(left, right);
    });
  };
}

export const sortFunctions: [string, VectorFunction][] = [
  ["sort", byValue(1)],
  ["sort_desc", byValue(-1)],
  ["sort_by_label", byLabels(1)],
  ["sort_by_label_desc", byLabels(-1)],
];
